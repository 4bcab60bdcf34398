package render

import (
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/postee/postee/pkg/scan"
)

// TerminalOptions say what a terminal can show.
type TerminalOptions struct {
	// Width is the number of columns, which no line exceeds when it is 60 or more; 0 is no limit, as for a file.
	Width int
	// Colour allows the sixteen colours, bold, dim and struck text. They are chosen to be readable on dark and light backgrounds.
	Colour bool
	// Links makes addresses clickable (OSC 8); it needs Colour.
	Links bool
}

// Terminal prints a tree for a terminal: tables in columns, each row in one line. There are no control characters in it but line
// breaks and, with Colour, sequences of its own.
func Terminal(t Tree, o TerminalOptions) []byte {
	p := &terminal{o: o, out: make([]byte, 0, room(t, 240)), cond: runewidth.Condition{StrictEmojiNeutral: true}}
	p.print(t)
	return p.out
}

// Text prints a tree as plain text without limit, for mails and logs: nothing in it is shortened, and addresses stand in full
// behind the texts of paragraphs that they belong to.
func Text(t Tree) []byte {
	p := &terminal{out: make([]byte, 0, room(t, 160)), cond: runewidth.Condition{StrictEmojiNeutral: true}, text: true}
	p.print(t)
	return p.out
}

// indent is how far everything but headings stands from the left edge.
const indent = 2

// terminal prints one tree.
type terminal struct {
	o    TerminalOptions
	text bool
	cond runewidth.Condition
	out  []byte
}

// print prints the blocks: a blank line stands before each, except under a heading.
func (p *terminal) print(t Tree) {
	var last Block = Heading{}
	for i, b := range t {
		_, under := last.(Heading)
		switch b := b.(type) {
		case Heading:
			if i > 0 {
				p.blank()
			}
			p.heading(b)
		case Paragraph:
			if !under && !leftOut(b) {
				p.blank()
			}
			p.paragraph(b)
		case Facts:
			p.facts(b)
		case Table:
			if !under {
				p.blank()
			}
			p.table(b)
		}
		last = b
	}
}

// leftOut reports whether a paragraph says what a table above it leaves out: it stands close to it.
func leftOut(b Paragraph) bool { return len(b.Spans) > 0 && strings.HasPrefix(b.Spans[0].Text, "… ") }

func (p *terminal) blank() { p.out = append(p.out, '\n') }

func (p *terminal) pad(columns int) {
	for range columns {
		p.out = append(p.out, ' ')
	}
}

// width is how many columns a text takes.
func (p *terminal) width(text string) int {
	if plain(text) {
		return len(text)
	}
	return p.cond.StringWidth(text)
}

// cellWidth is how many columns spans take together.
func (p *terminal) cellWidth(spans []Span) int {
	n := 0
	for i := range spans {
		n += p.width(Clean(spans[i].Text))
	}
	return n
}

// heading prints a heading in bold, and what stands beside it at the right edge, or below when there is no room.
func (p *terminal) heading(h Heading) {
	from := len(p.out)
	for _, s := range h.Spans {
		s.Style |= Bold
		p.wrap(s, 0)
	}
	left, right := p.cellWidth(h.Spans), p.cellWidth(h.Aside)
	if right > 0 {
		gap := 4
		if p.o.Width > 0 {
			gap = max(gap, p.o.Width-left-right)
		}
		if p.o.Width > 0 && left+gap+right > p.o.Width {
			p.out = append(p.out, '\n')
			p.pad(indent)
		} else {
			p.pad(gap)
		}
		p.spans(h.Aside, indent)
	}
	p.out = append(p.out, '\n')
	if p.text && len(h.Aside) == 0 && h.Level <= 2 && left > 0 {
		line := "-"
		if h.Level <= 1 {
			line = "="
		}
		p.out = append(p.out, strings.Repeat(line, min(left, len(p.out)-from, 78))...)
		p.out = append(p.out, '\n')
	}
}

func (p *terminal) paragraph(b Paragraph) {
	p.pad(indent)
	p.spans(b.Spans, indent)
	p.out = append(p.out, '\n')
}

// facts prints names and values below each other.
func (p *terminal) facts(facts Facts) {
	names := 0
	for _, f := range facts {
		names = max(names, min(p.width(Clean(f.Name)), 20))
	}
	for _, f := range facts {
		p.pad(indent)
		name := p.fit(Clean(f.Name), names)
		p.styled(Span{Style: Dim}, name)
		p.pad(names - p.width(name) + 2)
		p.spans(f.Value, indent+names+2)
		p.out = append(p.out, '\n')
	}
}

// fit cuts text to a width in columns; what was longer ends in "…".
func (p *terminal) fit(text string, width int) string {
	if plain(text) {
		if len(text) <= width {
			return text
		}
		if width < 1 {
			return ""
		}
		return text[:width-1] + "…"
	}
	return p.cond.Truncate(text, width, "…")
}

// styled prints clean text in the look of a span.
func (p *terminal) styled(s Span, text string) {
	if !p.o.Colour || text == "" {
		p.out = append(p.out, text...)
		return
	}
	address, linked := "", false
	if p.o.Links && s.URL != "" {
		address, linked = link(s.URL)
	}
	if linked {
		p.out = append(append(append(p.out, "\x1b]8;;"...), address...), "\x1b\\"...)
	}
	codes := sgr(s)
	if codes != "" {
		p.out = append(append(append(p.out, "\x1b["...), codes...), 'm')
	}
	p.out = append(p.out, text...)
	if codes != "" {
		p.out = append(p.out, "\x1b[0m"...)
	}
	if linked {
		p.out = append(p.out, "\x1b]8;;\x1b\\"...)
	}
}

// sgr returns the codes of a look: red for what is critical and high, the former in bold, yellow, cyan, and dim for the rest.
func sgr(s Span) string {
	if s.Style&Severe != 0 {
		code := [...]string{scan.Unknown: "2", scan.Negligible: "2", scan.Low: "36", scan.Medium: "33", scan.High: "31", scan.Critical: "1;31"}[min(s.Severity, scan.Critical)]
		if s.Style&Struck != 0 {
			code += ";9"
		}
		return code
	}
	codes := make([]string, 0, 3)
	if s.Style&Bold != 0 {
		codes = append(codes, "1")
	}
	if s.Style&Dim != 0 {
		codes = append(codes, "2")
	}
	if s.Style&Struck != 0 {
		codes = append(codes, "9")
	}
	return strings.Join(codes, ";")
}
