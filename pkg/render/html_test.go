package render

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postee/postee/pkg/message"
)

// textOf is all text of a tree that HTML shows, without blanks: those between cells are layout.
func textOf(t Tree, document bool) string {
	var b strings.Builder
	if document {
		b.WriteString(titleOf(t))
	}
	add := func(spans []Span) []Span {
		for _, s := range spans {
			b.WriteString(Clean(s.Text))
		}
		return spans
	}
	for _, block := range t {
		switch block := block.(type) {
		case Facts:
			for _, f := range block {
				b.WriteString(f.Name)
				add(f.Value)
			}
		case Heading:
			add(block.Spans)
			if len(block.Aside) > 0 {
				b.WriteString("—")
				add(block.Aside)
			}
		case Table:
			for _, c := range block.Columns {
				b.WriteString(c.Title)
			}
			eachSpans(block, add)
		default:
			eachSpans(block, add)
		}
	}
	return strings.Join(strings.Fields(b.String()), "")
}

// checkHTML reads HTML as browsers do: no element or attribute but ours, links where the tree has them, and the same text.
func checkHTML(t *testing.T, tree Tree, document bool, out []byte) {
	t.Helper()
	elements := strings.Fields("html head meta title body div h1 h2 h3 p table thead tbody tr th td span a code")
	attributes := strings.Fields("lang charset name content style role cellpadding cellspacing align rel href")
	tokens := html.NewTokenizer(strings.NewReader(string(out)))
	var text strings.Builder
	depth := 0
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			if depth != 0 {
				t.Fatalf("%d elements are not closed", depth)
			}
			if got, want := strings.Join(strings.Fields(text.String()), ""), textOf(tree, document); got != want {
				t.Fatalf("the text is\n%q, not\n%q", got, want)
			}
			return
		case html.TextToken:
			text.WriteString(tokens.Token().Data)
		case html.StartTagToken:
			token := tokens.Token()
			if token.Data != "meta" {
				depth++
			}
			if !slices.Contains(elements, token.Data) {
				t.Fatalf("element %s", token)
			}
			for _, a := range token.Attr {
				if !slices.Contains(attributes, a.Key) || a.Key == "href" && !strings.HasPrefix(strings.ToLower(a.Val), "http") || a.Key == "style" && strings.Contains(a.Val, "url(") {
					t.Fatalf("attribute %s of %s", a.Key, token)
				}
			}
		case html.EndTagToken:
			depth--
		case html.CommentToken:
			t.Fatal("a comment")
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{"plain", nasty, "</title><script>", `" onclick="x`, "<!--", "]]>", "&lt;", "javascript:alert(1)", "http://x/\"><img>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		for _, m := range []*message.Message{hostile(s), {Test: true, Route: s}, {Title: s}} {
			tree := Layout(m, Options{AquaServer: s})
			checkHTML(t, tree, true, HTML(tree, HTMLOptions{Document: true}))
			checkHTML(t, tree, false, HTML(tree, HTMLOptions{}))
		}
	})
}

func TestHTMLOfCases(t *testing.T) {
	for _, c := range cases() {
		for _, console := range []bool{false, true} {
			tree := Layout(c.message, Options{AquaServer: "https://aqua.example.com", Console: console})
			checkHTML(t, tree, true, HTML(tree, HTMLOptions{Document: true}))
		}
	}
}

func TestLinks(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.com/a?b=c": "https://example.com/a?b=c", "http://example.com:80/x": "http://example.com:80/x", "https://example.com/a_b(c)": "https://example.com/a%5Fb%28c%29",
		"javascript:alert(1)": "", "https://good.example@evil.example/": "", "ftp://example.com/": "", "https://": "", "https:///x": "", "//example.com": "",
		"https://example.com/\x1b": "", "https://example.com/ü": "", "": "", "mailto:a@b": "",
	} {
		got, ok := link(address)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", address, got, ok)
		}
	}
}
