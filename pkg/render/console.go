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
	tree := Tree{Heading{Level: 2, Spans: []Span{{Text: s.Subject, Style: Bold}}, Aside: headline(s)}, countsLine(s)}
	if list := Upgrades(s); len(list) > 0 {
		t := upgradeTable(list)
		t.Columns[0].Title, t.Columns[3].Title = "Upgrade", "fixes"
		tree = append(tree, limited(t, o.Upgrades)...)
	}
	if t := newLister(s, &o).eventTable(); len(t.Rows) > 0 {
		tree = append(tree, t)
	}
	return tree
}

// countsLine is the line below the subject.
func countsLine(s *message.Section) Paragraph {
	p := openParagraph(s, "open", "  ")
	if n := len(p.Spans); s.Delta.Fixable > 0 && n > 1 {
		p.Spans[n-2].Text = "   "
	}
	return p
}

// headline says what kind of message it is: a first scan by whom, or the sizes of the difference.
func headline(s *message.Section) []Span {
	d := &s.Delta
	var parts []string
	switch {
	case !understood(s):
		if d.First {
			parts = append(parts, "seen for the first time")
		}
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
func (l *lister) eventTable() Table {
	s, d := l.section, &l.section.Delta
	list := events{lister: l, Table: Table{Kind: "findings", Columns: []Column{
		{Least: 5, Most: 7}, severityColumn(), idColumn(), placeColumn(""), {Least: 7, Most: 24, Spare: true}, {Least: 8, Most: 26}, {Least: 16, Loose: true},
	}}}
	for i := range list.Columns {
		list.Columns[i].Title = ""
	}
	listed, event := d.New, func(*joined) string { return "NEW" }
	var changed []joined
	if s.All != nil {
		listed, list.every = s.All, true
		event = func(r *joined) string { return l.marks[r.Identity()] }
	} else {
		changed = l.changed()
	}
	open, fixed := l.joinAll(pointers(listed)), l.fixed()
	list.grow(len(open) + len(changed) + len(fixed))
	for i := range open {
		list.add(event(&open[i]), &open[i], open[i].Title)
	}
	for i := range changed {
		list.add("CHANGED", &changed[i], l.whatChanged(&changed[i]))
	}
	for i := range fixed {
		list.addFixed(&fixed[i])
	}
	if d.First { // everything is new
		for i := range list.Rows {
			list.Rows[i].Cells = list.Rows[i].Cells[1:]
		}
		list.Columns = list.Columns[1:]
	}
	return list.Table
}

// pointers returns the items of a list one by one.
func pointers(items []dedup.Item) []*dedup.Item {
	list := make([]*dedup.Item, len(items))
	for i := range items {
		list[i] = &items[i]
	}
	return list
}

// events makes the rows of eventTable. An event is written once, beside its first row, unless rows without one are among them.
type events struct {
	Table
	*lister
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

func (e *events) add(event string, r *joined, says string) {
	version, fix := Span{Text: r.Installed}, fixSpan(r.Item)
	if r.Kind != scan.Vulnerability {
		version, fix = Span{Text: r.Kind.String(), Style: Dim}, Span{}
	}
	e.Rows = append(e.Rows, Row{Severity: r.Severity, Counts: r.count(), Cells: e.made.row(
		e.event(event), severitySpan(r.Severity), idSpan(r.Item), Span{Text: e.where(r)}, version, fix, Span{Text: says})})
}

func (e *events) addFixed(r *joined) {
	e.Rows = append(e.Rows, Row{Severity: r.Severity, Counts: r.count(), Cells: e.made.row(
		e.event("FIXED"), Span{Text: upperName(r.Severity), Style: Severe | Struck, Severity: r.Severity}, Span{Text: r.ID, Style: Struck},
		Span{Text: e.where(r), Style: Struck}, Span{}, Span{}, Span{Text: e.wasOpen(r), Style: Dim})})
}
