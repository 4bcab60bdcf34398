package scan

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// FuzzFramer holds that the framer never panics, gives the same for every chunking, and finds a lone object whole.
func FuzzFramer(f *testing.F) {
	for _, test := range frameTests {
		f.Add([]byte(test.in))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := frames(bytes.NewReader(raw), int64(len(raw)), 0)
		if diff := cmp.Diff(got, frames(iotest.OneByteReader(bytes.NewReader(raw)), 0, 0)); diff != "" {
			t.Error("chunking matters: ", diff)
		}
		value := jsontext.Value(raw)
		if value.Kind() != '{' || !value.IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
			return
		}
		fr, ok := newFramer(bytes.NewReader(raw), 0, 0, nil).next()
		if !ok || fr.err != nil || !bytes.Equal(fr.raw, bytes.TrimSpace(raw)) || len(got) != 1 {
			t.Errorf("%q: %v %q, %d frames", raw, fr.err, fr.raw, len(got))
		}
		checkKeys(t, raw, fr)
	})
}

// FuzzValueScan holds that running over a value comes to the same as stepping over its tokens, wherever the bytes are cut.
func FuzzValueScan(f *testing.F) {
	for _, test := range frameTests {
		f.Add([]byte(test.in), 0)
	}
	for i, text := range tokenTexts {
		f.Add([]byte(text), i)
		f.Add([]byte(`{"a":{"b":`+text+`}}`), i)
		f.Add([]byte(`[[`+text+`,{"a":`+text+` } ]]`), i)
	}
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		cut = min(max(cut, 0), len(raw))
		stepped, run := new(valueScan), new(valueScan)
		wantEnd, want := 0, needMore
		for want == needMore && wantEnd < len(raw) {
			wantEnd, want = stepped.step(raw, wantEnd)
		}
		end, got := run.run(raw[:cut], 0)
		if got == needMore {
			end, got = run.run(raw, end)
		}
		if end != wantEnd || got != want || fmt.Sprint(run.err) != fmt.Sprint(stepped.err) || !slices.Equal(run.keys, stepped.keys) {
			t.Errorf("%q cut at %d: %d %v %v, want %d %v %v", raw, cut, end, got, run.err, wantEnd, want, stepped.err)
		}
		if run.want != stepped.want || run.depth != stepped.depth {
			t.Errorf("%q cut at %d: wants %v at depth %d, want %v at %d", raw, cut, run.want, run.depth, stepped.want, stepped.depth)
		}
	})
}

// checkKeys compares the top-level keys that the framer saw with the decoder's.
func checkKeys(t *testing.T, raw []byte, fr frame) {
	in := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	_, _ = in.ReadToken()
	for i := 0; in.PeekKind() != '}'; i++ {
		key, err := in.ReadValue()
		if err != nil || i >= maxTopKeys {
			return
		}
		if i >= len(fr.keys.spans) || string(key[1:len(key)-1]) != string(fr.raw[fr.keys.spans[i].start:fr.keys.spans[i].end]) {
			t.Fatalf("key %d is %s", i, key)
		}
		value, _ := in.ReadValue()
		if !bytes.HasPrefix(fr.raw[fr.keys.spans[i].value:], value) {
			t.Fatalf("value of key %d is %s", i, value)
		}
	}
}

// FuzzRead holds that no input makes the reader panic or hang, that every document has a report and a subject that may be
// stored, and that nothing is silently nothing.
func FuzzRead(f *testing.F) {
	for _, test := range frameTests {
		f.Add([]byte(test.in))
	}
	f.Add([]byte(packed("{}")))
	f.Add([]byte("\xff\xfe{\x00}\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		docs, _, _ := gather(t, Options{Stdin: bytes.NewReader(raw)}, "-")
		for _, doc := range docs {
			checkDocument(t, doc)
		}
	})
}

// checkDocument holds for every document that was understood.
func checkDocument(t *testing.T, doc *Document) {
	if len(doc.Reports) == 0 {
		t.Errorf("%s document without a report", doc.Format)
	}
	for _, r := range doc.Reports {
		checkSubject(t, r.Artifact)
		if !jsontext.Value(r.Raw).IsValid(jsontext.AllowInvalidUTF8(true)) || !bytes.Contains(doc.Raw, r.Raw) {
			t.Errorf("the report's bytes are no JSON of the document: %.100q", r.Raw)
		}
		for _, finding := range append(r.Findings, r.Suppressed...) {
			if finding.ID == "" {
				t.Errorf("finding without an ID: %+v", finding)
			}
		}
	}
}

// FuzzFill holds the same for a format that is forced on any bytes.
func FuzzFill(f *testing.F) {
	forced := []Format{imageFormat(), genericFormat()}
	for i := range forced {
		f.Add(i, []byte(`{"Image":"a","resources":[]}`))
	}
	f.Fuzz(func(t *testing.T, which int, raw []byte) {
		format := &forced[uint(which)%uint(len(forced))]
		doc := &Document{Raw: raw}
		if at, err := format.Fill(doc, Options{}); err != nil {
			if at < 0 || at > int64(len(raw)) || err.Error() == "" {
				t.Errorf("error at %d of %d: %v", at, len(raw), err)
			}
			return
		}
		checkDocument(t, doc)
	})
}
