package render

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// consoleUpgrades is how many upgrades a terminal shows before the list unless more are asked for.
const consoleUpgrades = 5

// consoleTree is a message in its short form.
func consoleTree(m *message.Message, o Options) Tree {
	var tree Tree
	if m.Title != "" || len(m.Sections) > 1 {
		tree = append(tree, Heading{Level: 1, Spans: words(Title(m))})
	}
	for i := range m.Sections {
		tree = append(tree, consoleSection(&m.Sections[i], o)...)
	}
	return tree
}

// consoleSection says one subject: a line about it, its counts, the upgrades, and one list.
func consoleSection(s *message.Section, o Options) Tree {
	tree := Tree{Heading{Level: 2, Spans: []Span{{Text: s.Subject, Style: Bold}}, Aside: headline(s)}, countsLine(&s.Delta)}
	if list := Upgrades(s); len(list) > 0 {
		t := upgradeTable(list)
		t.Columns[0].Title, t.Columns[3].Title = "Upgrade", "fixes"
		tree = append(tree, limited(t, o.Upgrades)...)
	}
	if t := eventTable(s); len(t.Rows) > 0 {
		tree = append(tree, t)
	}
	return tree
}

// countsLine is the line below the subject.
func countsLine(d *dedup.Delta) Paragraph {
	p := countsParagraph(d, "  ")
	if n := len(p.Spans); d.Fixable > 0 && n > 1 {
		p.Spans[n-2].Text = "   "
	}
	return p
}

// headline says what kind of message it is: a first scan by whom, or the sizes of the difference.
func headline(s *message.Section) []Span {
	d := &s.Delta
	var parts []string
	switch {
	case d.Empty():
		parts = append(parts, fmt.Sprintf("nothing new: %d known", d.Known))
	case d.First:
		parts = append(parts, "first scan")
		if s.Scanner != "" {
			parts = append(parts, s.Scanner)
		}
		if s.Artifact.Digest != "" {
			parts = append(parts, runewidth.Truncate(s.Artifact.Digest, 16, "…"))
		}
	default:
		parts = differences(d)
		if d.Known > 0 {
			parts = append(parts, fmt.Sprintf("%d known", d.Known))
		}
	}
	said := complianceWords(d)
	if said.Text == "" {
		return words(strings.Join(parts, " · "))
	}
	before := strings.Join(parts, " · ")
	if before != "" {
		before += " · "
	}
	return []Span{{Text: before}, said}
}

// complianceWords is the compliance where it is worth a word: bad, or different.
func complianceWords(d *dedup.Delta) Span {
	said := complianceSpan(d)
	if d.Compliance == scan.Compliant && !d.ComplianceChanged {
		return Span{}
	}
	if !d.ComplianceChanged {
		said.Text = strings.ToLower(said.Text)
	}
	return said
}

// eventTable lists what a section says in one table: new, changed, fixed, each worst first; all open findings when it shows all.
func eventTable(s *message.Section) Table {
	d := &s.Delta
	list := events{Table: Table{Kind: "findings", Columns: []Column{
		{Least: 5, Most: 7}, severityColumn(), idColumn(), placeColumn(""), {Least: 7, Most: 24, Spare: true}, {Least: 8, Most: 26}, {Least: 16, Loose: true},
	}}}
	for i := range list.Columns {
		list.Columns[i].Title = ""
	}
	if s.All != nil {
		p := page{section: s}
		list.grow(len(s.All) + len(d.Fixed))
		list.every = true
		marks := p.marks()
		for i := range s.All {
			item := &s.All[i]
			list.add(marks[item.Identity()], item, item.Title)
		}
	} else {
		list.grow(len(d.New) + len(d.Changed) + len(d.Fixed))
		for i := range d.New {
			list.add("NEW", &d.New[i], d.New[i].Title)
		}
		for i := range d.Changed {
			list.add("CHANGED", &d.Changed[i].Item, changeOf(&d.Changed[i]))
		}
	}
	for i := range d.Fixed {
		list.fixed(&d.Fixed[i])
	}
	if d.First { // everything is new
		for i := range list.Rows {
			list.Rows[i].Cells = list.Rows[i].Cells[1:]
		}
		list.Columns = list.Columns[1:]
	}
	return list.Table
}

// events makes the rows of eventTable. An event is written once, beside its first row, unless rows without one are among them.
type events struct {
	Table
	made  *cells
	last  string
	every bool
}

func (e *events) grow(rows int) {
	e.Rows, e.made = make([]Row, 0, rows), newCells(rows, len(e.Columns))
}

// event is the first cell of a row.
func (e *events) event(name string) Span {
	if name == e.last && !e.every {
		name = ""
	} else {
		e.last = name
	}
	return Span{Text: name, Style: Bold}
}

func (e *events) add(event string, item *dedup.Item, says string) {
	version, fix := Span{Text: item.Installed}, fixSpan(item)
	if item.Kind != scan.Vulnerability {
		version, fix = Span{Text: item.Kind.String(), Style: Dim}, Span{}
	}
	e.Rows = append(e.Rows, Row{Severity: item.Severity, Counted: true, Cells: e.made.row(
		e.event(event), severitySpan(item.Severity), idSpan(item), Span{Text: whereOf(item)}, version, fix, Span{Text: says})})
}

func (e *events) fixed(c *dedup.Change) {
	e.Rows = append(e.Rows, Row{Severity: c.Severity, Counted: true, Cells: e.made.row(
		e.event("FIXED"), Span{Text: upperName(c.Severity), Style: Severe | Struck, Severity: c.Severity}, Span{Text: c.ID, Style: Struck}, Span{Text: whereOf(&c.Item), Style: Struck}, Span{}, Span{}, Span{})})
}
