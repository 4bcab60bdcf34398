package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/postee/postee/pkg/message"
)

// checkMarkdown reads Markdown as GitHub does, and fails for anything that printers do not write themselves. Text outside of
// code must not hold what GitHub and GitLab make more of afterwards.
func checkMarkdown(t *testing.T, tree Tree, source []byte) {
	t.Helper()
	links := map[string]bool{}
	columns := 0
	for _, b := range tree {
		if table, ok := b.(Table); ok {
			columns += len(table.Columns) * (len(table.Rows) + 1)
		}
		eachSpans(b, func(spans []Span) []Span {
			for _, s := range spans {
				if address, ok := link(s.URL); ok {
					links[address] = true
				}
			}
			return spans
		})
	}
	cells := 0
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	err := ast.Walk(md.Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if !links[string(n.Destination)] || len(n.Title) > 0 {
				t.Fatalf("a link to %q in:\n%s", n.Destination, source)
			}
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if word := string(n.Segment.Value(source)); strings.Contains(word, "@") {
				t.Fatalf("%q outside of code in:\n%s", word, source)
			}
		case *east.TableCell:
			cells++
		case *ast.Document, *ast.Heading, *ast.Paragraph, *ast.Emphasis, *ast.String, *ast.List, *ast.ListItem, *ast.TextBlock, *east.Table, *east.TableHeader,
			*east.TableRow, *east.Strikethrough:
		default:
			t.Fatalf("%s in:\n%s", n.Kind(), source)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cells != columns {
		t.Fatalf("%d cells instead of %d in:\n%s", cells, columns, source)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"plain", nasty, "a|b\\|c`|`", "``` x", "1. a", "+ a", "---", "@a", "[x]: http://evil.example", "<b>", "&amp;", "~~", "**", "\\", "|", "`", "``|\\", "www.x.example", "HTTP://x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		for _, m := range []*message.Message{hostile(s), {Test: true, Route: s}, {Title: s}} {
			tree := Layout(m, Options{AquaServer: s})
			checkMarkdown(t, tree, Markdown(tree))
		}
	})
}

func TestMarkdownOfCases(t *testing.T) {
	for _, c := range cases() {
		tree := Layout(c.message, Options{AquaServer: "https://aqua.example.com"})
		out := Markdown(tree)
		checkMarkdown(t, tree, out)
		if c.name != "hostile" && bytes.Contains(out, []byte(`\`)) && !bytes.Contains(out, []byte(`\#`)) {
			t.Errorf("%s: a needless backslash in\n%s", c.name, out)
		}
	}
}

func TestTraps(t *testing.T) {
	for word, want := range map[string]bool{
		"@a": true, "a@b": true, "http://x": true, "www.x.y": true, ":skull:": true, "a:b:c": true, "#1": true, "!12": true, "~bug": true, "GH-12": true,
		"deadbeef1": true, "(deadbeef1)": true, "openssl:": false, "registry.example.com/shop/api:2.4:": false, "1:1.2.13.dfsg-1": false, "CVE-2026-12001": false,
		"deadbeef": true, "defaced": true, "DEADBEEF": true, "1234567": true, "1234567.": true, "at:0a1b2c3d": true, "123456": false, "fix-deadbeef1": false,
		"1.0-20231231": false, "deadbeef0_x": false, strings.Repeat("ab", 20): true, strings.Repeat("ab", 21): false, strings.Repeat("ab", 32): true,
		"C#": false, "100%": false, "decades": false, "PKCS#12": true, "3.0.11-1": false,
	} {
		if got := isAutolink(word); got != want {
			t.Errorf("%s: %v", word, got)
		}
	}
}
