package slack

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/postee/postee/pkg/render"
)

// line is a line of mrkdwn with its weight.
type line struct {
	text   string
	weight int
}

// Rounds of cutting a line that is too heavy: the greatest number of characters of a span, 0 is no limit.
const (
	widest   = 400
	narrow   = 80
	narrower = 20
)

// lineOf prints cells as one line of at most so much weight. What is cut ends in "…".
func lineOf(cells [][]render.Span, gaps []gap, limit int) line {
	var w writer
	return w.lineOf(cells, gaps, limit)
}

// lineOf is [lineOf], in memory that is used again.
func (w *writer) lineOf(cells [][]render.Span, gaps []gap, limit int) line {
	w.table = gaps != nil
	rounds := []int{0, widest, narrow, narrower}
	if size(cells) > 3*limit {
		rounds = rounds[1:] // no text weighs less than a third of its bytes, blanks apart
	}
	for _, w.cap = range rounds {
		w.b = w.b[:0]
		w.limit = 0
		if w.cap == narrower {
			w.limit = limit - weigh("~~…")
		}
		w.line(cells, gaps)
		text := string(w.b)
		if weight := weigh(text); weight <= limit {
			return line{text, weight}
		}
	}
	// Only if a single span of 20 characters is heavier than the limit, which no limit here allows.
	return line{"…", weigh("…")}
}

// size is the length of all texts, in bytes.
func size(cells [][]render.Span) (n int) {
	for _, spans := range cells {
		for _, s := range spans {
			n += len(s.Text)
		}
	}
	return n
}

// gap is what stands before a cell.
type gap struct {
	// far sets the cell apart from the one before.
	far bool
	// name says what a number is; a cell of nothing but a dim 0 is left out with it.
	name string
}

// writer prints spans.
type writer struct {
	b []byte
	// table is a line of a table, in which severities stand below each other.
	table bool
	// cap bounds a span, in characters; limit bounds the line, by weight, from where nothing more is added. 0 is no bound.
	cap, limit int
	full       bool
	// struck is inside a line that is struck through as a whole.
	struck bool
}

// line prints cells with what stands between them. A line whose every word is struck gets one stroke.
func (w *writer) line(cells [][]render.Span, gaps []gap) {
	w.full, w.struck = false, allStruck(cells)
	if w.struck {
		w.b = append(w.b, '~')
	}
	begin := len(w.b)
	for i, spans := range cells {
		var g gap
		if i < len(gaps) {
			g = gaps[i]
		}
		if render.Blank(spans) || g.name != "" && render.None(spans) {
			continue
		}
		switch {
		case len(w.b) == begin:
		case g.far:
			w.b = append(w.b, " · "...)
		default:
			w.b = append(w.b, ' ')
		}
		if g.name != "" {
			w.b = append(append(w.b, g.name...), ' ')
		}
		w.spans(spans)
	}
	if w.struck {
		w.b = append(w.b, '~')
		return
	}
	w.b = unquoted(w.b)
}

// spans prints the spans of a cell one after the other.
func (w *writer) spans(spans []render.Span) {
	for i, s := range spans {
		if w.full {
			return
		}
		before := len(w.b)
		last, _ := utf8.DecodeLastRune(w.b)
		var next rune
		if i+1 < len(spans) {
			next, _ = utf8.DecodeRuneInString(spans[i+1].Text)
		}
		w.span(s, !word(last) && !word(next), behind(spans[i+1:]))
		if w.limit > 0 && weigh(string(w.b)) > w.limit {
			w.b, w.full = append(w.b[:before], "…"...), true
		}
	}
}

// behind is the beginning of what follows, as far as it can name an emoji.
func behind(spans []render.Span) string {
	text := ""
	for _, s := range spans {
		text += s.Text[:min(len(s.Text), longestEmoji)]
		if len(text) >= longestEmoji {
			break
		}
	}
	return text
}

// span prints one span. Its look is left out where Slack would not see the signs for it, beside a word.
func (w *writer) span(s render.Span, free bool, behind string) {
	text := clip(s.Text, w.cap)
	inner := strings.TrimSpace(text)
	if inner == "" {
		w.b = append(w.b, blanks(text)...)
		return
	}
	lead, tail := blanks(text[:strings.Index(text, inner)]), blanks(text[strings.LastIndex(text, inner)+len(inner):])
	address := ""
	if w.cap != narrow && w.cap != narrower {
		address = link(s.URL)
	}
	marks := ""
	if free || lead+tail != "" {
		marks = w.marks(s.Style, address != "", inner)
	}
	in := setting{code: strings.Contains(marks, "`"), label: address != "", tight: marks, behind: tail + behind}
	if w.struck {
		in.tight += "~"
	}
	w.b = append(append(w.b, lead...), marks...)
	if address != "" {
		w.b = append(append(append(w.b, '<'), address...), '|')
	}
	w.b = appendText(w.b, inner, in)
	if address != "" {
		w.b = append(w.b, '>')
	}
	for i := len(marks) - 1; i >= 0; i-- {
		w.b = append(w.b, marks[i])
	}
	w.b = append(w.b, tail...)
}

// marks are the signs of a look, from the outside to the inside. Slack shows none but code in code, and no link in it.
func (w *writer) marks(style render.Style, link bool, text string) string {
	marks := ""
	severe := style&render.Severe != 0
	// The severity of a row, one word, stands out from the text behind it; in a sentence a severity is bold.
	label := severe && w.table && strings.IndexByte(text, ' ') < 0
	if severe && !w.table || style&render.Bold != 0 && !severe {
		marks += "*"
	}
	if style&render.Struck != 0 && !w.struck {
		marks += "~"
	}
	if (style&render.Code != 0 || label) && !link && !w.struck {
		marks += "`"
	}
	return marks
}

// unquoted replaces the sign that would make a quotation at the beginning of a line.
func unquoted(b []byte) []byte {
	if rest, ok := bytes.CutPrefix(b, []byte("&gt;")); ok {
		return append([]byte("›"), rest...)
	}
	return b
}

// blanks returns one blank for any.
func blanks(s string) string {
	if s == "" {
		return ""
	}
	return " "
}

// allStruck reports whether all there is to read is struck through.
func allStruck(cells [][]render.Span) bool {
	found := false
	for _, spans := range cells {
		for _, s := range spans {
			if strings.TrimSpace(s.Text) == "" {
				continue
			}
			if s.Style&render.Struck == 0 {
				return false
			}
			found = true
		}
	}
	return found
}
