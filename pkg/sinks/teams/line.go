package teams

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
)

// widest bounds a span, and shortTitle the title where it is repeated, in characters.
const (
	widest     = 400
	shortTitle = 100
)

// look is how spans are written.
type look uint8

// The looks.
const (
	// marked writes bold text, and severities with their colour; otherwise there are only text and links.
	marked look = 1 << iota
	// old is for connectors, to which underscores mean something inside of words too.
	old

	plainLook  look = 0
	markedLook      = marked
	oldLook         = marked | old
)

// gap is what stands before a cell.
type gap struct {
	// far sets the cell apart from the one before.
	far bool
	// name says what a number is; a cell of nothing but a dim 0 is left out with it.
	name string
}

// gapsOf says what stands before the cells of columns. A line of a chat has no columns, so that numbers carry their headings with
// them: "fixes 12", "critical 2".
func gapsOf(columns []render.Column) []gap {
	gaps := make([]gap, len(columns))
	for i, c := range columns {
		gaps[i].far = c.Loose || c.Right
		if c.Right && strings.ContainsFunc(c.Title, unicode.IsLetter) {
			gaps[i].name = strings.ToLower(c.Title) + " "
		}
	}
	return gaps
}

// line writes the cells of a row as one line of Markdown.
func line(cells [][]render.Span, gaps []gap, how look) string {
	w := writer{look: how}
	for i, spans := range cells {
		var g gap
		if i < len(gaps) {
			g = gaps[i]
		}
		if render.Blank(spans) || g.name != "" && render.None(spans) {
			continue
		}
		switch {
		case len(w.b) == 0:
		case g.far:
			w.b = append(w.b, " · "...)
		default:
			w.b = append(w.b, ' ')
		}
		w.b = append(w.b, g.name...)
		w.spans(spans)
	}
	return string(w.b)
}

// sentence writes spans as one line of Markdown.
func sentence(spans []render.Span, how look) string {
	w := writer{look: how}
	w.spans(spans)
	return string(w.b)
}

// writer writes one line.
type writer struct {
	b    []byte
	look look
}

// spans writes the spans of a cell one after the other.
func (w *writer) spans(spans []render.Span) {
	for i, s := range spans {
		w.span(s, begins(spans[i+1:]))
	}
}

// begins returns the first character of spans, a blank when there is none.
func begins(spans []render.Span) rune {
	for _, s := range spans {
		if s.Text != "" {
			r, _ := utf8.DecodeRuneInString(render.Clean(s.Text))
			return r
		}
	}
	return ' '
}

// span writes one span, which next follows. Blanks at its ends stay outside of its marks, which otherwise would be none.
func (w *writer) span(s render.Span, next rune) {
	text := clip(render.Clean(s.Text), widest)
	inner := strings.TrimSpace(text)
	if text != "" && text[0] == ' ' {
		w.blank()
	}
	if inner == "" {
		return
	}
	tail := text[len(text)-1] == ' '
	if tail {
		next = ' '
	}
	// Behind other text there are no marks: that text was written for what it stands beside.
	free := len(w.b) == 0 || w.b[len(w.b)-1] == ' '
	mark, address := "", ""
	if free {
		mark, address = w.mark(s, inner, next), link(s.URL)
	}
	if free && w.look&marked != 0 && s.Style&render.Severe != 0 && s.Style&render.Struck == 0 {
		w.b = append(append(w.b, circle(s.Severity)...), ' ')
	}
	w.b = append(w.b, mark...)
	if mark != "" {
		next = '*'
	}
	if address != "" {
		w.b = append(w.b, '[')
		w.text(inner, true, ']')
		w.b = append(append(append(w.b, "]("...), address...), ')')
	} else {
		w.text(inner, false, next)
	}
	w.b = append(w.b, mark...)
	if tail {
		w.blank()
	}
}

// blank writes a blank, unless one stands there or nothing does: more, at the beginning of a line, would make it code.
func (w *writer) blank() {
	if n := len(w.b); n > 0 && w.b[n-1] != ' ' {
		w.b = append(w.b, ' ')
	}
}

// mark returns what stands before and behind a bold text. Beside a letter, marks only take effect around letters.
func (w *writer) mark(s render.Span, text string, next rune) string {
	first, last := rune(text[0]), rune(text[len(text)-1])
	if w.look&marked == 0 || s.Style&render.Bold == 0 || next != ' ' && (!render.Basic(first) || !render.Basic(last)) {
		return ""
	}
	return "**"
}

// circle returns a severity's colour, where text has none.
func circle(s scan.Severity) string {
	return [...]string{"⚪", "🟢", "🔵", "🟡", "🟠", "🔴"}[min(s, scan.Critical)]
}

// clip cuts text to so many characters, the last one being "…".
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == most && utf8.RuneCountInString(s[i:]) > 1 {
			return s[:i] + "…"
		}
	}
	return s
}
