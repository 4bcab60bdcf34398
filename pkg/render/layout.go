package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// Options say what a layout holds.
type Options struct {
	// AquaServer is the address of Aqua's console; images get a link to it. "" for none.
	AquaServer string
	// Now is the time of the report: it is written, and says how long findings have been open. The zero time says neither.
	Now time.Time
	// Names is how many characters the packages, or the places, of one row may take together; those for which there is no room are
	// counted. 0 is 80.
	Names int
	// Upgrades is how many rows the upgrade table may have, 0 for all: 5 suits a chat.
	Upgrades int
	// Console is the short form for a terminal or a log: one line about the subject, one about the counts, and one list.
	Console bool
}

// reported returns the time of the report, "" when it is not given.
func (o *Options) reported() string {
	if o.Now.IsZero() {
		return ""
	}
	return moment(o.Now)
}

// moment writes a time to the minute.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Layout says a message in blocks: the built-in layout. It is the same for the same message and options.
func Layout(m *message.Message, o Options) Tree {
	switch {
	case m.Test:
		return testTree(m)
	case o.Console:
		return consoleTree(m, o)
	case len(m.Sections) == 1:
		p := page{options: o, section: &m.Sections[0], level: 1}
		p.add(Heading{Level: 1, Spans: words(Title(m))})
		p.body()
		return p.tree
	}
	return digestTree(m, o)
}

// testTree returns the message that tries a target out.
func testTree(m *message.Message) Tree {
	return Tree{
		Heading{Level: 1, Spans: words(Title(m))},
		Paragraph{words("This is a test message of route " + m.Route + ": delivery works.")},
	}
}

// digestTree returns a message about several subjects: a summary, then one after the other.
func digestTree(m *message.Message, o Options) Tree {
	tree := Tree{Heading{Level: 1, Spans: words(Title(m))}}
	if reported := o.reported(); reported != "" {
		tree = append(tree, Facts{{"Reported", words(reported)}})
	}
	if len(m.Sections) > 0 {
		tree = append(tree, summaryTable(m.Sections))
	}
	for i := range m.Sections {
		p := page{options: o, section: &m.Sections[i], level: 2}
		p.add(Heading{Level: 2, Spans: words(sectionTitle(p.section))})
		p.body()
		tree = append(tree, p.tree...)
	}
	return tree
}

// summaryTable has a line for each subject of a digest.
func summaryTable(sections []message.Section) Table {
	what := subjectWord(sections)
	t := Table{Kind: what + "s", Columns: []Column{
		{Title: capital(what), Least: 16, Most: 60}, {Title: "What is new", Least: 10, Most: 40}, {Title: "Open now", Least: 3, Most: 8, Right: true},
		{Title: "Critical", Least: 3, Most: 8, Right: true}, {Title: "High", Least: 3, Most: 8, Right: true},
		{Title: "Medium", Least: 3, Most: 8, Right: true}, {Title: "Low", Least: 3, Most: 8, Right: true}, {Title: "Other", Least: 3, Most: 8, Right: true},
	}}
	for i := range sections {
		s := &sections[i]
		open := &s.Delta.Open
		row := Row{Cells: [][]Span{{{Text: s.Subject, Style: Bold}}, words(outcome(s))}}
		if !understood(s) { // not even that there are none
			row.Cells = append(row.Cells, make([][]Span, len(t.Columns)-len(row.Cells))...)
			t.Rows = append(t.Rows, row)
			continue
		}
		row.Cells = append(row.Cells, number(total(open), scan.Unknown))
		for severity := scan.Critical; severity >= scan.Low; severity-- {
			row.Cells = append(row.Cells, number(open[severity], severity))
		}
		row.Cells = append(row.Cells, number(open[scan.Negligible]+open[scan.Unknown], scan.Unknown))
		t.Rows = append(t.Rows, row)
	}
	return t
}

// number returns a count in a table, in the colour of what it counts; none is dim.
func number(n int, severity scan.Severity) []Span {
	if n == 0 {
		return []Span{{Text: "0", Style: Dim}}
	}
	return []Span{{Text: fmt.Sprint(n), Style: Bold, Severity: severity}}
}

// Title says in one line of plain text what a message is about: for headings, subjects of mails and tickets, and fallbacks.
func Title(m *message.Message) string {
	switch {
	case m.Title != "":
		return Clean(m.Title)
	case m.Test:
		return "postee test message"
	case len(m.Sections) == 1 && customTitle(&m.Sections[0]) != "":
		return customTitle(&m.Sections[0])
	case len(m.Sections) == 1:
		return sectionTitle(&m.Sections[0])
	}
	open, _ := openOf(m)
	for severity := range scan.High { // what is less than high makes no title
		open[severity] = 0
	}
	title := "Vulnerability scan report: " + plural(len(m.Sections), subjectWord(m.Sections))
	if worst := severities(&open); worst != "" {
		title += "; " + worst + " open now"
	}
	return title
}

// customTitle returns the title that a template gave a section, "" when there is none to read.
func customTitle(s *message.Section) string {
	if s.Custom == nil {
		return ""
	}
	return strings.TrimSpace(Clean(s.Custom.Title))
}

// subjectWord returns what the subjects of a digest are.
func subjectWord(sections []message.Section) string {
	for i := range sections {
		if sections[i].Artifact.Type != "image" {
			return "subject"
		}
	}
	return "image"
}

// capital writes a word with a capital letter.
func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// sectionTitle returns the title of what is said about one subject.
func sectionTitle(s *message.Section) string {
	if s.Delta.First && understood(s) {
		return Clean(s.Subject) + " vulnerability scan report"
	}
	return Clean(s.Subject) + ": " + outcome(s)
}

// outcome says what a difference is in few words: "2 new, 1 changed, 3 fixed".
func outcome(s *message.Section) string {
	if !understood(s) {
		return Unknown
	}
	d := &s.Delta
	var parts []string
	if d.First {
		parts = append(parts, "first scan")
	}
	for _, p := range differences(d) {
		if !d.First {
			parts = append(parts, p)
		}
	}
	switch {
	case d.ComplianceChanged && d.Compliance == scan.NonCompliant:
		parts = append(parts, "no longer compliant")
	case d.ComplianceChanged:
		parts = append(parts, "compliant again")
	case d.First && d.Compliance == scan.NonCompliant:
		parts = append(parts, "non-compliant")
	}
	if len(parts) == 0 {
		return "nothing new"
	}
	return strings.Join(parts, ", ")
}

// differences counts what is new, changed and fixed; what there is none of is left out.
func differences(d *dedup.Delta) []string {
	var parts []string
	for _, p := range [...]struct {
		n    int
		what string
	}{{len(d.New), "new"}, {len(d.Changed), "changed"}, {len(d.Fixed), "fixed"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return parts
}

// words returns text without a look of its own.
func words(text string) []Span { return []Span{{Text: text}} }

// plural writes a number of things whose plural ends in s.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
