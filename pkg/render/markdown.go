package render

import (
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// Markdown prints a tree as Markdown of the kind that GitHub and GitLab show: headings, tables, lists. Whatever is in a scan,
// it makes no mention, reference, link, image, element or emoji, and breaks no table: words that would be read as one are
// printed as code, other signs with a backslash.
func Markdown(t Tree) []byte {
	m := &markdown{out: make([]byte, 0, room(t, 280))}
	for i, b := range t {
		if i > 0 {
			m.out = append(m.out, '\n')
		}
		switch b := b.(type) {
		case Heading:
			m.out = append(append(m.out, "######"[:min(max(b.Level, 1), 6)]...), ' ')
			m.spans(b.Spans)
			if len(b.Aside) > 0 {
				m.out = append(m.out, " — "...)
				m.spans(b.Aside)
			}
			m.out = append(m.out, '\n')
		case Paragraph:
			m.start = true
			m.spans(b.Spans)
			m.out = append(m.out, '\n')
		case Facts:
			m.facts(b)
		case Table:
			m.table(&b)
		}
	}
	return m.out
}

// markdown prints one tree.
type markdown struct {
	out []byte
	// inTable escapes what would end a cell.
	inTable bool
	// start is the beginning of a line, where more signs mean something.
	start bool
}

func (m *markdown) facts(facts Facts) {
	for _, f := range facts {
		m.out = append(m.out, "- **"...)
		m.text(f.Name)
		m.out = append(m.out, ":** "...)
		m.spans(f.Value)
		m.out = append(m.out, '\n')
	}
}

// table prints a table; one without headings gets empty ones, which the language demands.
func (m *markdown) table(t *Table) {
	m.inTable = true
	for _, c := range t.Columns {
		m.out = append(m.out, "| "...)
		m.text(c.Title)
		m.out = append(m.out, ' ')
	}
	m.out = append(m.out, "|\n"...)
	for _, c := range t.Columns {
		rule := "| --- "
		if c.Right {
			rule = "| ---: "
		}
		m.out = append(m.out, rule...)
	}
	m.out = append(m.out, "|\n"...)
	for i := range t.Rows {
		for _, cell := range t.Rows[i].Cells {
			m.out = append(m.out, "| "...)
			m.spans(cell)
			m.out = append(m.out, ' ')
		}
		m.out = append(m.out, "|\n"...)
	}
	m.inTable = false
}

func (m *markdown) spans(spans []Span) {
	for i := range spans {
		m.span(&spans[i])
	}
}

// span prints one run with its look. Blanks at its ends stay outside the marks, which otherwise would be none.
func (m *markdown) span(s *Span) {
	text := Clean(s.Text)
	inner := strings.Trim(text, " ")
	if inner == "" {
		m.out = append(m.out, text...)
		return
	}
	lead := strings.Index(text, inner)
	m.out = append(m.out, text[:lead]...)
	address, linked := link(s.URL)
	if linked {
		m.out = append(m.out, '[')
	}
	if s.Style&Severe != 0 && s.Style&Struck == 0 {
		m.out = append(append(m.out, circle(s.Severity)...), ' ')
	}
	mark := m.mark(s)
	m.out = append(m.out, mark...)
	if s.Style&Code != 0 {
		m.code(inner)
	} else {
		m.text(inner)
	}
	m.out = append(m.out, mark...)
	if linked {
		m.out = append(append(append(m.out, "]("...), address...), ')')
	}
	m.out = append(m.out, text[lead+len(inner):]...)
}

// mark is what stands before and behind a run. Bold is left to headings' own weight inside of words: a mark must touch a blank
// or the edge of its cell to be read as one, which the layouts see to.
func (m *markdown) mark(s *Span) string {
	switch {
	case s.Style&Struck != 0:
		return "~~"
	case s.Style&Bold != 0:
		return "**"
	}
	return ""
}

// circle is a severity's colour, where text has none.
func circle(s scan.Severity) string {
	return [...]string{"⚪", "🟢", "🔵", "🟡", "🟠", "🔴"}[min(s, scan.Critical)]
}

// code prints text as code, fenced by more backticks than it has in a row.
func (m *markdown) code(text string) {
	fence := 1
	run := 0
	for i := range len(text) {
		if text[i] != '`' {
			run = 0
			continue
		}
		run++
		fence = max(fence, run+1)
	}
	m.backticks(fence)
	edge := text != "" && (text[0] == '`' || text[len(text)-1] == '`')
	if edge {
		m.out = append(m.out, ' ')
	}
	for i := range len(text) {
		if text[i] == '|' && m.inTable {
			m.out = append(m.out, '\\')
		}
		m.out = append(m.out, text[i])
	}
	if edge {
		m.out = append(m.out, ' ')
	}
	m.backticks(fence)
	m.start = false
}

func (m *markdown) backticks(n int) {
	for range n {
		m.out = append(m.out, '`')
	}
}

// text prints clean text word by word.
func (m *markdown) text(text string) {
	for i := 0; i < len(text); {
		if text[i] == ' ' {
			m.out = append(m.out, ' ')
			i++
			continue
		}
		end := strings.IndexByte(text[i:], ' ')
		if end < 0 {
			end = len(text) - i
		}
		m.word(text[i : i+end])
		i += end
	}
}

// word prints one word: as code when it would become more than text, else with a backslash before each sign that means something.
func (m *markdown) word(word string) {
	if isAutolink(word) {
		m.code(word)
		return
	}
	for i := range len(word) {
		c := word[i]
		if strings.IndexByte("\\`*_[]<>|~&$#", c) >= 0 || m.start && i == 0 && strings.IndexByte("+-=:", c) >= 0 {
			m.out = append(m.out, '\\')
		}
		if m.start && i > 0 && (c == '.' || c == ')') && strings.Trim(word[:i], "0123456789") == "" {
			m.out = append(m.out, '\\')
		}
		m.out = append(m.out, c)
	}
	m.start = false
}
