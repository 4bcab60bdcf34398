package policy

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// TestStringEnds: strings of every length, with whatever is special at every place, end where a reader that looks at one byte after the
// other finds the end.
func TestStringEnds(t *testing.T) {
	for length := range 20 {
		for place := range length + 1 {
			for _, special := range []string{"", `\"`, `\\`, `\u00e9`, "é", "\x7f", "\x1f", "\xff", "!", "]"} {
				plain := strings.Repeat("x", length)
				text := plain[:place] + special + plain[place:]
				for _, tail := range []string{"", "y", `,"other":"\\\u1234"}`} {
					raw := []byte(`"` + text + `"` + tail)
					end, odd := stringEnd(raw, 1)
					wantOdd := strings.ContainsAny(text, "\\\x1f") || strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
					if end != len(text)+1 || odd != wantOdd {
						t.Fatalf("%q ends at %d, odd %v", raw, end, odd)
					}
					if got := skipValue(raw, 0); got != end+1 {
						t.Fatalf("%q is skipped to %d", raw, got)
					}
				}
				open := []byte(`"` + text)
				if end, _ := stringEnd(open, 1); end >= 0 {
					t.Fatalf("%q ends at %d", open, end)
				}
			}
		}
	}
}

// TestSkippedValues: what is not needed is skipped to its end, whatever it is.
func TestSkippedValues(t *testing.T) {
	for _, value := range []string{
		`1`, `-1.5e+3`, `true`, `null`, `""`, `"]}"`, `[]`, `{}`, `[[],{"a":"[\"{"}]`, "[\n            1,\n\t{ \"a\" : [ ] }\n]", `{"a":{"b":[{"c":"}"}]}}`,
		strings.Repeat("[", 20000) + strings.Repeat("]", 20000),
	} {
		for _, tail := range []string{"", ",", "]", "}", " ", "\n1"} {
			if got := skipValue([]byte(value+tail), 0); got != len(value) {
				t.Errorf("%.60q, then %q: skipped to %d", value, tail, got)
			}
		}
	}
	for _, cut := range []string{"", "[", `{"a"`, `"`, `["a`, `["]`, ",", "]", "[[]"} {
		if got := skipValue([]byte(cut), 0); got >= 0 {
			t.Errorf("%q is skipped to %d", cut, got)
		}
	}
}

// TestNoJSON: what is needed is JSON, or the document is refused in the words of the library.
func TestNoJSON(t *testing.T) {
	for _, raw := range []string{
		`{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a" 1}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1]`, `[1,]`, `[1 2]`, `[,1]`, `[1}`, `tru`, `truex`, `01`, `1.`, `-`, `+1`, `"\x"`,
		`"\u12"`, "\"\n\"", "\"a\x01\"", `{"a\x":1}`, `{"a":1,"\u0061":2}`, `{"a`, `["a`, `[`, `{`, `[1`, `{"a":1`, `{"a":`, `{"a":1},`, `1 2`, "\v1", `'a'`,
		manyNames(20) + `,"n7":1}`, `{"a":{"b":{},"b":{}}}`,
	} {
		_, err := parseJSON([]byte(raw), &need{whole: true})
		if jsontext.Value(raw).IsValid() || err == nil {
			t.Errorf("%s: read as JSON", raw)
		} else if !strings.HasPrefix(err.Error(), "offset ") || strings.Contains(err.Error(), "jsontext") {
			t.Errorf("%s: %v", raw, err)
		}
	}
	if _, err := parseJSON([]byte(manyNames(20)+"}"), &need{whole: true}); err != nil {
		t.Error(err)
	}
}

// manyNames is an object with n members that is not closed.
func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"n%d":{}`, i)
	}
	return "{" + b.String()[1:]
}

// TestSharedValues: values that are alike are one, and those that are not are not.
func TestSharedValues(t *testing.T) {
	raw := []byte(`[{"a":1},{"a":1},{"a":2},{"b":1},{},{},[],[],[1],[1],[[1]],[[1]],[1,1],{"a":[1]},{"a":[1]},{"a":1,"b":1},{"b":1,"a":1},[1,1,1,1],[1,1,1,1]]`)
	term, err := parseJSON(raw, &need{whole: true})
	if err != nil {
		t.Fatal(err)
	}
	reference, err := ast.ValueFromReader(bytes.NewReader(raw))
	if err != nil || reference.Compare(term.Value) != 0 {
		t.Fatalf("got %v, %v", term, err)
	}
	list := term.Value.(*ast.Array)
	for _, pair := range [][2]int{{0, 1}, {4, 5}, {6, 7}, {8, 9}, {10, 11}, {13, 14}} {
		if list.Elem(pair[0]) != list.Elem(pair[1]) {
			t.Errorf("%v is there twice", list.Elem(pair[0]))
		}
	}
	var many strings.Builder
	for i := range 2 * sharedValues {
		fmt.Fprintf(&many, `,[%d],{"a":%d}`, i, i)
	}
	p := parser{raw: []byte("[" + many.String()[1:] + "]"), known: map[string]*ast.Term{}, objects: map[objectKey]*ast.Term{}, arrays: map[arrayKey]*ast.Term{}}
	if _, err := p.value(&need{whole: true}); err != nil || len(p.objects) != sharedValues || len(p.arrays) != sharedValues {
		t.Errorf("%d and %d are shared, %v", len(p.objects), len(p.arrays), err)
	}
}
