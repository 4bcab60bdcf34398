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

// findingTable lists vulnerabilities, one a line. A section that lists all says which are new.
func (l *lister) findingTable(items []*dedup.Item) Table {
	t := Table{Kind: "findings", Columns: []Column{
		severityColumn(), idColumn(), placeColumn("Package"), {Title: "Installed", Least: 7, Most: 24, Spare: true},
		{Title: "Fixed in", Least: 8, Most: 26}, {Title: "Title", Least: 16, Loose: true},
	}}
	rows := l.joinAll(items)
	l.markColumn(&t)
	made := newCells(len(rows), len(t.Columns))
	t.Rows = make([]Row, len(rows))
	for i := range rows {
		r := &rows[i]
		severity, id, where, installed, fix, title := severitySpan(r.Severity), idSpan(r.Item), Span{Text: l.where(r)}, Span{Text: r.Installed}, fixSpan(r.Item), Span{Text: r.Title}
		row := Row{Severity: r.Severity, Counts: r.count()}
		if l.marks != nil {
			row.Cells = made.row(l.markSpan(r), severity, id, where, installed, fix, title)
		} else {
			row.Cells = made.row(severity, id, where, installed, fix, title)
		}
		l.addAge(&row, r)
		t.Rows[i] = row
	}
	return t
}

// joinAll joins findings of one kind, new and known ones apart.
func (l *lister) joinAll(items []*dedup.Item) []joined {
	item := func(i int) *dedup.Item { return items[i] }
	if l.marks == nil {
		return join(len(items), item, nil)
	}
	return join(len(items), item, func(i int) string { return l.marks[items[i].Identity()] })
}

// markColumn adds the column of the marks, where there are any.
func (l *lister) markColumn(t *Table) {
	if l.marks != nil {
		t.Columns = append([]Column{{Least: 3, Most: 7}}, t.Columns...)
	}
}

func (l *lister) markSpan(r *joined) Span {
	return Span{Text: l.marks[r.Identity()], Style: Bold}
}

// addAge says behind the last cell, the title, how long a known finding has been open.
func (l *lister) addAge(row *Row, r *joined) {
	if l.section.All == nil || l.section.Delta.First {
		return
	}
	text := l.openFor(r.since())
	if text == "" || l.marks[r.Identity()] == "NEW" {
		return
	}
	age := Span{Text: text, Style: Dim}
	if title := &row.Cells[len(row.Cells)-1]; (*title)[0].Text != "" {
		age.Text = " · " + text
		*title = append(*title, age)
	} else {
		(*title)[0] = age
	}
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

// placeTable lists findings that have a place rather than a version.
func (l *lister) placeTable(kind scan.Kind, items []*dedup.Item) Table {
	t := Table{Kind: "findings", Columns: []Column{severityColumn(), {Title: nameTitle(kind), Least: 16, Most: 32}, placeColumn("Place"), {Title: "Title", Least: 16, Loose: true}}}
	if kind == scan.Misconfiguration || kind == scan.Licence {
		t.Columns[2].Title = [...]string{scan.Misconfiguration: "Place, resource", scan.Licence: "Package"}[kind]
	}
	rows := l.joinAll(items)
	l.markColumn(&t)
	made := newCells(len(rows), len(t.Columns))
	for i := range rows {
		r := &rows[i]
		severity, id, where, title := severitySpan(r.Severity), idSpan(r.Item), Span{Text: l.where(r)}, Span{Text: r.Title}
		row := Row{Severity: r.Severity, Counts: r.count()}
		if l.marks != nil {
			row.Cells = made.row(l.markSpan(r), severity, id, where, title)
		} else {
			row.Cells = made.row(severity, id, where, title)
		}
		l.addAge(&row, r)
		t.Rows = append(t.Rows, row)
	}
	t.withoutEmptyLast()
	return t
}

// withoutEmptyLast drops the last column when nothing is in it.
func (t *Table) withoutEmptyLast() {
	last := len(t.Columns) - 1
	if slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Cells[last][0].Text != "" }) {
		return
	}
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
func (l *lister) changedTable() Table {
	t := Table{Kind: "changed findings", Columns: []Column{
		severityColumn(), idColumn(), placeColumn("Package"), {Title: "Installed", Least: 7, Most: 24, Spare: true}, {Title: "Fixed in", Least: 8, Most: 26}, {Title: "What changed", Least: 16, Loose: true},
	}}
	rows := l.changed()
	made := newCells(len(rows), len(t.Columns))
	for i := range rows {
		r := &rows[i]
		fix := Span{}
		if r.Kind == scan.Vulnerability {
			fix = fixSpan(r.Item)
		}
		t.Rows = append(t.Rows, Row{Severity: r.Severity, Counts: r.count(), Cells: made.row(
			severitySpan(r.Severity), idSpan(r.Item), Span{Text: l.where(r)}, Span{Text: r.Installed}, fix, Span{Text: l.whatChanged(r)})})
	}
	return t
}

// changed joins what became different in the same way.
func (l *lister) changed() []joined {
	list := l.section.Delta.Changed
	return join(len(list), func(i int) *dedup.Item { return &list[i].Item }, func(i int) string { return changeOf(&list[i]) })
}

// whatChanged says what became different, and since when it has been open.
func (l *lister) whatChanged(r *joined) string {
	text, age := changeOf(&l.section.Delta.Changed[r.at]), l.openFor(r.since())
	if text != "" && age != "" {
		text += ", "
	}
	return text + age
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
func (l *lister) fixedTable() Table {
	t := Table{Kind: "fixed findings", Columns: []Column{severityColumn(), idColumn(), placeColumn("Package"), {Least: 10, Most: 24, Loose: true}}}
	rows := l.fixed()
	made := newCells(len(rows), len(t.Columns))
	for i := range rows {
		r := &rows[i]
		if r.Kind == scan.Control {
			continue
		}
		t.Rows = append(t.Rows, Row{Severity: r.Severity, Counts: r.count(), Cells: made.row(
			Span{Text: upperName(r.Severity), Style: Struck | Dim, Severity: r.Severity}, Span{Text: r.ID, Style: Struck}, Span{Text: l.where(r), Style: Struck},
			Span{Text: l.wasOpen(r), Style: Dim})})
	}
	t.withoutEmptyLast()
	return t
}

// fixed joins what is gone. Of that, neither versions nor texts are known.
func (l *lister) fixed() []joined {
	list := l.section.Delta.Fixed
	return join(len(list), func(i int) *dedup.Item { return &list[i].Item }, nil)
}

// wasOpen says how long a finding was open that is gone.
func (l *lister) wasOpen(r *joined) string {
	if age := l.openFor(r.since()); age != "" {
		return "was " + age
	}
	return ""
}
