package policy

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// pruned returns what is needed of a term.
func pruned(t *ast.Term, n *need) *ast.Term {
	switch v := t.Value.(type) {
	case ast.Object:
		var members [][2]*ast.Term
		v.Foreach(func(name, value *ast.Term) {
			if below := n.of(string(name.Value.(ast.String))); below != nil {
				members = append(members, ast.Item(name, pruned(value, below)))
			}
		})
		return ast.ObjectTerm(members...)
	case *ast.Array:
		var items []*ast.Term
		v.Foreach(func(item *ast.Term) {
			if below := n.rest(); below != nil {
				items = append(items, pruned(item, below))
			}
		})
		return ast.ArrayTerm(items...)
	}
	return t
}

// FuzzInput feeds arbitrary documents: no crash, an error exactly where there is no JSON, and the term says what the document
// says, as OPA's own reader does; or as much of that as is needed.
func FuzzInput(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `{"x":[{"y" : {}, "a":{"b":[1,"\\"]}}],"a":{"list":[{"id":{},"x":"\""},[],7],"b":"1","c":[{"d":[]}]}}`, "{\"\u00e9\\n\":[[1]],\"n\xff\":1}",
		`{"\u0061":{"b":1},"postee":{"x":[{}],"y":{"z":{"a":1},"b":2}}}`, "[{\n        \"x\": {\"document\": [1,{\"a\":2}]},\"z\":{\t\"y\":-1.5e3}} ]",
		`null`, `{"postee":1}`, `{"a":[1,2.50,-0,1e5,"x\u0000\ud83d\ude00"]}`, alpine, "{\"a\":\"\xff\"}", `{"a":1,"a":2}`,
		`{"n":1e999999}`, strings.Repeat("[", 300) + strings.Repeat("]", 300), `{"a":` + strings.Repeat("9", 500) + `}`, `{"a":` + strings.Repeat("9", 5000) + `}`,
	} {
		f.Add([]byte(seed))
	}
	p := one(f, "package postee\nallow { input.postee.known == 3; walk(input, [path, value]); count(path) == 0; value == input }")
	part := one(f, `package postee
allow { input.a.b == input.a.list[_].id; count(input.document[_].x.document) == input["é\n"][_]; input.postee.y.z; input["n\ufffd"] == 1 }`).Needs()
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := laid(NewInput(raw, p.Needs()), view{Known: 3})
		ok, err := p.Allow(t.Context(), in)
		_, _ = NewInput(raw, part).value() // whatever it is, no crash
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
		term, err := NewInput(raw, everything).value()
		if err != nil {
			t.Fatal(err)
		}
		reference, err := ast.ValueFromReader(bytes.NewReader(raw))
		if err == nil && reference.Compare(term.Value) != 0 {
			t.Fatalf("\ngot  %v\nwant %v", term.Value, reference)
		}
		some, err := NewInput(raw, part).value()
		if want := pruned(term, part.document(raw)); err != nil || want.Value.Compare(some.Value) != 0 {
			t.Fatalf("\ngot  %v, %v\nwant %v", some, err, want)
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
	in := laid(NewInput([]byte(alpine), everything), view{})
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseModule("p", text)
		if err == nil && len(checkModule("p", m)) == 0 {
			if p, err := link([]string{"p"}, []*ast.Module{m}, Options{Timeout: 1e8}, sha256.New()); err == nil {
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
		term, err := NewInput(raw, everything).value()
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
