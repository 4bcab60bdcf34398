package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// page lays one section out in full, for mail, tickets, pages and chats.
type page struct {
	options Options
	section *message.Section
	level   int // of the section's own heading
	tree    Tree
}

func (p *page) add(blocks ...Block) { p.tree = append(p.tree, blocks...) }

// table adds a table under a heading of its own, unless it has no rows.
func (p *page) table(title string, t Table) {
	if len(t.Rows) > 0 {
		p.add(Heading{Level: p.level + 1, Spans: words(title)}, t)
	}
}

// body says all but the title: facts, counts, what to do, what is new, changed and fixed, and where to read more.
func (p *page) body() {
	s := p.section
	if facts := p.facts(); len(facts) > 0 {
		p.add(facts)
	}
	p.add(openParagraph(s, "open now", " · "))
	p.upgrades()
	kinds := p.byKind()
	l := newLister(s, &p.options)
	p.table(p.titleOf(scan.Control), controlTable(kinds[scan.Control], s.Delta.Fixed))
	p.table(p.titleOf(scan.Vulnerability), l.findingTable(kinds[scan.Vulnerability]))
	p.table(numbered("Changed", len(s.Delta.Changed)), l.changedTable())
	p.table(numbered("Fixed", len(s.Delta.Fixed)), l.fixedTable())
	for _, kind := range [...]scan.Kind{scan.Malware, scan.Sensitive, scan.Secret, scan.Misconfiguration, scan.Licence} {
		p.table(p.titleOf(kind), l.placeTable(kind, kinds[kind]))
	}
	p.rest()
}

// titleOf heads a table of one kind.
func (p *page) titleOf(kind scan.Kind) string {
	title := [...]string{
		scan.Vulnerability: "vulnerabilities", scan.Misconfiguration: "misconfigurations", scan.Secret: "secrets", scan.Licence: "licence problems",
		scan.Malware: "malware", scan.Sensitive: "sensitive data", scan.Control: "assurance controls",
	}[kind]
	switch {
	case kind == scan.Control || p.section.Delta.First:
		return capital(title)
	case p.section.All != nil:
		return "Open " + title
	}
	return "New " + title
}

// numbered is a heading with the number of rows below it.
func numbered(title string, n int) string { return fmt.Sprintf("%s (%d)", title, n) }

// byKind sorts what the section lists into kinds, each in the order given.
func (p *page) byKind() map[scan.Kind][]*dedup.Item {
	listed := p.section.Delta.New
	if p.section.All != nil {
		listed = p.section.All
	}
	kinds := map[scan.Kind][]*dedup.Item{}
	for i := range listed {
		kinds[listed[i].Kind] = append(kinds[listed[i].Kind], &listed[i])
	}
	return kinds
}

// facts are the short answers: which image, from where, by whom, allowed or not.
func (p *page) facts() Facts {
	s := p.section
	a := &s.Artifact
	var facts Facts
	add := func(name string, value ...Span) {
		if value[0].Text != "" {
			facts = append(facts, Fact{name, value})
		}
	}
	name := "Image"
	if a.Type != "image" {
		name = "Subject"
	}
	add(name, Span{Text: s.Subject, Style: Bold})
	registry := a.Registry
	if registry == "" {
		registry = a.Host
	}
	add("Registry", Span{Text: registry})
	add("Digest", Span{Text: a.Digest, Style: Code})
	add("Scanner", Span{Text: s.Scanner})
	if !s.Scanned.IsZero() {
		add("Scanned", Span{Text: moment(s.Scanned)})
	}
	add("Compared with", Span{Text: p.comparedWith()})
	if p.level == 1 { // a digest says it once
		add("Reported", Span{Text: p.options.reported()})
	}
	add("Compliance", complianceSpan(&s.Delta))
	kinds := kindCounts(s)
	for _, kind := range [...]scan.Kind{scan.Malware, scan.Sensitive} {
		if n := kinds[kind]; n > 0 {
			title := [...]string{scan.Malware: "Malware", scan.Sensitive: "Sensitive data"}[kind]
			add(title, Span{Text: fmt.Sprintf("found (%d)", n), Style: Severe | Bold, Severity: scan.Critical})
		}
	}
	return facts
}

// comparedWith says what the difference is a difference to; "" where that is not known.
func (p *page) comparedWith() string {
	s := p.section
	if s.Told == 0 || s.Delta.First || !understood(s) {
		return ""
	}
	told := time.Unix(s.Told, 0)
	text := "what was told on " + moment(told)
	if days := int(p.options.Now.Sub(told).Hours() / 24); !p.options.Now.IsZero() && days > 0 {
		text += ", " + plural(days, "day") + " ago"
	}
	return text
}

// kindCounts counts what a section lists by kind.
func kindCounts(s *message.Section) (n [8]int) {
	items := s.Delta.New
	if s.All != nil {
		items = s.All
	}
	for i := range items {
		n[items[i].Kind&7]++
	}
	return n
}

// complianceSpan says whether the image is allowed, and that this is new; empty when the document does not say.
func complianceSpan(d *dedup.Delta) Span {
	switch {
	case d.Compliance == scan.NonCompliant && d.ComplianceChanged:
		return Span{Text: "NO LONGER COMPLIANT", Style: Severe | Bold, Severity: scan.Critical}
	case d.Compliance == scan.NonCompliant:
		return Span{Text: "NON-COMPLIANT", Style: Severe | Bold, Severity: scan.Critical}
	case d.Compliance == scan.Compliant && d.ComplianceChanged:
		return Span{Text: "compliant again", Style: Bold}
	case d.Compliance == scan.Compliant:
		return Span{Text: "compliant"}
	}
	return Span{}
}

// rest says what is not listed, and where to look.
func (p *page) rest() {
	d := &p.section.Delta
	var unlisted []string
	if d.Known > 0 && p.section.All == nil {
		unlisted = append(unlisted, fmt.Sprintf("%d known", d.Known))
	}
	if d.Suppressed > 0 {
		unlisted = append(unlisted, fmt.Sprintf("%d accepted", d.Suppressed))
	}
	if len(unlisted) > 0 {
		p.add(Paragraph{[]Span{{Text: "and " + strings.Join(unlisted, ", "), Style: Dim}}})
	}
	if address, ok := link(p.section.Job); ok {
		p.add(Paragraph{[]Span{{Text: "CI job", URL: address}}})
	}
	if address := imageLink(p.options.AquaServer, &p.section.Artifact); address != "" {
		if address, ok := link(address); ok {
			p.add(Paragraph{[]Span{{Text: "See more", URL: address}}})
		}
	}
}
