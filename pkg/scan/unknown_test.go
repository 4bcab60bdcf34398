package scan

import (
	"strings"
	"testing"
)

// TestUnknown holds that what no format recognises is an error which says what it is, unless somebody asks for it.
func TestUnknown(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                              "no known scan format (no top-level keys: it looks like a placeholder without a scan); known are image; --input-format generic takes any JSON",
		`{"results":[]}`:                  "(top-level keys: results: it looks like a placeholder without a scan)",
		`{"matches":[],"descriptor":{}}`:  "it looks like Grype's report)",
		`{"bomFormat":"CycloneDX"}`:       "it looks like CycloneDX)",
		`{"error":"denied"}`:              "it looks like an error message)",
		`{"cost":1}`:                      "(top-level keys: cost); known",
		`{"image":"a:1","vulnerables":1}`: "(top-level keys: image, vulnerables); known",
	} {
		docs, errs, _ := gather(t, Options{Stdin: strings.NewReader(in)}, "-")
		if len(docs) > 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%s: %d documents, %v", in, len(docs), errs)
		}
		docs, errs, _ = gather(t, Options{Stdin: strings.NewReader(in), Format: "image"}, "-")
		if len(docs) > 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "this is no image document: no known scan format") {
			t.Errorf("forced on %s: %d documents, %v", in, len(docs), errs)
		}
		for _, o := range []Options{{Generic: true}, {Format: Generic}} {
			o.Stdin = strings.NewReader(in)
			if docs, errs, _ = gather(t, o, "-"); len(docs) != 1 || docs[0].Format != Generic || len(errs) > 0 {
				t.Errorf("%s, asked for: %d documents, %v", in, len(docs), errs)
			}
		}
	}
	const log = `{"level":"info","time":1,"msg":"x"}`
	for format, want := range map[string]int{"": 0, "image": 0, Generic: 1} {
		docs, errs, _ := gather(t, Options{Stdin: strings.NewReader(log), Format: format}, "-")
		if len(docs) != want || len(errs) != 1-want || want == 0 && !strings.Contains(errs[0].Error(), "-: no scan, only lines of a log: the input begins with") {
			t.Errorf("a log as %q: %d documents, %v", format, len(docs), errs)
		}
	}
}

// folderFormat reads a folder's path and what was looked for.
func folderFormat() Format {
	return Format{
		Name: "folder", Recognise: func(k Keys) bool { return k.Has("folder") },
		Read: func(doc *Document) error {
			in, err := Decode[struct {
				Folder  string   `json:"folder"`
				Scanner string   `json:"scanner"`
				Looked  []Kind   `json:"looked"`
				Found   []string `json:"found"`
			}](doc)
			if err != nil {
				return err
			}
			r := Report{Scanner: in.Scanner, Artifact: Artifact{Type: "filesystem", Name: in.Folder}, Covers: CoverageOf(in.Looked...), Raw: doc.Raw}
			for _, id := range in.Found {
				r.Findings = append(r.Findings, Finding{Kind: Secret, ID: id})
			}
			doc.Reports = []Report{r}
			return nil
		},
	}
}

// TestClash holds which documents of one run may be about two things under one name.
func TestClash(t *testing.T) {
	const first = `{"folder":".","scanner":"a","looked":["vulnerability"]}`
	job := Job{Repository: "git.shop.test/till", Source: "GIT_URL"}
	for _, test := range []struct {
		second string
		o      Options
		clash  bool
	}{
		{`{"folder":"./","scanner":"a","looked":["vulnerability","secret"]}`, Options{}, true},
		{`{"folder":".","scanner":"a","looked":["vulnerability","secret"]}`, Options{Job: job}, true},
		{`{"folder":".","scanner":"a","looked":["vulnerability","secret"]}`, Options{Named: true}, false},
		{first, Options{}, false}, // in one file
		{`{"folder":".","scanner":"b","looked":["vulnerability"]}`, Options{}, false},
		{`{"folder":".","scanner":"a","looked":["secret"]}`, Options{}, false},
		{`{"folder":".","scanner":"a","looked":[],"found":["key"]}`, Options{}, false},
		{`{"folder":"web","scanner":"a","looked":["vulnerability","secret"]}`, Options{}, false},
		{`{"folder":"/srv","scanner":"a","looked":["vulnerability"]}{"folder":"/srv","scanner":"a","looked":["vulnerability"],"x":1}`, Options{}, false},
	} {
		o := test.o
		o.Formats, o.Stdin = []Format{folderFormat()}, strings.NewReader(first+"\n"+test.second)
		documents, said := 0, ""
		for item := range Read(t.Context(), []string{"-"}, o) {
			switch {
			case item.Doc != nil:
				documents++
				item.Release()
			case item.Err != nil:
				said += item.Err.Error()
			}
		}
		if test.clash != (said != "") || test.clash && (documents != 1 || !strings.HasPrefix(said, "-#2: ") || !strings.Contains(said, "and so is that of -#1")) {
			t.Errorf("%s: %d documents, %s", test.second, documents, said)
		}
	}
}
