package policy

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// FuzzInput feeds arbitrary documents: no crash, an error exactly where there is no JSON, and the term says what the document
// says.
func FuzzInput(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `null`, `{"postee":1}`, `{"a":[1,2.50,-0,1e5,"x\u0000\ud83d\ude00"]}`, alpine, "{\"a\":\"\xff\"}", `{"a":1,"a":2}`,
		`{"n":1e999999}`, strings.Repeat("[", 300) + strings.Repeat("]", 300), `{"a":` + strings.Repeat("9", 500) + `}`, `{"a":` + strings.Repeat("9", 5000) + `}`,
	} {
		f.Add([]byte(seed))
	}
	p := one(f, "package postee\nallow { input.postee.known == 3; walk(input, [path, value]); count(path) == 0; value == input }")
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := NewInput(raw).With(view{Known: 3})
		ok, err := p.Allow(t.Context(), in)
		valid := jsontext.Value(raw).IsValid(jsontext.AllowInvalidUTF8(true))
		if !valid && err == nil {
			t.Fatalf("allowed %v by what is no JSON", ok)
		}
		if err != nil {
			if valid && !bytes.ContainsAny(raw, "eE") && len(raw) <= maxDigits {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if !ok && !in.Shadowed() {
			t.Fatal("the view is missing")
		}
		term, err := NewInput(raw).value()
		if err != nil {
			t.Fatal(err)
		}
		reference, err := ast.ValueFromReader(bytes.NewReader(raw))
		if err == nil && reference.Compare(term.Value) != 0 {
			t.Fatalf("\ngot  %v\nwant %v", term.Value, reference)
		}
	})
}

// FuzzCompile feeds arbitrary policies: they compile or they are refused, and what compiles can be asked.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		"package postee\nallow { input.x }", "package postee\nimport rego.v1\nallow if input.x", "package postee\ndefault allow = true",
		"package postee\nallow { http.send({}) }", "package postee\nallow[x] { x := 1 }", "x", "\ufeff", "package postee\nallow { allow }",
	} {
		f.Add(seed)
	}
	in := NewInput([]byte(alpine)).With(view{})
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseModule("p", text)
		if err == nil && len(checkModule("p", m)) == 0 {
			if p, err := link([]string{"p"}, []*ast.Module{m}, Options{Timeout: 1e8}); err == nil {
				_, _ = p.Allow(t.Context(), in)
			}
		} else if err != nil && len(problems("p", err)) == 0 {
			t.Error("an error without a text")
		}
		if p, err := CompileSource(t.Context(), "p", text, Options{Timeout: 1e8}); err == nil {
			_, _ = p.Allow(t.Context(), in)
			_ = p.Where(t.Context(), in)
		}
	})
}

// TestCorpus reads every real document that there is: what is JSON is read, and read as OPA's own reader does.
func TestCorpus(t *testing.T) {
	corpus := os.Getenv("POSTEE_CORPUS")
	if corpus == "" {
		t.Skip("POSTEE_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(corpus, "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	read := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !jsontext.Value(raw).IsValid(jsontext.AllowInvalidUTF8(true)) {
			continue
		}
		term, err := NewInput(raw).value()
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		reference, err := ast.ValueFromReader(bytes.NewReader(raw))
		if err == nil && reference.Compare(term.Value) != 0 {
			t.Errorf("%s: read otherwise than OPA does", filepath.Base(file))
		}
		read++
	}
	t.Logf("%d documents", read)
}
