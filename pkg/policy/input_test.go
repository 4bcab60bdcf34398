package policy

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// view is a small normalised view.
type view struct {
	New   []finding `json:"new"`
	Known int       `json:"known"`
}

type finding struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
}

func TestWith(t *testing.T) {
	news := view{New: []finding{{"CVE-2024-1", "critical"}}, Known: 3}
	tests := map[string]struct {
		input, policy  string
		want, shadowed bool
	}{
		"the view":                {`{"image":"a"}`, "allow { input.postee.new[_].severity == \"critical\" }", true, false},
		"and the document":        {`{"image":"a"}`, "allow { input.image == \"a\"; input.postee.known == 3 }", true, false},
		"every key":               {`{"image":"a"}`, "allow { count(input) == 2 }", true, false},
		"an empty document":       {`{}`, "allow { count(input) == 1; input.postee }", true, false},
		"an array":                {`[{"x":1}]`, "allow { input.document[0].x == 1; input.postee.new[0].id == \"CVE-2024-1\" }", true, false},
		"a scalar":                {`5`, "allow { input.document == 5; input.postee }", true, false},
		"a key of its own":        {`{"postee":{"known":7}}`, "allow { input.postee.known == 7 }", true, true},
		"null of its own":         {`{"postee":null}`, "allow { input.postee == null }", true, true},
		"a key like it":           {`{"Postee":1,"\u0070ostee2":1}`, "allow { input.postee.known == 3; input.Postee == 1 }", true, false},
		"its key, escaped":        {`{"\u0070ostee":1}`, "allow { input.postee == 1 }", true, true},
		"an array that has a key": {`[{"postee":1}]`, "allow { input.document[0].postee == 1; input.postee.known == 3 }", true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := NewInput([]byte(tt.input))
			laid := in.With(news)
			got, err := one(t, "package postee\n"+tt.policy).Allow(t.Context(), laid)
			if err != nil || got != tt.want || laid.Shadowed() != tt.shadowed {
				t.Errorf("got %v, %v; shadowed %v", got, err, laid.Shadowed())
			}
			if in.Shadowed() {
				t.Error("nothing was laid over the document itself")
			}
		})
	}
}

func TestWithReplacesAnEarlierView(t *testing.T) {
	p := one(t, "package postee\nallow { input.postee.known == 2 }")
	in := NewInput([]byte(`{}`))
	first := in.With(view{Known: 1})
	second := first.With(view{Known: 2})
	for i, tt := range []struct {
		in   *Input
		want bool
	}{{in, false}, {first, false}, {second, true}} {
		if got, err := p.Allow(t.Context(), tt.in); err != nil || got != tt.want {
			t.Errorf("%d: %v, %v", i, got, err)
		}
	}
	if second.doc != in.doc {
		t.Error("the document is read again")
	}
}

// fragile is a view that cannot be encoded.
type fragile struct{}

func (fragile) MarshalJSON() ([]byte, error) { return nil, errors.New("broken") }

// violent is a view whose encoding panics.
type violent struct{}

func (violent) MarshalJSON() ([]byte, error) { panic("no") }

func TestViewsThatFail(t *testing.T) {
	p := one(t, "package postee\nallow { true }")
	for name, v := range map[string]any{"error": fragile{}, "panic": violent{}} {
		in := NewInput([]byte(`{}`)).With(v)
		for range 2 {
			if ok, err := p.Allow(t.Context(), in); ok || err == nil {
				t.Errorf("%s: %v, %v", name, ok, err)
			}
		}
	}
}

func TestNobodyAskedNothingRead(t *testing.T) {
	in := NewInput([]byte(`no JSON`)).With(violent{})
	if in.doc.term != nil || in.doc.err != nil || in.term != nil {
		t.Error("read before a policy asked")
	}
	if in.Shadowed() {
		t.Error("shadowed by what cannot be read")
	}
}

func TestManyAskAtOnce(t *testing.T) {
	p := one(t, "package postee\nallow { input.image == \"a\"; input.postee.known > 2; count(input) == 3; walk(input, [_, \"deep\"]) }")
	in := NewInput([]byte(`{"image":"a","more":{"x":[1,2,{"y":"deep"}]}}`))
	var group sync.WaitGroup
	for i := range 64 {
		laid := in
		if i%2 == 0 {
			laid = in.With(view{Known: i + 3})
		} else {
			laid = laid.With(view{Known: 5})
		}
		for range 2 {
			group.Go(func() {
				if ok, err := p.Allow(t.Context(), laid); err != nil || !ok {
					t.Errorf("got %v, %v", ok, err)
				}
			})
		}
	}
	group.Wait()
}

func TestDeepDocuments(t *testing.T) {
	const depth = 9999
	array := `{"a":` + strings.Repeat("[", depth) + "1" + strings.Repeat("]", depth) + "}"
	object := strings.Repeat(`{"a":`, depth+1) + `"end"` + strings.Repeat("}", depth+1)
	policies := []*Policy{
		one(t, "package postee\nallow { input.a }"),
		one(t, "package postee\nallow { json.marshal(input) != \"\" }"),
		one(t, "package postee\nallow { {input} == {input} }"),
	}
	for _, doc := range []string{array, object} {
		in := NewInput([]byte(doc)).With(view{})
		for i, p := range policies {
			if ok, err := p.Allow(t.Context(), in); err != nil || !ok {
				t.Errorf("%s…, policy %d: %v, %v", doc[:8], i, ok, err)
			}
		}
		if _, err := policies[0].Allow(t.Context(), NewInput([]byte("["+doc+"]"))); err == nil {
			t.Error("deeper than the limit, and no error")
		}
	}
}

func TestLongNumbers(t *testing.T) {
	digits := strings.Repeat("1234567890", 99)
	in := NewInput([]byte(`{"n":` + digits + `,"f":0.` + digits + `,"e":1e300,"z":-0}`))
	for condition, want := range map[string]bool{
		"input.n == " + digits: true, "input.n > 5": true, "input.n == input.f": false, "input.f < 1": true, "input.z == 0": true,
		"input.n + 1 > input.n": true, "input.e > 1": true, "json.marshal(input.n) == \"" + digits + "\"": true,
		"input.n * input.n > 1": true, "{input.n, input.f} != set()": true,
	} {
		p, err := CompileSource(t.Context(), "p", condition, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Allow(t.Context(), in); err != nil || got != want {
			t.Errorf("%.40s: %v, %v", condition, got, err)
		}
	}
}

func TestStrings(t *testing.T) {
	long := strings.Repeat("x", 200)
	in := NewInput([]byte("{\"a\":\"tab\\tline\\n\\u00e9\\ud83d\\ude00\",\"bad\":\"\xff\",\"half\":\"\\ud800\",\"long\":\"" + long + "\"}"))
	for _, condition := range []string{
		"input.a == \"tab\\tline\\né😀\"", "input.bad == \"\ufffd\"", "input.half == \"\ufffd\"", "count(input.long) == " + strconv.Itoa(len(long)),
	} {
		p, err := CompileSource(t.Context(), "p", condition, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := p.Allow(t.Context(), in); err != nil || !ok {
			t.Errorf("%.40s: %v, %v", condition, ok, err)
		}
	}
}
