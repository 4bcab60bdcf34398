package scan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		` { "b" : [ 1.0 , 1 , -0 , 1e2 ] , "a" : { } , "B" : [ ] } `: `{"B":[],"a":{},"b":[1.0,1,-0,1e2]}`,
		`{"\u0061":"\u00e9\/\u0000\n"}`:                              `{"a":"é/\u0000\n"}`,
		`{"\"":1,"#":2,"!":3}`:                                       `{"!":3,"\"":1,"#":2}`,
		`{"é":1,"z":2,"":3}`:                                         `{"":3,"z":2,"é":1}`,
		`[null,true,false,"x"]`:                                      `[null,true,false,"x"]`,
		"{\"a\":\"\xff\\ud800\"}":                                    "{\"a\":\"\ufffd\ufffd\"}",
		`3`:                                                          `3`,
	} {
		got, err := Canonical([]byte(in))
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v, want %s", in, got, err, want)
		}
		if again, err := Canonical(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: not its own canonical form: %s %v", got, again, err)
		}
	}
	for _, in := range []string{``, `{`, `{"a":1,"a":2}`, `{} {}`, `{"a":01}`, `{"a":1}x`, `]`} {
		if got, err := Canonical([]byte(in)); err == nil {
			t.Errorf("%q: %s, want an error", in, got)
		}
	}
}

// TestCanonicalDeep takes the deepest document there may be, each level with keys out of order.
func TestCanonicalDeep(t *testing.T) {
	deep := strings.Repeat(`{"b":`, 9_000) + "1" + strings.Repeat(`,"a":2}`, 9_000)
	got, err := Canonical([]byte(deep))
	if want := strings.Repeat(`{"a":2,"b":`, 9_000) + "1" + strings.Repeat("}", 9_000); err != nil || string(got) != want {
		t.Errorf("%v, %d bytes", err, len(got))
	}
}

func FuzzCanonical(f *testing.F) {
	f.Add([]byte(`{"b":[1,{"a":"\u00e9"}],"a":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Canonical(raw)
		if valid := jsontext.Value(raw).IsValid(jsontext.AllowInvalidUTF8(true)); valid != (err == nil) {
			t.Fatalf("valid %v, error %v", valid, err)
		}
		if err != nil {
			return
		}
		if again, err := Canonical(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%q is not its own canonical form: %q %v", got, again, err)
		}
	})
}
