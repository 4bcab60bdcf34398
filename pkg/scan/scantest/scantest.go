// Package scantest is the suite that every format passes, and what tests of formats need to read documents.
package scantest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/scan"
)

// Gather reads the inputs and releases every document at once.
func Gather(t testing.TB, o scan.Options, inputs ...string) (docs []*scan.Document, errs []*scan.InputError, warnings []string) {
	t.Helper()
	for item := range scan.Read(t.Context(), inputs, o) {
		switch {
		case item.Doc != nil:
			docs = append(docs, item.Doc)
			item.Release()
		case item.Err != nil:
			errs = append(errs, item.Err)
		default:
			warnings = append(warnings, item.Warning)
		}
	}
	return docs, errs, warnings
}

// Text reads a text that stands on standard input.
func Text(t testing.TB, o scan.Options, text string) (docs []*scan.Document, errs []*scan.InputError, warnings []string) {
	t.Helper()
	o.Stdin = strings.NewReader(text)
	return Gather(t, o, "-")
}

// One reads a file that holds one document, and fails the test when it is not understood.
func One(t testing.TB, o scan.Options, file string) *scan.Document {
	t.Helper()
	docs, errs, _ := Gather(t, o, file)
	if len(docs) != 1 || len(errs) > 0 {
		t.Fatalf("%s: %d documents, errors %v", file, len(docs), errs)
	}
	Check(t, docs[0])
	return docs[0]
}

// Contradictions reads each text and holds that it is one document, or that it is refused with these words.
func Contradictions(t *testing.T, o scan.Options, words map[string]string) {
	t.Helper()
	for in, want := range words {
		docs, errs, _ := Text(t, o, in)
		switch {
		case want == "" && (len(docs) != 1 || len(errs) != 0):
			t.Errorf("%s: %v", in, errs)
		case want != "" && (len(errs) != 1 || errs[0].Err.Error() != want):
			t.Errorf("%s:\n got %v\nwant %s", in, errs, want)
		}
	}
}

// maxSubject is the longest subject in bytes, as scan.Artifact.Subject promises.
const maxSubject = 1024

// Subject holds for any artifact that its subject is short, printable, and the same whenever it is asked for.
func Subject(t testing.TB, a scan.Artifact) {
	t.Helper()
	s := a.Subject()
	if s == "" || len(s) > maxSubject || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) || s != a.Subject() {
		t.Errorf("subject %.2000q of %.100q", s, a.Name)
	}
}

// Check holds what is true of every document that was understood.
func Check(t testing.TB, doc *scan.Document) {
	t.Helper()
	if len(doc.Reports) == 0 {
		t.Errorf("%s document without a report", doc.Format)
	}
	for _, r := range doc.Reports {
		Subject(t, r.Artifact)
		if r.Artifact.Type == "" {
			t.Errorf("artifact without a type: %.100q", r.Artifact.Name)
		}
		if !jsontext.Value(r.Raw).IsValid(jsontext.AllowInvalidUTF8(true)) || !bytes.Contains(doc.Raw, r.Raw) {
			t.Errorf("the report's bytes are no JSON of the document: %.100q", r.Raw)
		}
		for _, finding := range slices.Concat(r.Findings, r.Suppressed) {
			if finding.ID == "" {
				t.Errorf("finding without an ID: %+v", finding)
			}
		}
		for _, c := range r.Components {
			if c.Name == "" {
				t.Errorf("component without a name: %+v", c)
			}
		}
	}
}

// Forced holds for a format and any bytes that it does not panic when it is made to read them, that a document which it
// understands passes Check, and that an error has words and a place.
func Forced(t testing.TB, format scan.Format, raw []byte) {
	t.Helper()
	doc := &scan.Document{Raw: raw}
	at, err := format.Fill(doc, scan.Options{Components: true})
	if err == nil {
		Check(t, doc)
		return
	}
	if at < 0 || at > int64(len(raw)) || err.Error() == "" {
		t.Errorf("error at %d of %d: %v", at, len(raw), err)
	}
}

// Fuzz holds for any bytes what Forced does, and the same for the documents of a stream that the format recognises. The seeds
// are documents of the format.
func Fuzz(f *testing.F, format scan.Format, seeds ...string) {
	f.Helper()
	for _, s := range append(seeds, `{}`, `[]`, `null`, `{"a":[{}]}`) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		Forced(t, format, raw)
		docs, _, _ := Text(t, scan.Options{Formats: []scan.Format{format}}, string(raw))
		for _, doc := range docs {
			Check(t, doc)
		}
	})
}
