package jira

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/render"
)

// adfDocument is a document of the Atlassian Document Format
// (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/).
type adfDocument struct {
	Version int       `json:"version"`
	Type    string    `json:"type"`
	Content []adfNode `json:"content"`
}

// adfNode is a node of one: a block, or a run of text.
type adfNode struct {
	Type    string    `json:"type"`
	Attrs   *adfAttrs `json:"attrs,omitzero"`
	Content []adfNode `json:"content,omitzero"`
	Text    string    `json:"text,omitzero"`
	Marks   []adfMark `json:"marks,omitzero"`
}

// adfMark is a look of a run of text.
type adfMark struct {
	Type  string    `json:"type"`
	Attrs *adfAttrs `json:"attrs,omitzero"`
}

// adfAttrs are the attributes of a node or mark.
type adfAttrs struct {
	Level  int    `json:"level,omitzero"`
	Href   string `json:"href,omitzero"`
	Colour string `json:"color,omitzero"`
}

// deepest is the last level of headings.
const deepest = 6

// document writes a tree as a document.
func document(t render.Tree) jsontext.Value {
	var nodes []adfNode
	for _, b := range t {
		switch b := b.(type) {
		case render.Heading:
			if content := adfSpans(b.Spans); len(content) > 0 {
				nodes = append(nodes, adfNode{Type: "heading", Attrs: &adfAttrs{Level: min(max(b.Level, 1)+1, deepest)}, Content: content})
			}
		case render.Paragraph:
			if content := adfSpans(b.Spans); len(content) > 0 {
				nodes = append(nodes, adfNode{Type: "paragraph", Content: content})
			}
		case render.Facts:
			nodes = append(nodes, adfFacts(b)...)
		case render.Table:
			nodes = append(nodes, adfTable(&b)...)
		}
	}
	return encoded(nodes)
}

// plainDocument writes a text as paragraphs, which blank lines part.
func plainDocument(text string) jsontext.Value {
	var nodes []adfNode
	var lines []adfNode
	flush := func() {
		if len(lines) > 0 {
			nodes = append(nodes, adfNode{Type: "paragraph", Content: lines})
		}
		lines = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(render.Clean(line), " ")
		if line == "" {
			flush()
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, adfNode{Type: "hardBreak"})
		}
		lines = append(lines, adfNode{Type: "text", Text: line})
	}
	flush()
	return encoded(nodes)
}

// encoded returns a document of nodes as JSON. Their texts are valid UTF-8, of which every one can be written.
func encoded(nodes []adfNode) jsontext.Value {
	if nodes == nil {
		nodes = []adfNode{}
	}
	value, err := json.Marshal(adfDocument{1, "doc", nodes}, jsontext.EscapeForHTML(false))
	if err != nil {
		return jsontext.Value(`{"version":1,"type":"doc","content":[]}`)
	}
	return value
}

// adfFacts returns a table of two columns, of which the first has the names. There is none without rows.
func adfFacts(facts render.Facts) []adfNode {
	var rows []adfNode
	for _, f := range facts {
		name := adfCell("tableHeader", []render.Span{{Text: f.Name}})
		rows = append(rows, adfNode{Type: "tableRow", Content: []adfNode{name, adfCell("tableCell", f.Value)}})
	}
	return adfRows(rows)
}

// adfTable returns a table with its headings.
func adfTable(t *render.Table) []adfNode {
	var rows []adfNode
	if len(t.Columns) > 0 {
		head := adfNode{Type: "tableRow"}
		for _, c := range t.Columns {
			head.Content = append(head.Content, adfCell("tableHeader", []render.Span{{Text: c.Title}}))
		}
		rows = append(rows, head)
	}
	for i := range t.Rows {
		row := adfNode{Type: "tableRow"}
		for _, cell := range t.Rows[i].Cells {
			row.Content = append(row.Content, adfCell("tableCell", cell))
		}
		if len(row.Content) > 0 {
			rows = append(rows, row)
		}
	}
	return adfRows(rows)
}

// adfRows returns a table of rows, nothing when there is none.
func adfRows(rows []adfNode) []adfNode {
	if len(rows) == 0 {
		return nil
	}
	return []adfNode{{Type: "table", Content: rows}}
}

// adfCell returns a cell; what is in one stands in a paragraph.
func adfCell(kind string, spans []render.Span) adfNode {
	return adfNode{Type: kind, Content: []adfNode{{Type: "paragraph", Content: adfSpans(spans)}}}
}

// adfSpans returns a line of text, nil when there is nothing to read.
func adfSpans(spans []render.Span) []adfNode {
	if render.Blank(spans) {
		return nil
	}
	var nodes []adfNode
	for i := range spans {
		lead, inner, tail := shown(&spans[i])
		for _, text := range []adfNode{{Text: lead}, {Text: inner, Marks: adfMarks(&spans[i])}, {Text: tail}} {
			if text.Text == "" {
				continue
			}
			text.Type = "text"
			nodes = append(nodes, text)
		}
	}
	return nodes
}

// adfMarks returns the looks of a span. Code combines with nothing but a link, and a link is no other colour.
func adfMarks(s *render.Span) []adfMark {
	var marks []adfMark
	address := link(s.URL)
	if address != "" {
		marks = append(marks, adfMark{Type: "link", Attrs: &adfAttrs{Href: address}})
	}
	struck := s.Style&render.Struck != 0
	switch {
	case s.Style&render.Code != 0:
		return append(marks, adfMark{Type: "code"})
	case struck:
		marks = append(marks, adfMark{Type: "strike"})
	case s.Style&render.Bold != 0:
		marks = append(marks, adfMark{Type: "strong"})
	}
	switch {
	case address != "":
	case s.Style&render.Severe != 0 && !struck:
		marks = append(marks, adfMark{Type: "textColor", Attrs: &adfAttrs{Colour: colour(int(s.Severity))}})
	case s.Style&render.Dim != 0:
		marks = append(marks, adfMark{Type: "textColor", Attrs: &adfAttrs{Colour: dimColour}})
	}
	return marks
}
