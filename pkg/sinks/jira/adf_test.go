package jira

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/render"
)

// inside says what stands in which node.
var inside = map[string][]string{
	"doc": {"heading", "paragraph", "table"}, "heading": {"text"}, "paragraph": {"text", "hardBreak"}, "table": {"tableRow"}, "tableRow": {"tableHeader", "tableCell"},
	"tableHeader": {"paragraph"}, "tableCell": {"paragraph"},
}

// validDocument fails unless a value is a document of the shapes that are written here, within the limit.
func validDocument(t testing.TB, name string, value jsontext.Value) {
	t.Helper()
	var doc struct {
		Version int       `json:"version"`
		Type    string    `json:"type"`
		Content []adfNode `json:"content"`
	}
	if err := json.Unmarshal(value, &doc, json.RejectUnknownMembers(true)); err != nil || doc.Version != 1 || doc.Type != "doc" || doc.Content == nil {
		t.Errorf("%s is no document: %v", name, err)
	}
	if n := checkNodes(t, name, "doc", doc.Content); n > maxText {
		t.Errorf("%s has %d characters", name, n)
	}
}

// checkNodes checks what stands in a node, and returns how many characters it has.
func checkNodes(t testing.TB, name, parent string, nodes []adfNode) (n int) {
	t.Helper()
	for i := range nodes {
		node := &nodes[i]
		if !slices.Contains(inside[parent], node.Type) {
			t.Errorf("%s: a %s in a %s", name, node.Type, parent)
		}
		if (node.Type == "text") != (node.Text != "") || node.Type == "text" && strings.ContainsAny(node.Text, "\n\r\x00\x1b\u202e") {
			t.Errorf("%s: %s %q", name, node.Type, node.Text)
		}
		if (node.Type == "table" || node.Type == "tableRow" || node.Type == "tableCell" || node.Type == "heading") && len(node.Content) == 0 {
			t.Errorf("%s: an empty %s", name, node.Type)
		}
		checkMarks(t, name, node)
		n += length(node.Text) + checkNodes(t, name, node.Type, node.Content)
		if node.Type != "text" {
			n++
		}
	}
	return n
}

// checkMarks checks the looks of a run of text.
func checkMarks(t testing.TB, name string, node *adfNode) {
	t.Helper()
	var kinds []string
	for _, m := range node.Marks {
		kinds = append(kinds, m.Type)
		if m.Type == "link" && link(m.Attrs.Href) == "" || m.Type == "textColor" && (len(m.Attrs.Colour) != 7 || m.Attrs.Colour[0] != '#') {
			t.Errorf("%s: mark %s with %v", name, m.Type, *m.Attrs)
		}
	}
	if slices.Contains(kinds, "code") && !slices.Equal(kinds, []string{"code"}) && !slices.Equal(kinds, []string{"link", "code"}) {
		t.Errorf("%s: code with %v", name, kinds)
	}
}

// TestDocument: a heading, facts, a table and what stands around them.
func TestDocument(t *testing.T) {
	tree := render.Tree{
		render.Heading{Level: 2, Spans: []render.Span{{Text: "New"}}}, render.Facts{{Name: "Image", Value: []render.Span{{Text: "app", Style: render.Bold}}}},
		render.Table{Columns: []render.Column{{Title: "ID"}, {}}, Rows: []render.Row{{Cells: [][]render.Span{
			{{Text: "CVE-1", URL: "https://h.example/1", Style: render.Bold}}, {{Text: " HIGH ", Style: render.Severe | render.Bold, Severity: 4}, {Text: "old", Style: render.Struck | render.Dim}},
		}}, {}}},
		render.Paragraph{Spans: []render.Span{{Text: " "}}}, render.Paragraph{Spans: []render.Span{{Text: "sha", Style: render.Code | render.Bold}}}, render.Table{}, render.Facts{},
	}
	const want = `{"version":1,"type":"doc","content":[{"type":"heading","attrs":{"level":3},"content":[{"type":"text","text":"New"}]},` +
		`{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableHeader","content":[{"type":"paragraph","content":[{"type":"text","text":"Image"}]}]},{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"app","marks":[{"type":"strong"}]}]}]}]}]},` +
		`{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableHeader","content":[{"type":"paragraph","content":[{"type":"text","text":"ID"}]}]},{"type":"tableHeader","content":[{"type":"paragraph"}]}]},` +
		`{"type":"tableRow","content":[{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"CVE-1","marks":[{"type":"link","attrs":{"href":"https://h.example/1"}},{"type":"strong"}]}]}]},` +
		`{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":" "},{"type":"text","text":"HIGH","marks":[{"type":"strong"},{"type":"textColor","attrs":{"color":"#e0443d"}}]},{"type":"text","text":" "},{"type":"text","text":"old","marks":[{"type":"strike"},{"type":"textColor","attrs":{"color":"#6b778c"}}]}]}]}]}]},` +
		`{"type":"paragraph","content":[{"type":"text","text":"sha","marks":[{"type":"code"}]}]}]}`
	if got := string(document(tree)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func FuzzDocument(f *testing.F) {
	for i, evil := range hostile() {
		f.Add(evil[:min(len(evil), 300)], "x", "https://h.example/", byte(i))
	}
	f.Fuzz(func(t *testing.T, one, two, address string, style byte) {
		m := full(one)
		m.Sections[0].Subject, m.Sections[0].Delta.New[1].URL = two, address
		tree := append(printer{aquaServer: address}.layout(m), render.Paragraph{Spans: []render.Span{{Text: one, Style: render.Style(style), URL: address}, {Text: two}}})
		validDocument(t, "fuzz", document(tree[1:]))
		validDocument(t, "text", printer{}.plainText(cloud, one))
	})
}

// outline is a line for each block and row, without looks but links.
func (d *adfDocument) outline() string {
	var lines []string
	for i := range d.Content {
		n := &d.Content[i]
		switch n.Type {
		case "heading":
			lines = append(lines, fmt.Sprintf("heading%d %s", n.Attrs.Level, n.inline()))
		case "table":
			lines = append(lines, fmt.Sprintf("table %dx%d", len(n.Content), len(n.Content[0].Content)))
			for k := range n.Content {
				var cells []string
				for _, c := range n.Content[k].Content {
					mark := ""
					if c.Type == "tableHeader" {
						mark = "*"
					}
					cells = append(cells, mark+c.Content[0].inline())
				}
				lines = append(lines, "  row "+strings.Join(cells, " | "))
			}
		default:
			lines = append(lines, n.Type+" "+n.inline())
		}
	}
	return strings.Join(lines, "\n")
}

// inline is the text of a block.
func (n *adfNode) inline() string {
	text := ""
	for _, c := range n.Content {
		text += c.Text
		for _, m := range c.Marks {
			if m.Type == "link" {
				text += " <" + m.Attrs.Href + ">"
			}
		}
	}
	return text
}
