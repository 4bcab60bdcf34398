package template_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/template"
)

// data is a small document with its view.
func data() template.Data {
	return template.Data{
		Route: "team", Subject: "app:1", Document: []byte(`{"image":"<app>","n":1.50,"big":12345678901234567890,"none":null,"list":[1,null,"x"],"o":{"b":"1","a":[]}}`),
		View: func() []byte {
			return []byte(`{"new":[{"id":"CVE-2","severity":"low","kind":"vulnerability","package":"b"},` +
				`{"id":"CVE-1","severity":"critical","kind":"vulnerability","package":"a_b","fixed":"2"},{"id":"key","severity":"high","kind":"secret"}],` +
				`"known":3,"scanned":"2026-11-22T09:58:00Z","summary":{"high":0}}`)
		},
		Section: func() message.Section { return message.Section{Subject: "app:1", Scanner: "trivy"} },
	}
}

// written is what a template writes, or its error. It may do a tenth of what others may.
func written(t testing.TB, text string) string {
	t.Helper()
	parsed, err := template.Parse("t.tmpl", text)
	if err != nil {
		return err.Error()
	}
	parsed.Limit(100_000)
	c, err := parsed.Render(t.Context(), data())
	if err != nil {
		return err.Error()
	}
	return c.Body
}

func TestValues(t *testing.T) {
	for text, want := range map[string]string{
		"{{.Document.image}} of {{.Route}}, {{.Subject}}": "<app> of team, app:1",
		"{{.Title}}":                        "app:1: nothing new",
		"{{.Document.n}} {{.Document.big}}": "1.50 12345678901234567890",
		"a{{.Document.missing}}b{{.Document.missing.deeper.still}}":                            "ab",
		"a{{.Document.none}}b{{.Document.none.deeper}}":                                        "ab",
		"{{range .Document.list}}[{{.}}]{{end}}":                                               "[1][][x]",
		"{{.Document.o}}":                                                                      `{"a":[],"b":"1"}`,
		"{{toJSON .Document.list}}":                                                            `[1,null,"x"]`,
		"{{range .Document.missing}}x{{else}}none{{end}}":                                      "none",
		"{{with .Postee.compliant}}x{{else}}unsaid{{end}}":                                     "unsaid",
		"{{if gt .Postee.known 2}}many{{end}}":                                                 "many",
		"{{if gt .Document.n 1}}more{{end}}":                                                   "more",
		"{{if lt .Document.missing 1}}less{{end}}":                                             "less",
		"{{if eq .Document.image \"x\" \"<app>\"}}one{{end}}":                                  "one",
		"{{if ne .Document.missing \"x\"}}other{{end}}":                                        "other",
		"{{len .Postee.new}} {{len .Document.missing}} {{len \"äb\"}}":                         "3 0 2",
		"{{index .Document.list 2}}{{index .Document.o \"b\"}}{{index .Document.list 9}}.":     "x1.",
		"{{range $i, $f := .Postee.new}}{{$i}}{{$f.id}} {{end}}":                               "0CVE-2 1CVE-1 2key",
		"{{range $k, $v := .Document.o}}{{$k}} {{end}}":                                        "a b",
		"{{define \"row\"}}<{{.id}}>{{end}}{{range .Postee.new}}{{template \"row\" .}}{{end}}": "<CVE-2><CVE-1><key>",
		"{{range .Postee.new}}{{if .fixed}}{{.id}}{{break}}{{end}}{{end}}":                     "CVE-1",
	} {
		if got := written(t, text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestFunctions(t *testing.T) {
	for text, want := range map[string]string{
		"{{upper .Route}} {{lower \"A\"}} {{trim \" a \"}}|":                                                                 "TEAM a a|",
		"{{trunc 2 \"abc\"}} {{trunc 3 \"abc\"}}":                                                                            "ab… abc",
		"{{plural 1 \"finding\"}}, {{plural .Postee.new \"finding\"}}":                                                       "1 finding, 3 findings",
		"{{plural .Postee.summary.high \"library\" \"libraries\"}}":                                                          "0 libraries",
		"{{date \"02.01.2006\" .Postee.scanned}} {{date \"2006\" .Route}}":                                                   "22.11.2026 team",
		"{{date \"2006-01-02\" .Postee.known}}":                                                                              "1970-01-01",
		"{{.Document.missing | default \"none\"}} {{.Route | default \"none\"}}":                                             "none team",
		"{{join \", \" .Document.list}}":                                                                                     "1, , x",
		"{{range first 1 (bySeverity .Postee.new)}}{{.id}}{{end}}":                                                           "CVE-1",
		"{{range first 9 .Document.missing}}x{{end}}.":                                                                       ".",
		"{{range where \"kind\" \"secret\" .Postee.new}}{{.id}}{{end}}":                                                      "key",
		"{{range atLeast \"high\" .Postee.new}}{{.id}} {{end}}":                                                              "CVE-1 key",
		"{{if atLeast \"high\" \"medium\"}}x{{else}}less{{end}}":                                                             "less",
		"{{print .Route .Postee.known}}{{printf \"%5.1f|%-3d|%q\" 1.5 .Postee.known .Route}}":                                `team3  1.5|3  |"team"`,
		"{{printf \"|%5.2f|%.1e|%s|%v|%6s\" .Document.n .Document.big .Document.n .Document.n .Document.n}}":                 "| 1.50|1.2e+19|1.50|1.50|  1.50",
		"{{printf \"|%d|%.1f|%s|%3d|%d\" .Document.missing .Document.missing .Document.none .Document.missing .Document.n}}": "||||   |1.50",
		"{{html .Document.image}}":                                                                                           "&lt;app&gt;",
		"{{slack \"<!here> & @a\\nb\"}}":                                                                                     "&lt;!here&gt; &amp; @a b",
		"{{markdown \"a_b [x](y) `c`\"}}":                                                                                    "a\\_b \\[x\\]\\(y\\) \\`c\\`",
		"{{wiki \"{code} [~me] *x*\"}}":                                                                                      `\{code\} \[\~me\] \*x\*`,
		"{\"a\": \"{{json \"x\\\"\\n\"}}\"}":                                                                                 `{"a": "x\"\n"}`,
		"{{urlquery \"a b&c\"}} {{js \"'\"}}":                                                                                `a+b%26c \'`,
		"{{clean \"a\\x1b[31mb\"}}":                                                                                          "a�[31mb",
		"{{not true}}{{and 1 0}}{{or \"\" \"x\"}}{{println 1}}":                                                              "false0x1",
	} {
		if got := written(t, text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	nested := "{{range .Postee.new}}" + strings.Repeat("{{range $.Postee.new}}", 30) + strings.Repeat("{{end}}", 31)
	double := "{{define \"d0\"}}{{end}}"
	for i := range 60 {
		n, m := fmt.Sprint("n", i), "d0"
		if i > 0 {
			m = fmt.Sprint("n", i-1)
		}
		double += "{{define \"" + n + "\"}}{{template \"" + m + "\"}}{{template \"" + m + "\"}}{{end}}"
	}
	for text, want := range map[string]string{
		"a\n{{.Document.image":                "t.tmpl:2: unclosed action",
		"a\n{{uper .Route}}":                  `t.tmpl:2: function "uper" not defined`,
		"a\n\n{{upper}}":                      "t.tmpl:3: upper: 0 values given, which is not what it takes",
		"a\n{{.Nothing}}":                     "t.tmpl:2: there is no .Nothing: a template begins with .Document, .Postee,",
		"a\n{{.Document.image.name}}":         "t.tmpl:2: there is no field name in a text, number or list",
		"a\n{{template \"x\"}}":               `t.tmpl:2: there is no template "x"`,
		"a\n{{range 5}}x{{end}}":              "t.tmpl:2: range: only lists and objects can be repeated",
		"a\n{{first -1 .Postee.new}}":         "t.tmpl:2: first: its number must be a whole one from 0",
		"a\n{{join 1 2}}":                     "t.tmpl:2: join: expected a list",
		"a\n{{atLeast \"hihg\" .Postee.new}}": `t.tmpl:2: atLeast: there is no severity "hihg"`,
		"a\n{{printf \"%99999d\" 1}}":         "t.tmpl:2: printf: a width of more than 1000",
		"a\n{{printf \"%*d\" 1 1}}":           "t.tmpl:2: printf: what it comes to may be too long",
		nested:                                "t.tmpl:1: it does too much for one document",
		double + "\n{{template \"n59\"}}":     "t.tmpl:1: it does too much for one document",
		"{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}":                 `t.tmpl:1: template "a" uses itself`,
		"{{$x := \"0123456789\"}}" + strings.Repeat("{{$x = print $x $x $x $x}}", 20): "t.tmpl:1: print: a text that is too long",
		"{{$x := printf \"%1000s\" \"\"}}" + strings.Repeat("{{$x}}", 1100):           "t.tmpl: it writes more than 1 MiB",
		"{{if .Document.missing}}x{{end}}":                                            "t.tmpl: it writes nothing for this document",
		"\xff":                                                                        "t.tmpl: not UTF-8",
		strings.Repeat("a", 300_000):                                                  "t.tmpl: a template has at most 256 KiB",
	} {
		if got := written(t, text); !strings.HasPrefix(got, want) {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
}

func TestTitlesAndJSON(t *testing.T) {
	for text, want := range map[string]message.Custom{
		"{{define \"title\"}}\n {{.Subject}}\n is bad {{end}}\nbody\n": {Title: "app:1 is bad", Body: "body"},
		"{\"a\": 1}": {Body: `{"a": 1}`, JSON: true},
		"[1]\n":      {Body: `[1]`, JSON: true},
		"[1":         {Body: `[1`},
		"1":          {Body: `1`},
		"{\"a\":{{toJSON .Document.o}},\"b\":\"{{json .Document.image}}\"}": {Body: `{"a":{"a":[],"b":"1"},"b":"\u003capp\u003e"}`, JSON: true},
	} {
		parsed, err := template.Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		c, err := parsed.Render(t.Context(), data())
		if err != nil || c.Title != want.Title || c.Body != want.Body || c.JSON != want.JSON {
			t.Errorf("%s: %+v, %v", text, c, err)
		}
	}
}

// TestEnds: a template ends with the run.
func TestEnds(t *testing.T) {
	parsed, err := template.Parse("t", "{{.Route}}")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := parsed.Render(ctx, data()); err != context.Canceled { //nolint:errorlint // It is that error itself.
		t.Errorf("%+v, %v", c, err)
	}
}

// TestFunctionsAreDocumented: the page has each function.
func TestFunctionsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "templates.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(template.Functions(), template.LayoutNames()) {
		if !regexp.MustCompile("`" + regexp.QuoteMeta(name) + "[` ]").Match(page) {
			t.Errorf("docs/templates.md has no %s", name)
		}
	}
}

// FuzzTemplates: any text is refused, or writes something bounded.
func FuzzTemplates(f *testing.F) {
	for _, text := range []string{
		"{{range first 3 (bySeverity .Postee.new)}}{{upper .severity}} {{.id | slack}}{{end}}", "{{define \"title\"}}{{.Title}}{{end}}{{toJSON .}}",
		"{{$x := printf \"%20s\" .Route}}{{range $k, $v := .Document}}{{$k}}={{$v}}{{end}}", "{{_each 1}}{{_text .}}{{_step}}", "{{template \"a\"}}{{define \"a\"}}{{end}}",
		"{{call .Document}}{{slice .Route 1 9}}{{index .Document 1 2}}", "{{range 1000000000}}{{end}}", "{{len 3}}{{html .}}{{js .Document}}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := template.Parse("t.tmpl", text)
		if err != nil {
			return
		}
		parsed.Limit(100_000)
		c, err := parsed.Render(t.Context(), data())
		if err != nil {
			if !strings.HasPrefix(err.Error(), "t.tmpl:") {
				t.Errorf("an error without a place: %v", err)
			}
			return
		}
		if len(c.Body) > 3<<20 || len(c.Title) > 2<<10 || !utf8.ValidString(c.Body) || strings.ContainsAny(c.Title, "\n\r\x1b") {
			t.Errorf("%d bytes, title %q", len(c.Body), c.Title)
		}
	})
}
