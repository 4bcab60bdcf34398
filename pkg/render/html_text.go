package render

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// pageWriter makes text of HTML, for readers that show no HTML.
type pageWriter struct {
	out strings.Builder
	// lines are the ends of lines that are due before the next word, and blank is that a blank is.
	lines int
	blank bool
	// hidden is how many elements are open whose text is not shown.
	hidden int
	// address is where the open link leads, and said what it has said so far.
	address string
	said    int
}

// IsHTML reports whether a text that a template wrote is HTML: it begins with a tag, a comment or a declaration.
func IsHTML(text string) bool {
	text = strings.TrimSpace(text)
	if len(text) < 2 || text[0] != '<' {
		return false
	}
	return text[1] == '!' || 'a' <= text[1]|0x20 && text[1]|0x20 <= 'z'
}

// HTMLText returns what HTML says, without what it looks like. Links are followed by their addresses.
func HTMLText(page string) []byte {
	w := &pageWriter{}
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end: reading from memory does not fail
			return append([]byte(strings.TrimSpace(w.out.String())), '\n')
		case html.TextToken:
			w.text(string(tokens.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.begin(tokens.Token())
		case html.EndTagToken:
			w.end(tokens.Token())
		}
	}
}

// text writes words with one blank between them.
func (w *pageWriter) text(text string) {
	if w.hidden > 0 {
		return
	}
	text = html.UnescapeString(text)
	words := strings.Fields(text)
	if len(words) == 0 {
		w.blank = w.blank || text != ""
		return
	}
	if strings.TrimLeft(text, " \t\n\u00a0") != text {
		w.blank = true
	}
	w.space()
	w.out.WriteString(strings.Join(words, " "))
	w.blank = strings.TrimRight(text, " \t\n\u00a0") != text
}

// space writes the ends of lines or the blank that are due.
func (w *pageWriter) space() {
	switch {
	case w.out.Len() == 0:
	case w.lines > 0:
		w.out.WriteString("\n\n"[:min(w.lines, 2)])
	case w.blank:
		w.out.WriteByte(' ')
	}
	w.lines, w.blank = 0, false
}

// begin acts on the beginning of an element.
func (w *pageWriter) begin(t html.Token) {
	switch {
	case t.DataAtom == atom.Body:
		w.hidden = 0 // whose head needs no end
	case hides(t.DataAtom) && t.Type == html.StartTagToken:
		w.hidden++
	case w.hidden == 0:
		w.shownBegin(t)
	}
}

// shownBegin acts on the beginning of an element that is shown.
func (w *pageWriter) shownBegin(t html.Token) {
	switch t.DataAtom {
	case atom.Br:
		w.lines++
	case atom.Td, atom.Th:
		w.blank = true
	case atom.Li:
		w.lines = max(w.lines, 1)
		w.space()
		w.out.WriteString("- ")
	case atom.A:
		w.address, w.said = "", w.out.Len()
		for _, a := range t.Attr {
			if a.Key == "href" {
				w.address = a.Val
			}
		}
	default:
		w.lines = max(w.lines, linesAround(t.DataAtom))
	}
}

// end acts on the end of an element.
func (w *pageWriter) end(t html.Token) {
	switch {
	case hides(t.DataAtom):
		w.hidden = max(w.hidden-1, 0)
	case w.hidden > 0:
	case t.DataAtom == atom.A:
		said := strings.TrimSpace(w.out.String()[min(w.said, w.out.Len()):])
		if web := strings.HasPrefix(w.address, "http://") || strings.HasPrefix(w.address, "https://"); web && said != w.address {
			w.out.WriteString(" (" + strings.Join(strings.Fields(w.address), "") + ")")
		}
		w.address = ""
	default:
		w.lines = max(w.lines, linesAround(t.DataAtom))
	}
}

// hides reports whether nothing of an element is shown.
func hides(a atom.Atom) bool {
	return a == atom.Script || a == atom.Style || a == atom.Head || a == atom.Title || a == atom.Template
}

// linesAround returns how many ends of lines stand before and behind an element.
func linesAround(a atom.Atom) int {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Ul, atom.Ol, atom.Blockquote, atom.Pre, atom.Hr:
		return 2
	case atom.Div, atom.Tr, atom.Li, atom.Section, atom.Header, atom.Footer, atom.Dt, atom.Dd, atom.Body:
		return 1
	}
	return 0
}
