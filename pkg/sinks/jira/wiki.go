package jira

import (
	"fmt"

	"github.com/postee/postee/pkg/render"
)

// wikiMarkup writes a tree in Jira's wiki markup (https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all).
func wikiMarkup(t render.Tree) []byte {
	w := &wikiWriter{}
	w.tree(t)
	return w.b
}

// tree writes all blocks, or as many as it takes to know that they are too much.
func (w *wikiWriter) tree(t render.Tree) {
	for i, b := range t {
		if w.full() {
			return
		}
		if i > 0 && len(w.b) > 0 {
			w.b = append(w.b, '\n')
		}
		switch b := b.(type) {
		case render.Heading:
			if !render.Blank(b.Spans) {
				w.b = fmt.Appendf(w.b, "h%d. ", min(max(b.Level, 1)+1, deepest))
				w.begin()
				w.spans(b.Spans)
				w.b = append(w.b, '\n')
			}
		case render.Paragraph:
			if !render.Blank(b.Spans) {
				w.begin()
				w.spans(b.Spans)
				w.b = append(w.b, '\n')
			}
		case render.Facts:
			for _, f := range b {
				w.cell("||", []render.Span{{Text: f.Name}})
				w.cell("|", f.Value)
				w.b = append(w.b, "|\n"...)
			}
		case render.Table:
			w.table(&b)
		}
	}
}

// wikiWriter writes one text.
type wikiWriter struct {
	b []byte
	// start is where the line or cell under way begins: more signs mean something there.
	start int
	// most is how many bytes are too many for anybody; 0 is no bound.
	most int
}

// full reports whether there is too much already.
func (w *wikiWriter) full() bool { return w.most > 0 && len(w.b) > w.most }

// begin begins a line or a cell.
func (w *wikiWriter) begin() { w.start = len(w.b) }

// table writes a table with its headings.
func (w *wikiWriter) table(t *render.Table) {
	if len(t.Columns) > 0 {
		for _, c := range t.Columns {
			w.cell("||", []render.Span{{Text: c.Title}})
		}
		w.b = append(w.b, "||\n"...)
	}
	for i := range t.Rows {
		if w.full() {
			return
		}
		for _, cell := range t.Rows[i].Cells {
			w.cell("|", cell)
		}
		if len(t.Rows[i].Cells) > 0 {
			w.b = append(w.b, "|\n"...)
		}
	}
}

// cell writes a cell behind its mark. An empty one has a blank: two marks side by side would be another mark.
func (w *wikiWriter) cell(mark string, spans []render.Span) {
	w.b = append(w.b, mark...)
	w.begin()
	if render.Blank(spans) {
		w.b = append(w.b, ' ')
		return
	}
	w.spans(spans)
}

// spans writes spans one after the other.
func (w *wikiWriter) spans(spans []render.Span) {
	for i := range spans {
		next := ' '
		if i+1 < len(spans) {
			next, _ = ends(render.Clean(spans[i+1].Text))
		}
		w.span(&spans[i], next)
	}
}

// span writes one span, which next follows. Marks are left out where Jira would not see them: beside a word, or around signs.
func (w *wikiWriter) span(s *render.Span, next rune) {
	lead, inner, tail := shown(s)
	if lead != "" && len(w.b) > w.start {
		w.b = append(w.b, ' ')
	}
	if inner == "" {
		return
	}
	if tail != "" {
		next = ' '
	}
	free := len(w.b) == w.start || w.b[len(w.b)-1] == ' '
	address := link(s.URL)
	switch {
	case address != "" && labels(inner):
		w.b = append(append(append(append(append(w.b, '['), inner...), '|'), address...), ']')
	case free && next == ' ':
		w.marked(s, inner)
	default:
		w.text(inner)
	}
	w.b = append(w.b, tail...)
}

// labels reports whether a text can stand in a link as it is: words, with single signs that mean nothing between them.
func labels(text string) bool {
	previous := ' '
	for _, r := range text + " " {
		between := r == ' ' || r == '-' || r == '.' || r == '_'
		if !render.Basic(r) && (!between || !render.Basic(previous)) {
			return false
		}
		previous = r
	}
	return true
}

// marked writes a text with its look. Marks take effect around letters and digits in every case, so that there are none around others.
func (w *wikiWriter) marked(s *render.Span, text string) {
	first, last := ends(text)
	before, behind := "", ""
	severe := s.Style&render.Severe != 0 && s.Style&render.Struck == 0
	if severe {
		before, behind = "{color:"+colour(int(s.Severity))+"}", "{color}"
	}
	if render.Basic(first) && render.Basic(last) {
		switch {
		case s.Style&render.Struck != 0:
			before, behind = before+"-", "-"+behind
		case s.Style&render.Bold != 0:
			before, behind = before+"*", "*"+behind
		case s.Style&render.Code != 0 && simple(text):
			before, behind = "{{", "}}"
		}
	}
	w.b = append(w.b, before...)
	w.text(text)
	w.b = append(w.b, behind...)
}

// simple reports whether a text, a digest, has nothing in it that means something in code.
func simple(text string) bool {
	for _, r := range text {
		if !render.Basic(r) && r != ':' {
			return false
		}
	}
	return true
}
