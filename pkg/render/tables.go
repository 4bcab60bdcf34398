package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
)

// upperName is a severity as tables write it.
func upperName(s scan.Severity) string {
	return [...]string{"UNKNOWN", "NEGLIGIBLE", "LOW", "MEDIUM", "HIGH", "CRITICAL"}[min(s, scan.Critical)]
}

// The columns that tables share.
func severityColumn() Column { return Column{Title: "Severity", Least: 6, Most: 10} }
func idColumn() Column       { return Column{Title: "ID", Least: 16, Most: 24} }
func placeColumn(title string) Column {
	return Column{Title: title, Least: 8, Most: 36}
}

// cells makes room for the cells of many rows at once; tables may have twenty thousand.
type cells struct {
	spans []Span
	rows  [][]Span
}

// newCells makes room for so many rows.
func newCells(rows, columns int) *cells {
	return &cells{make([]Span, rows*columns), make([][]Span, rows*columns)}
}

// row returns the next row, each cell with one span.
func (c *cells) row(spans ...Span) [][]Span {
	n := len(spans)
	row := c.rows[:n:n]
	c.rows = c.rows[n:]
	for i := range spans {
		c.spans[0] = spans[i]
		row[i], c.spans = c.spans[:1:1], c.spans[1:]
	}
	return row
}

// severitySpan is a severity as a word and a colour.
func severitySpan(s scan.Severity) Span {
	return Span{Text: upperName(s), Style: Severe | Bold, Severity: s}
}

// findingTable lists vulnerabilities, one a line. marks, when there are any, say which are new.
func findingTable(kind string, items []*dedup.Item, marks map[dedup.Identity]string) Table {
	t := Table{Kind: kind, Columns: []Column{
		severityColumn(), idColumn(), placeColumn("Package"), {Title: "Installed", Least: 7, Most: 24, Spare: true},
		{Title: "Fixed in", Least: 8, Most: 26}, {Title: "Title", Least: 16, Loose: true},
	}}
	if marks != nil {
		t.Columns = append([]Column{{Least: 3, Most: 7}}, t.Columns...)
	}
	t.Rows = make([]Row, len(items))
	made := newCells(len(items), len(t.Columns))
	for i, item := range items {
		id, where := idSpan(item), Span{Text: whereOf(item)}
		fix := fixSpan(item)
		row := Row{Severity: item.Severity, Counted: true}
		if marks != nil {
			row.Cells = made.row(markSpan(item, marks), severitySpan(item.Severity), id, where, Span{Text: item.Installed}, fix, Span{Text: item.Title})
		} else {
			row.Cells = made.row(severitySpan(item.Severity), id, where, Span{Text: item.Installed}, fix, Span{Text: item.Title})
		}
		t.Rows[i] = row
	}
	return t
}

func markSpan(item *dedup.Item, marks map[dedup.Identity]string) Span {
	return Span{Text: marks[item.Identity()], Style: Bold}
}

// idSpan is a finding's ID, with its address.
func idSpan(item *dedup.Item) Span {
	address, _ := link(item.URL)
	return Span{Text: item.ID, URL: address}
}

// fixSpan is what mends a vulnerability.
func fixSpan(item *dedup.Item) Span {
	if item.Fixed == "" {
		return Span{Text: "no fix", Style: Dim}
	}
	return Span{Text: "→ " + item.Fixed}
}

// whereOf is the package, or the place, with the resource in it.
func whereOf(item *dedup.Item) string {
	where := item.Package
	if where == "" {
		where = placeOf(item)
	}
	if item.Resource != "" {
		where = strings.TrimSpace(where + " " + item.Resource)
	}
	return where
}

// placeOf is where a finding is: all places, without repeats.
func placeOf(item *dedup.Item) string {
	if len(item.Locations) > 1 {
		return strings.Join(item.Locations, ", ")
	}
	return item.Location
}

