package policy

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
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

// AppendJSON writes the view as its tags say.
func (v view) AppendJSON(p []byte) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(p, text...)
}

// everything is what a policy needs that looks at the whole document.
var everything = newNeeds(&need{whole: true})

// laid lays a view over a document.
func laid(in *Input, v View) *Input { return in.With(func(func(string) bool) View { return v }) }

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
			p := one(t, "package postee\n"+tt.policy)
			for _, needs := range []*Needs{p.Needs(), everything} {
				in := NewInput([]byte(tt.input), needs)
				over := laid(in, news)
				got, err := p.Allow(t.Context(), over)
				if err != nil || got != tt.want || over.Shadowed() != tt.shadowed {
					t.Errorf("got %v, %v; shadowed %v", got, err, over.Shadowed())
				}
				if in.Shadowed() {
					t.Error("nothing was laid over the document itself")
				}
			}
		})
	}
}

func TestWithReplacesAnEarlierView(t *testing.T) {
	p := one(t, "package postee\nallow { input.postee.known == 2 }")
	in := NewInput([]byte(`{}`), p.Needs())
	first := laid(in, view{Known: 1})
	second := laid(first, view{Known: 2})
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

// fragile is a view that is no JSON.
type fragile struct{}

func (fragile) AppendJSON(p []byte) []byte { return append(p, "{broken"...) }

// violent is a view whose encoding panics.
type violent struct{}

func (violent) AppendJSON([]byte) []byte { panic("no") }

func TestViewsThatFail(t *testing.T) {
	p := one(t, "package postee\nallow { not input.postee.none }")
	for name, v := range map[string]View{"error": fragile{}, "panic": violent{}} {
		in := laid(NewInput([]byte(`{}`), p.Needs()), v)
		for range 2 {
			if ok, err := p.Allow(t.Context(), in); ok || err == nil {
				t.Errorf("%s: %v, %v", name, ok, err)
			}
		}
	}
}

func TestNobodyAskedNothingRead(t *testing.T) {
	in := laid(NewInput([]byte(`no JSON`), everything), violent{})
	if in.doc.term != nil || in.doc.err != nil || in.term != nil {
		t.Error("read before a policy asked")
	}
	if in.Shadowed() {
		t.Error("shadowed by what cannot be read")
	}
}

// TestReadAhead: small documents are read ahead, and large ones when they are asked about, by a caller who may lose interest.
func TestReadAhead(t *testing.T) {
	p := one(t, "package postee\nallow { input.x == 1 }")
	in := NewInput([]byte(`{"x":1}`), p.Needs())
	large := NewInput([]byte(`{"x":1,"y":"`+strings.Repeat("y", small)+`"}`), p.Needs())
	in.ReadAhead()
	large.ReadAhead()
	if in.doc.term == nil || large.doc.term != nil {
		t.Error("the wrong one was read")
	}
	for _, in := range []*Input{in, large} {
		if ok, err := p.Allow(t.Context(), laid(in, view{})); err != nil || !ok {
			t.Errorf("got %v, %v", ok, err)
		}
	}
}

// TestSeen: whoever makes a view is told which parts of it policies look at, and makes none where they look at nothing in it.
func TestSeen(t *testing.T) {
	for condition, want := range map[string]string{
		"input.postee.new[_].id": "new", "input.postee.summary.high > 1; input.postee.fixed": "fixed summary", "input[_].new": "new", "input.x": "", "input.document.new": "",
		"input.postee": "view", "count(input) > 0": "view", "input.postee != 1": "findings fixed new summary view", "input.postee[_]": "findings fixed new summary view",
	} {
		p := one(t, "package postee\nallow { "+condition+" }")
		var keys []string
		NewInput([]byte(`{}`), p.Needs()).With(func(seen func(string) bool) View {
			for _, key := range []string{"findings", "fixed", "new", "summary"} {
				if seen(key) {
					keys = append(keys, key)
				}
			}
			if len(keys) != 1 && len(keys) != 2 {
				keys = append(keys, "view")
			}
			return view{}
		})
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%s: %q is seen, want %q", condition, got, want)
		}
	}
}

func TestManyAskAtOnce(t *testing.T) {
	p := one(t, "package postee\nallow { input.image == \"a\"; input.postee.known > 2; count(input) == 3; walk(input, [_, \"deep\"]) }")
	in := NewInput([]byte(`{"image":"a","more":{"x":[1,2,{"y":"deep"}]}}`), p.Needs())
	var group sync.WaitGroup
	for i := range 64 {
		over := laid(in, view{Known: i + 3})
		if i%2 == 0 {
			over = laid(over, view{Known: 5})
		}
		for range 2 {
			group.Go(func() {
				if ok, err := p.Allow(t.Context(), over); err != nil || !ok {
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
		in := laid(NewInput([]byte(doc), everything), view{})
		for i, p := range policies {
			if ok, err := p.Allow(t.Context(), in); err != nil || !ok {
				t.Errorf("%s…, policy %d: %v, %v", doc[:8], i, ok, err)
			}
		}
		if _, err := policies[0].Allow(t.Context(), NewInput([]byte("["+doc+"]"), everything)); err == nil {
			t.Error("deeper than the limit, and no error")
		}
	}
}

func TestLongNumbers(t *testing.T) {
	digits := strings.Repeat("1234567890", 99)
	in := NewInput([]byte(`{"n":`+digits+`,"f":0.`+digits+`,"e":1e300,"z":-0}`), everything)
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
	in := NewInput([]byte("{\"a\":\"tab\\tline\\n\\u00e9\\ud83d\\ude00\",\"bad\":\"\xff\",\"half\":\"\\ud800\",\"long\":\""+long+"\"}"), everything)
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
