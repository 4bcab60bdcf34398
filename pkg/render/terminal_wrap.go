package render

import (
	"strings"
	"unicode/utf8"
)

// spans prints running text, broken at blanks where the width asks for it; lines after the first begin at column from.
func (p *terminal) spans(spans []Span, from int) {
	for _, s := range spans {
		p.wrap(s, from)
		if address, ok := link(s.URL); ok && p.text && Clean(s.Text) != address {
			p.wrap(Span{Text: ": " + address}, from)
		}
	}
}

// longest is more bytes than a character of one column has, with all that is written above and below it.
const longest = 64

// wrap prints one span after what the line holds already.
func (p *terminal) wrap(s Span, from int) {
	text := Clean(s.Text)
	if p.o.Width == 0 {
		p.styled(s, text)
		return
	}
	room := p.o.Width - p.column()
	for text != "" {
		if len(text) <= longest*p.o.Width && p.width(text) <= room {
			p.styled(s, text)
			return
		}
		head, tail := p.breakAt(text, room, room == p.o.Width-from)
		p.styled(s, strings.TrimRight(head, " "))
		p.out = append(p.out, '\n')
		p.pad(from)
		text, room = strings.TrimLeft(tail, " "), p.o.Width-from
	}
}

// breakAt divides text at the last blank within so many columns. A word that is wider goes to the next line, or, when the line
// is empty, is divided itself.
func (p *terminal) breakAt(text string, room int, empty bool) (head, tail string) {
	head = text
	if most := longest * p.o.Width; len(text) > most { // so that long text is not measured for every line
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		head = text[:most]
	}
	head = p.cond.Truncate(head, max(room, 0), "")
	if head == "" && empty { // not even one character: it goes where it does not fit
		return text, ""
	}
	tail = text[len(head):]
	if strings.HasPrefix(tail, " ") {
		return head, tail
	}
	if i := strings.LastIndexByte(head, ' '); i >= 0 {
		return text[:i], text[i:]
	}
	if !empty {
		return "", text
	}
	return head, tail
}

// column is how many columns of the last line are taken; sequences take none.
func (p *terminal) column() int {
	line := p.out
	for i := len(line) - 1; i >= 0; i-- {
		if line[i] == '\n' {
			line = line[i+1:]
			break
		}
	}
	return p.width(withoutSequences(string(line)))
}

// withoutSequences drops what styled adds: SGR and OSC 8 sequences.
func withoutSequences(line string) string {
	if !strings.Contains(line, "\x1b") {
		return line
	}
	var b strings.Builder
	for line != "" {
		before, after, found := strings.Cut(line, "\x1b")
		b.WriteString(before)
		if !found {
			break
		}
		end := "m"
		if strings.HasPrefix(after, "]") {
			end = "\x1b\\"
		}
		_, line, _ = strings.Cut(after, end)
	}
	return b.String()
}