// placeTable lists findings that have a place rather than a version.
func placeTable(kind scan.Kind, items []*dedup.Item, marks map[dedup.Identity]string) Table {
	t := Table{Kind: "findings", Columns: []Column{severityColumn(), {Title: nameTitle(kind), Least: 16, Most: 32}, placeColumn("Place"), {Title: "Title", Least: 16, Loose: true}}}
	if kind == scan.Misconfiguration || kind == scan.Licence {
		t.Columns[2].Title = [...]string{scan.Misconfiguration: "Place, resource", scan.Licence: "Package"}[kind]
	}
	if marks != nil {
		t.Columns = append([]Column{{Least: 3, Most: 7}}, t.Columns...)
	}
	made := newCells(len(items), len(t.Columns))
	for _, item := range items {
		row := Row{Severity: item.Severity, Counted: true}
		if marks != nil {
			row.Cells = made.row(markSpan(item, marks), severitySpan(item.Severity), idSpan(item), Span{Text: whereOf(item)}, Span{Text: item.Title})
		} else {
			row.Cells = made.row(severitySpan(item.Severity), idSpan(item), Span{Text: whereOf(item)}, Span{Text: item.Title})
		}
		t.Rows = append(t.Rows, row)
	}
	if !slices.ContainsFunc(items, func(item *dedup.Item) bool { return item.Title != "" }) {
		t.withoutLast()
	}
	return t
}

// withoutLast drops the last column: nothing is in it.
func (t *Table) withoutLast() {
	last := len(t.Columns) - 1
	t.Columns = t.Columns[:last]
	for i := range t.Rows {
		t.Rows[i].Cells = t.Rows[i].Cells[:last]
	}
}

// nameTitle heads the column of IDs of a kind.
func nameTitle(kind scan.Kind) string {
	return [...]string{
		scan.Vulnerability: "ID", scan.Misconfiguration: "Check", scan.Secret: "Rule", scan.Licence: "Licence", scan.Malware: "Malware", scan.Sensitive: "File",
		scan.Control: "Control",
	}[min(kind, scan.Control)]
}

// controlTable lists assurance controls that fail, and those that pass again.
func controlTable(failed []*dedup.Item, fixed []dedup.Change) Table {
	t := Table{Kind: "controls", Columns: []Column{{Title: "#", Least: 1, Most: 4, Right: true}, {Title: "Control", Least: 16, Most: 40}, {Title: "Policy", Least: 10, Most: 40}, {Title: "Result", Least: 4, Most: 4}}}
	add := func(item *dedup.Item, result Span) {
		t.Rows = append(t.Rows, Row{Cells: [][]Span{words(fmt.Sprint(len(t.Rows) + 1)), words(item.ID), words(item.Location), {result}}})
	}
	for _, item := range failed {
		add(item, Span{Text: "FAIL", Style: Severe | Bold, Severity: scan.Critical})
	}
	for i := range fixed {
		if fixed[i].Kind == scan.Control {
			add(&fixed[i].Item, Span{Text: "PASS", Style: Bold})
		}
	}
	return t
}

// changedTable lists findings that became worse, or can be mended now.
func changedTable(changes []dedup.Change) Table {
	t := Table{Kind: "changed findings", Columns: []Column{
		severityColumn(), idColumn(), placeColumn("Package"), {Title: "Installed", Least: 7, Most: 24, Spare: true}, {Title: "Fixed in", Least: 8, Most: 26}, {Title: "What changed", Least: 16, Loose: true},
	}}
	made := newCells(len(changes), len(t.Columns))
	for i := range changes {
		c := &changes[i]
		fix := Span{}
		if c.Kind == scan.Vulnerability {
			fix = fixSpan(&c.Item)
		}
		t.Rows = append(t.Rows, Row{Severity: c.Severity, Counted: true, Cells: made.row(
			severitySpan(c.Severity), idSpan(&c.Item), Span{Text: whereOf(&c.Item)}, Span{Text: c.Installed}, fix, Span{Text: changeOf(c)})})
	}
	return t
}

// changeOf says what became different.
func changeOf(c *dedup.Change) string {
	var parts []string
	if c.Severity > c.Was.Severity {
		parts = append(parts, "was "+c.Was.Severity.String())
	}
	if c.Fixed != "" && !c.Was.Fixed {
		parts = append(parts, "a fix is available now")
	}
	return strings.Join(parts, ", ")
}

// fixedTable lists what is gone, struck through. Controls are not in it: they pass.
func fixedTable(fixed []dedup.Change) Table {
	t := Table{Kind: "fixed findings", Columns: []Column{severityColumn(), idColumn(), placeColumn("Package")}}
	made := newCells(len(fixed), len(t.Columns))
	for i := range fixed {
		f := &fixed[i]
		if f.Kind == scan.Control {
			continue
		}
		t.Rows = append(t.Rows, Row{Severity: f.Severity, Counted: true, Cells: made.row(
			Span{Text: upperName(f.Severity), Style: Struck | Dim, Severity: f.Severity}, Span{Text: f.ID, Style: Struck}, Span{Text: whereOf(&f.Item), Style: Struck})})
	}
	return t
}
