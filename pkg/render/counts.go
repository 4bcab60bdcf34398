package render

import (
	"fmt"
	"strings"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// Unknown is what a document is called in which nothing was looked for: it may be full of findings.
const Unknown = "a document of no known format"

// notUnderstood stands where the counts of others stand.
const notUnderstood = "no scan that postee understands"

// understood reports whether a section is about a scan: only then its counts say something, also that there is nothing.
func understood(s *message.Section) bool { return s.Scanner != "" && s.Format != scan.Generic }

// total adds counts up.
func total(open *[scan.SeverityCount]int) (sum int) {
	for _, n := range open {
		sum += n
	}
	return sum
}

// openParagraph says how many findings are open by severity, known ones too, and how many can be mended. label says that these are
// not just the new ones.
func openParagraph(s *message.Section, label, between string) Paragraph {
	if !understood(s) {
		return Paragraph{words(notUnderstood + ": " + Unknown)}
	}
	d := &s.Delta
	sum := total(&d.Open)
	if sum == 0 {
		return Paragraph{words(Open(&d.Open))}
	}
	p := Paragraph{[]Span{{Text: fmt.Sprintf("%d %s:", sum, label)}, {Text: " "}}}
	for i := range d.Open {
		severity := scan.Critical - scan.Severity(i)
		if n := d.Open[severity]; n > 0 {
			if len(p.Spans) > 2 {
				p.Spans = append(p.Spans, Span{Text: between, Style: Dim})
			}
			p.Spans = append(p.Spans, Span{Text: fmt.Sprintf("%d %s", n, severity), Style: Severe | Bold, Severity: severity})
		}
	}
	if d.Fixable > 0 {
		p.Spans = append(p.Spans, Span{Text: between, Style: Dim}, Span{Text: fmt.Sprintf("%d can be fixed today", d.Fixable), Style: Bold})
	}
	return p
}

// Open says how many findings are open, worst first: "4 open (1 high, 3 low)".
func Open(open *[scan.SeverityCount]int) string {
	sum := total(open)
	if sum == 0 {
		return "no open findings"
	}
	return fmt.Sprintf("%d open (%s)", sum, severities(open))
}

// Summary says in one line of plain text what is open: "7 open (3 critical, 4 high); 7 can be fixed; 48 known".
func Summary(m *message.Message) string {
	if m.Test {
		return "delivery works"
	}
	open, known := openOf(m)
	fixable, unknown := 0, 0
	for i := range m.Sections {
		fixable += m.Sections[i].Delta.Fixable
		if !understood(&m.Sections[i]) {
			unknown++
		}
	}
	if unknown == 1 && len(m.Sections) == 1 {
		return notUnderstood
	}
	var parts []string
	if unknown == 0 || unknown < len(m.Sections) {
		parts = append(parts, Open(&open))
	}
	if fixable > 0 {
		parts = append(parts, fmt.Sprintf("%d can be fixed", fixable))
	}
	if known > 0 {
		parts = append(parts, fmt.Sprintf("%d known", known))
	}
	if unknown > 0 {
		parts = append(parts, plural(unknown, "document")+" of no known format")
	}
	return strings.Join(parts, "; ")
}

// openOf adds up what is open in all sections, and what was known.
func openOf(m *message.Message) (open [scan.SeverityCount]int, known int) {
	for i := range m.Sections {
		for severity, n := range m.Sections[i].Delta.Open {
			open[severity] += n
		}
		known += m.Sections[i].Delta.Known
	}
	return open, known
}

// severities lists counts, worst first: "3 critical, 4 high"; "" when there are none.
func severities(n *[scan.SeverityCount]int) string {
	var parts []string
	for i := range n {
		severity := scan.Critical - scan.Severity(i)
		if n[severity] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[severity], severity))
		}
	}
	return strings.Join(parts, ", ")
}
