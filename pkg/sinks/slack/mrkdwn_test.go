package slack

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/render"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"registry.example.com/shop/api:2.4": "registry.example.com/shop/api:2.4",
		"<!channel> & <@U1> <#C1>":          "&lt;!channel&gt; &amp; &lt;@U1&gt; &lt;#C1&gt;",
		"<http://evil|click>":               "&lt;http://evil|click&gt;",
		"lib_a 1.0~rc1 a*b":                 "lib_a 1.0~rc1 a*b",
		"*bold* _it_ ~no~ `code`":           "∗bold∗ ＿it＿ ∼no∼ ˋcodeˋ",
		"__init__.py":                       "＿＿init＿＿.py",
		"1.2+~cs5":                          "1.2+∼cs5",
		"a:tada: org.x:ok:1.0 a:1:2":        "a꞉tada: org.x꞉ok:1.0 a:1:2",
		"10:20:30 [::1]:80":                 "10:20:30 [::1]:80",
		"a\r\nb\tc\u2028d\u00a0e":           "a  b c d e",
		"\x00\x1b[31m\u202e\u200bx":         "��[31m��x",
		"\xff\xc3":                          "��",
		"日本語 ü 🎉":                           "日本語 ü 🎉",
	} {
		if diff := cmp.Diff(want, string(appendText(nil, text, setting{}))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if got := string(appendText(nil, "a_b* :x: `|", setting{code: true, label: true})); got != "a_b* :x: ˋ¦" {
		t.Errorf("in code: %q", got)
	}
	if got := string(appendText(nil, "a_b*c~d", setting{tight: "*"})); got != "a_b∗c~d" {
		t.Errorf("in bold: %q", got)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{{"abc", 0, "abc"}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"üüü", 3, "üüü"}, {"üüüü", 3, "üü…"}, {"", 1, ""}, {"ab", 1, "…"}} {
		if got := clip(c.text, c.limit); got != c.want {
			t.Errorf("clip(%q, %d): %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestLink(t *testing.T) {
	for address, want := range map[string]string{
		"https://avd.aquasec.com/nvd/cve-2026-1":  "https://avd.aquasec.com/nvd/cve-2026-1",
		"http://h/a?b=1&c=2#d":                    "http://h/a?b=1&amp;c=2#d",
		"HTTPS://Example.com/x":                   "https://Example.com/x",
		"https://h/a|b>c<!channel>`":              "https://h/a%7Cb%3Ec%3C%21channel%3E%60",
		"https://h/ü x\"":                         "https://h/%C3%BC%20x%22",
		"https://h:8443/x":                        "https://h:8443/x",
		"https://nvd.nist.gov@evil.example/":      "",
		"https://evil|nvd.nist.gov/":              "",
		"https:///x":                              "",
		"javascript:alert(1)":                     "",
		"mailto:a@b":                              "",
		"//h/x":                                   "",
		"slack://channel?id=C1":                   "",
		"https://h/" + strings.Repeat("x", 1<<20): "",
		"https://h/%zz":                           "",
		"https://h/\nx":                           "",
		"":                                        "",
	} {
		got := link(address)
		// Whether "!" is encoded is net/url's business.
		if strings.ReplaceAll(got, "!", "%21") != want {
			t.Errorf("%.60q: %q, want %q", address, got, want)
		}
	}
}

// cell is a cell of one span.
func cell(text string, style render.Style, address ...string) []render.Span {
	return []render.Span{{Text: text, Style: style, URL: strings.Join(address, "")}}
}

func TestLines(t *testing.T) {
	near, far := gap{}, gap{far: true}
	for name, c := range map[string]struct {
		cells [][]render.Span
		gaps  []gap
		want  string
	}{
		"finding": {
			[][]render.Span{cell("HIGH", render.Severe|render.Bold), cell("CVE-1", 0, "https://h/1"), cell("curl", 0), cell("", 0), cell("→ 8.5", 0), cell("a *title*", 0)},
			[]gap{near, near, near, near, near, far}, "`HIGH` <https://h/1|CVE-1> curl → 8.5 · a ∗title∗",
		},
		"fixed": {
			[][]render.Span{cell("HIGH", render.Struck|render.Dim), cell("CVE-1", render.Struck), cell("a~b", render.Struck)},
			[]gap{near, near, near}, "~HIGH CVE-1 a∼b~",
		},
		"counts": {
			[][]render.Span{{{Text: "2 high", Style: render.Severe | render.Bold}, {Text: " · ", Style: render.Dim}, {Text: "1 low", Style: render.Severe}}},
			nil, "*2 high* · *1 low*",
		},
		"numbers": {
			[][]render.Span{cell("api", render.Bold), cell("2", render.Bold), cell("0", render.Dim)},
			[]gap{near, {true, "critical"}, {true, "high"}}, "*api* · critical *2*",
		},
		"beside words":    {[][]render.Span{{{Text: "a"}, {Text: "b", Style: render.Bold}, {Text: "c"}}}, nil, "abc"},
		"blanks at edges": {[][]render.Span{{{Text: "a"}, {Text: " b ", Style: render.Bold}, {Text: "c"}}}, nil, "a *b* c"},
		"before a colon":  {[][]render.Span{{{Text: "b", Style: render.Bold}, {Text: ": c"}}}, nil, "*b*: c"},
		"code in a link":  {[][]render.Span{cell("x", render.Code, "https://h/")}, nil, "<https://h/|x>"},
		"bar in a link":   {[][]render.Span{cell("x|y>", 0, "https://h/")}, nil, "<https://h/|x¦y&gt;>"},
		"quotation":       {[][]render.Span{cell("> said", 0)}, nil, "› said"},
		"nothing":         {[][]render.Span{cell(" ", render.Bold), nil}, nil, ""},
	} {
		got := lineOf(c.cells, c.gaps, maxRow)
		if diff := cmp.Diff(c.want, got.text); diff != "" || got.weight != weigh(c.want) {
			t.Errorf("%s: weight %d (-want +got):\n%s", name, got.weight, diff)
		}
	}
}

// TestLongLines: whatever is in it, a line keeps to its limit, and says that something was cut.
func TestLongLines(t *testing.T) {
	for name, text := range map[string]string{
		"letters": strings.Repeat("x", 1<<20), "brackets": strings.Repeat("<", 4000), "wide": strings.Repeat("漢", 4000), "emoji": strings.Repeat("🎉", 4000),
		"signs": strings.Repeat("*_~`:a:", 4000), "lines": strings.Repeat("\n", 4000) + "x",
	} {
		for n := 1; n < 300; n = n*3 + 1 {
			cells := make([][]render.Span, n)
			for i := range cells {
				cells[i] = cell(text, render.Style(i), "https://h/"+strings.Repeat("a", 400))
			}
			got := lineOf(cells, make([]gap, n), maxRow)
			if got.weight > maxRow || got.weight != weigh(got.text) || name != "lines" && !strings.Contains(got.text, "…") {
				t.Errorf("%d of %s: weight %d (%d): %.80q", n, name, got.weight, weigh(got.text), got.text)
			}
			harmless(t, got.text)
		}
	}
}

// effective are the ways in which Slack would see more than text: emphasis between boundaries of words, code, emojis.
func effective() *regexp.Regexp {
	return regexp.MustCompile("(^|[^A-Za-z0-9])([*_~])(\\S|\\S[^\\n]*\\S)([*_~])($|[^A-Za-z0-9])|`|:[A-Za-z0-9_+'-]*[A-Za-z][A-Za-z0-9_+'-]*:|^&gt;|[<>\\n]")
}

// FuzzText: text from a scan stays text, before and behind other text from a scan.
func FuzzText(f *testing.F) {
	for _, evil := range hostile() {
		evil = evil[:min(len(evil), 300)]
		f.Add(evil, "x")
		f.Add("lib_a", evil)
	}
	f.Add("*", "*")
	f.Add("a:", "tada:")
	pattern := effective()
	f.Fuzz(func(t *testing.T, one, two string) {
		got := lineOf([][]render.Span{cell(one, 0), {{Text: two}, {Text: one}}}, []gap{{}, {far: true}}, maxRow)
		if found := pattern.FindString(got.text); found != "" {
			t.Errorf("%q and %q: %q means something in %q", one, two, found, got.text)
		}
		harmless(t, got.text)
		if got.weight > maxRow || got.weight != weigh(got.text) {
			t.Errorf("%q and %q: weight %d of %q", one, two, got.weight, got.text)
		}
	})
}
