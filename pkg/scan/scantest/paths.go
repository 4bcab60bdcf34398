package scantest

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postee/postee/pkg/scan"
)

// Paths are the two ways to read a document: by tokens, which gives up at whatever is odd, and by types.
type Paths struct {
	Tokens func(t *scan.Tokens, doc *scan.Document)
	Types  func(doc *scan.Document) error
}

// Same holds for any bytes that reading by tokens, unless it gives up, comes to the same as reading by types, and that it leaves
// nothing behind when it gives up. It reports whether it did not.
func (p Paths) Same(t testing.TB, raw []byte) bool {
	t.Helper()
	before := bytes.Clone(raw)
	got, want := &scan.Document{Raw: raw}, &scan.Document{Raw: raw}
	if !scan.ReadTokens(got, func(t *scan.Tokens) { p.Tokens(t, got) }) {
		if got.Reports != nil || got.Warnings != nil || got.Notes != nil {
			t.Errorf("%.2000q: given up, and %d reports are there, warnings %q", raw, len(got.Reports), got.Warnings)
		}
		return false
	}
	if err := p.Types(want); err != nil {
		t.Errorf("%.2000q: read by tokens, and by types: %v", raw, err)
		return true
	}
	if !reflect.DeepEqual(want, got) { // cmp takes its time
		t.Errorf("%.2000q: by types and by tokens: %s", raw, cmp.Diff(want, got, cmpopts.IgnoreUnexported(scan.Document{})))
	}
	if !bytes.Equal(before, raw) {
		t.Errorf("%.2000q: the document's bytes have been changed", before)
	}
	return true
}

// SameEverywhere holds Same for these documents, for every file below these folders, and for mutations of each that is read by tokens. The
// test fails when no document is, or when none of the mutations is given up.
func (p Paths) SameEverywhere(t *testing.T, documents []string, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, string(raw))
		}
	}
	read, given := 0, 0
	for _, text := range documents {
		if !p.Same(t, []byte(text)) {
			continue
		}
		read++
		for mutation := range Mutations([]byte(text)) {
			if !p.Same(t, mutation) {
				given++
			}
		}
		if t.Failed() {
			return
		}
	}
	if read == 0 || given == 0 {
		t.Errorf("of %d documents, %d are read by tokens, and %d mutations are not", len(documents), read, given)
	}
}

// mutants are what Mutations puts in the place of a value, or in front of and behind it.
var mutants = []string{
	`null`, `true`, `false`, `0`, `-1.5e3`, `01`, `1e999`, `"x"`, `""`, `"a. b"`, `"5"`, `"\u0041\n\"\\ \/"`, `"\ud83d\ude00 é 日本"`, `"\ud800"`, `"\x"`, "\"\xff\"", "\"\x01\"",
	`{}`, `[]`, `[null]`, `["x",1,{}]`, `[{}]`, `{"a":1}`, `{"a":1,"a":2}`, `{"a":{"b":[1,{"c":null}]}}`, `nul`, `1,`, ` {"é":"` + "\t" + `"}`, "\n [ ] \r\n",
}

// wrappers are what a value is put between.
var wrappers = [][2]string{{`[`, `]`}, {`[null,`, `]`}, {`{"a":`, `}`}, {` `, "\n\t"}, {``, `,`}, {``, `}`}, {`,`, ``}}

// mutated is how many bytes the mutations of a document have together, about. Of a document that would have more, not all values are
// changed, and of a large one not in all ways.
const mutated = 2 << 20

// Mutations returns variants of a document: each value replaced by others, each key spelt otherwise, repeated, left out or moved, and the
// document cut.
func Mutations(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		all := places(raw)
		each := len(mutants) + len(wrappers) + 8
		most, thinned, n := max(1, mutated/each/(len(raw)+1)), 1+each*len(raw)/mutated, 0
		with := func(parts ...[]byte) bool {
			n++
			return n%thinned != 0 || yield(slices.Concat(parts...))
		}
		for i := 0; i < len(all); i += 1 + len(all)/most {
			if !replaced(raw, all[i], with) || all[i].key >= 0 && !respelt(raw, all[i], with) {
				return
			}
		}
		for i := 0; i < len(raw); i += 1 + len(raw)/most {
			if !with(raw[:i]) || !with(raw[:i], raw[i+1:]) {
				return
			}
		}
	}
}

// replaced yields variants of a value. It is false when nobody wants more.
func replaced(raw []byte, p place, with func(parts ...[]byte) bool) bool {
	before, value, after := raw[:p.start], raw[p.start:p.end], raw[p.end:]
	for _, m := range mutants {
		if !with(before, []byte(m), after) {
			return false
		}
	}
	for _, w := range wrappers {
		if !with(before, []byte(w[0]), value, []byte(w[1]), after) {
			return false
		}
	}
	return true
}

// respelt yields variants of a member of an object. It is false when nobody wants more.
func respelt(raw []byte, p place, with func(parts ...[]byte) bool) bool {
	before, member, value, after := raw[:p.key], raw[p.key:p.end], raw[p.start:p.end], raw[p.end:]
	key, comma := raw[p.key:p.key+bytes.IndexByte(member, ':')], []byte(",")
	rest := member[len(key):]
	for _, to := range []int{p.open, p.previous} { // to the front of its object, and by one
		if passed := bytes.TrimRight(raw[to:p.key], ", \r\n\t"); len(passed) > 0 && !with(raw[:to], member, comma, passed, after) {
			return false
		}
	}
	return with(before, bytes.ToLower(key), rest, after) && with(before, bytes.ToUpper(key), rest, after) &&
		with(before, fmt.Appendf(nil, `"\u%04x`, key[1]), key[min(2, len(key)-1):], rest, after) &&
		with(before, member, comma, member, after) && with(before, member, comma, key, []byte(`:null`), after) &&
		with(before, []byte(`"another":`), value, after) && with(before, []byte(`"":`), value, comma, member, after)
}

// place is where a value stands in a document, its key, -1 without one, where the members of its object begin, and the member before it.
type place struct{ open, previous, key, start, end int }

// places returns the values of a document, each before those that are in it.
func places(raw []byte) (all []place) {
	options := []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}
	var walk func(start, end int)
	walk = func(start, end int) {
		in := jsontext.NewDecoder(bytes.NewReader(raw[start:end]), options...)
		open, err := in.ReadToken()
		isObject, previous := open.Kind() == '{', start+1
		for err == nil && (isObject || open.Kind() == '[') && in.PeekKind() != '}' && in.PeekKind() != ']' {
			p := place{open: start + 1, previous: previous, key: -1}
			var value jsontext.Value
			if isObject {
				if value, err = in.ReadValue(); err != nil {
					return
				}
				p.key = start + int(in.InputOffset()) - len(value)
			}
			if value, err = in.ReadValue(); err != nil {
				return
			}
			p.end = start + int(in.InputOffset())
			p.start = p.end - len(value)
			previous = p.key
			all = append(all, p)
			walk(p.start, p.end)
		}
	}
	walk(0, len(raw))
	return all
}
