package jira

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/render"
)

// escapes and written marks, which are taken out before what is left is looked at.
var (
	ownEscape  = regexp.MustCompile(`\\[-_*+^~?{}\[\]!()]`)
	ownLink    = regexp.MustCompile(`\[[A-Za-z0-9][-A-Za-z0-9._ ]*\|https?://[-A-Za-z0-9./?=:%&#+,;$]+\]`)
	ownHeading = regexp.MustCompile(`^h[1-6]\. `)
	ownColour  = regexp.MustCompile(`\{color:#[0-9a-f]{6}\}|\{color\}`)
	ownCode    = regexp.MustCompile(`\{\{[A-Za-z0-9:]+\}\}`)
	ownMark    = regexp.MustCompile(`(^| |\x00)([-*])([A-Za-z0-9](?:[^|\n]*?[A-Za-z0-9])?)([-*])($| |\x00)`)
	// effective is what would take effect: braces, brackets, images, marks at the edges of words, line breaks, addresses, emoticons.
	effective = regexp.MustCompile(`[{}\[\]!|]|(^|[^\pL\pN])[-_*+^~]|[-_*+^~]($|[^\pL\pN])|\?\?|\\($|[^A-Za-z0-9])|://|\{[A-Za-z]|(?i:mailto):|[:;]-?[()]|:-?[PpD]($|[^\pL\pN])|\b(h[1-6]|bq)\.|^#|&[#A-Za-z0-9]{1,8};`)
)

// harmless returns what in a cell or line, which is written in wiki markup, takes effect though nobody meant it.
func harmless(line string) string {
	line = ownColour.ReplaceAllString(ownLink.ReplaceAllString(ownCode.ReplaceAllString(line, "\x00"), "\x00"), "\x00")
	line = ownEscape.ReplaceAllString(line, "x")
	for before := ""; before != line; {
		before, line = line, ownMark.ReplaceAllString(line, "$1$3$5")
	}
	return effective.FindString(strings.ReplaceAll(line, "\x00", " "))
}

// validMarkup fails unless a value is wiki markup in which nothing takes effect but what is written here, within the limit.
func validMarkup(t testing.TB, name string, value jsontext.Value) {
	t.Helper()
	text := stringOf(t, name, value)
	if length(text) > maxText {
		t.Errorf("%s has %d characters", name, length(text))
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = ownHeading.ReplaceAllString(line, "")
		cells := []string{line}
		if strings.HasPrefix(line, "|") {
			links := ownLink.ReplaceAllString(line, "x")
			if !strings.HasSuffix(links, "|") {
				t.Errorf("%s: a row that does not end: %q", name, line)
			}
			cells = strings.FieldsFunc(links, func(r rune) bool { return r == '|' })
		}
		for _, cell := range cells {
			if found := harmless(cell); found != "" {
				t.Errorf("%s: %q means something in %q", name, found, cell)
			}
		}
	}
}

func TestWikiText(t *testing.T) {
	for text, want := range map[string]string{
		"registry.example.com/shop/api:2.4": "registry.example.com/shop/api:2.4", "lib_a 1.0~rc1 3.0-1+deb": "lib_a 1.0~rc1 3.0-1+deb", "g++ a- -b": `g\+\+ a\- \-b`,
		"{code}x{code} {}": `｛code\}x｛code\} \{\}`, "[~admin]": `\[\~admin\]`, "!x!": `\!x\!`, "a||b": "a¦¦b", "{{x}}": `\{｛x\}\}`, `a\\b`: `a∖\b`, `C:\new \{ x}`: `C:\new ∖\{ x\}`,
		"bq. x": "bq․ x", "h1. x": "h1․ x", "a h1. x": "a h1․ x", "oh1. x": "oh1. x", "----": `\-\-\-\-`, ":) ;-) :P :Px (/) (on) f(x)": `:\) ;\-\) ꞉P :Px \(/) \(on) f\(x)`, "f(a long one)": "f(a long one)",
		"https://evil.example mailto:a@b": "https꞉//evil.example mailto꞉a@b", "a ?? b?": `a \?\? b?`, "# x": "＃ x", "C#": "C#", "AT&T &lt; & b;": "AT&T ＆lt; & b;",
		"漢*漢": "漢*漢", "a*b": "a*b", " *b*": `\*b\*`,
	} {
		w := &wikiWriter{}
		w.text(strings.TrimSpace(text))
		if got := string(w.b); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestWikiMarkup: a heading, facts, a table and what stands around them.
func TestWikiMarkup(t *testing.T) {
	tree := render.Tree{
		render.Heading{Level: 2, Spans: []render.Span{{Text: "New"}}}, render.Facts{{Name: "Image", Value: []render.Span{{Text: "app", Style: render.Bold}}}},
		render.Table{Columns: []render.Column{{Title: "ID"}, {}, {Title: "Fix"}}, Rows: []render.Row{{Cells: [][]render.Span{
			{{Text: "CVE-1", URL: "https://h.example/1", Style: render.Bold}}, {{Text: "HIGH", Style: render.Severe | render.Bold, Severity: 4}, {Text: " "}, {Text: "old", Style: render.Struck | render.Dim}}, nil,
		}}, {}}},
		render.Paragraph{Spans: []render.Span{{Text: " "}}}, render.Paragraph{Spans: []render.Span{{Text: "sha256:ab", Style: render.Code | render.Bold}}},
		render.Paragraph{Spans: []render.Span{{Text: "a"}, {Text: "b", Style: render.Bold}, {Text: " +c", Style: render.Bold}, {Text: " x!", URL: "https://h.example/"}}},
	}
	const want = "h3. New\n\n||Image|*app*|\n\n||ID|| ||Fix||\n|[CVE-1|https://h.example/1]|{color:#e0443d}*HIGH*{color} -old-| |\n\n\n*sha256:ab*\n\nab \\+c x\\!\n"
	if got := string(wikiMarkup(tree)); got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}

func FuzzWikiMarkup(f *testing.F) {
	for i, evil := range hostile() {
		f.Add(evil[:min(len(evil), 300)], "x", "https://h.example/", byte(i))
	}
	f.Fuzz(func(t *testing.T, one, two, address string, style byte) {
		m := full(one)
		m.Sections[0].Subject, m.Sections[0].Delta.New[1].URL = two, address
		tree := append(printer{aquaServer: address}.layout(m), render.Paragraph{Spans: []render.Span{{Text: one, Style: render.Style(style), URL: address}, {Text: " "}, {Text: two}}})
		short, _ := render.Fit(tree[1:], fits)
		validMarkup(t, "fuzz", quoted(string(wikiMarkup(short))))
	})
}
