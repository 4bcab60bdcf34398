package render

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postee/postee/pkg/message"
)

// checkMail reads HTML as mail clients do: no element, attribute or property that some of them do not have, and every text of the tree but
// for the zeros of columns of numbers.
func checkMail(t *testing.T, tree Tree, out []byte) {
	t.Helper()
	elements := strings.Fields("html head meta title body table tr td h1 h2 h3 p br span a code")
	attributes := strings.Fields("lang charset name content style role width cellpadding cellspacing valign rel href")
	properties := strings.Fields("margin max-width font-family font-size font-weight color background padding padding-right line-break border-top text-decoration")
	tokens := html.NewTokenizer(strings.NewReader(string(out)))
	var text strings.Builder
	for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
		token := tokens.Token()
		switch kind {
		case html.TextToken:
			text.WriteString(token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if !slices.Contains(elements, token.Data) {
				t.Fatalf("element %s", token)
			}
			for _, a := range token.Attr {
				if !slices.Contains(attributes, a.Key) || a.Key == "href" && !strings.HasPrefix(strings.ToLower(a.Val), "http") {
					t.Fatalf("attribute %s of %s", a.Key, token)
				}
				for property := range strings.SplitSeq(a.Val, ";") {
					name, _, _ := strings.Cut(property, ":")
					if a.Key == "style" && !slices.Contains(properties, strings.TrimSpace(name)) {
						t.Fatalf("style %q of %s", property, token)
					}
				}
			}
		case html.CommentToken:
			t.Fatal("a comment")
		}
	}
	said := strings.Join(strings.Fields(text.String()), " ")
	for _, b := range tree {
		eachSpans(b, func(spans []Span) []Span {
			for _, s := range spans {
				if want := strings.Join(strings.Fields(Clean(s.Text)), " "); s.Style&Dim == 0 && !strings.Contains(said, want) {
					t.Fatalf("%q is not in %q", want, said)
				}
			}
			return spans
		})
	}
}

func TestMailOfCases(t *testing.T) {
	for _, c := range cases() {
		tree := Layout(c.message, Options{AquaServer: "https://aqua.example.com"})
		checkMail(t, tree, HTML(tree, HTMLOptions{Mail: true}))
	}
}

func FuzzMail(f *testing.F) {
	for _, s := range []string{"plain", nasty, "</title><script>", `" onclick="x`, "<!--", "javascript:alert(1)", "http://x/\"><img>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		for _, m := range []*message.Message{hostile(s), {Test: true, Route: s}, {Title: s}} {
			tree := Layout(m, Options{AquaServer: s})
			checkMail(t, tree, HTML(tree, HTMLOptions{Mail: true}))
		}
	})
}
