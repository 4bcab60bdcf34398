package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
)

// imageFormat is a format as simple as can be.
func imageFormat() Format {
	return Format{
		Name:       "image",
		Recognise:  func(k Keys) bool { return k.Has("image") && k.Has("resources") },
		WholeArray: wholeArray,
		Read: func(doc *Document) error {
			in, err := Decode[struct{ Image string }](doc)
			if err != nil {
				return err
			}
			doc.Reports = []Report{{Artifact: Artifact{Type: "image", Name: in.Image}, Raw: doc.Raw}}
			return nil
		},
	}
}

// known are the options with a format beside generic.
func known(o Options) Options {
	o.Formats = []Format{imageFormat()}
	return o
}

// gather reads the inputs and releases every document at once.
func gather(t testing.TB, o Options, inputs ...string) (docs []*Document, errs []*InputError, warnings []string) {
	for item := range Read(t.Context(), inputs, known(o)) {
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

// lines shows everything that Read yields for some inputs, a line each.
func lines(t testing.TB, o Options, inputs ...string) []string {
	out := []string{}
	for item := range Read(t.Context(), inputs, known(o)) {
		switch {
		case item.Doc != nil:
			out = append(out, fmt.Sprintf("%s %d %s %s", item.Doc.Source, item.Doc.Offset, item.Doc.Format, item.Doc.Raw))
			item.Release()
			item.Release() // a second call gives nothing back
		case item.Err != nil:
			out = append(out, item.Err.Error())
		default:
			out = append(out, "warning: "+item.Warning)
		}
	}
	return out
}

func packed(b string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, b)
	_ = w.Close()
	return out.String()
}

func utf16(order unicode.Endianness, bom unicode.BOMPolicy, s string) string {
	out, _ := unicode.UTF16(order, bom).NewEncoder().String(s)
	return out
}

func TestReadEncodings(t *testing.T) {
	const doc = `{"image":"é:1","resources":[]}`
	want := []string{"-#1 0 image " + doc}
	for name, in := range map[string]string{
		"UTF-8": doc, "gzip": packed(doc), "gzip in two parts": packed(doc[:9]) + packed(doc[9:]),
		"UTF-16LE": utf16(unicode.LittleEndian, unicode.UseBOM, doc), "UTF-16BE": utf16(unicode.BigEndian, unicode.UseBOM, doc),
		"UTF-16 in gzip": packed(utf16(unicode.BigEndian, unicode.UseBOM, doc)),
	} {
		if diff := cmp.Diff(want, lines(t, Options{Stdin: strings.NewReader(in)}, "-")); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestReadErrors(t *testing.T) {
	const hint = "looks like UTF-16 without a byte order mark: save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)"
	const empty = "-: empty input: a scan that found nothing still writes a document"
	doc := `{"image":"a","resources":[]}`
	for in, want := range map[string][]string{
		"":                        {empty},
		" \n\x00":                 {empty},
		"\xef\xbb\xbf":            {empty},
		packed(""):                {empty},
		"[]":                      {},
		"nothing\x1b\n":           {`-: no JSON document: the input begins with "nothing."`},
		"null":                    {"-#1: offset 0: expected an object, found null"},
		"wait\n" + doc + "\n\x00": {"-#1 5 image " + doc, "warning: -: skipped 1 line of text around the JSON", "warning: -: skipped NUL bytes around the JSON"},
		utf16(unicode.LittleEndian, unicode.IgnoreBOM, doc): {"-: " + hint},
		utf16(unicode.BigEndian, unicode.IgnoreBOM, doc):    {"-: " + hint},
		packed(doc)[:30]: {"-#1: offset 15: unexpected end of JSON", "-: offset 15: read: unexpected EOF"},
		"\x1f\x8bx":      {"-: gzip: unexpected EOF"},
	} {
		got := lines(t, Options{Stdin: strings.NewReader(in)}, "-")
		if strings.HasPrefix(in, "\x1f\x8b") && len(want) == 2 {
			got = got[len(got)-1:] // how much comes out of a cut gzip is the library's affair
			got[0] = got[0][strings.Index(got[0], "read"):]
			want = []string{"read: unexpected EOF"}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
	if got := lines(t, Options{}, "-"); len(got) != 1 || got[0] != "-: standard input is not available" {
		t.Errorf("no standard input: %q", got)
	}
}

func TestReadFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.json": `{"n":1}`, "a/x.NDJSON": "{\"n\":2}\n{\"n\":3}", "a/y.json.gz": packed(`{"n":4}`), "c.sarif": `{"n":5}`, "readme.md": "no", "d.txt.gz": "no", "e/f.md": "no",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink(dir, filepath.Join(dir, "loop")), os.Symlink("b.json", filepath.Join(dir, "link.json"))); err != nil {
		t.Fatal(err)
	}
	var got []string
	inputs := []string{dir, filepath.Join(dir, "missing.json"), filepath.Join(dir, "e"), filepath.Join(dir, "c.sarif")}
	for _, line := range lines(t, Options{Format: "generic"}, inputs...) {
		got = append(got, strings.ReplaceAll(line, dir, "DIR"))
	}
	want := []string{
		`DIR/a/x.NDJSON#1 0 generic {"n":2}`, `DIR/a/x.NDJSON#2 8 generic {"n":3}`, `DIR/a/y.json.gz#1 0 generic {"n":4}`, `DIR/b.json#1 0 generic {"n":1}`,
		`DIR/c.sarif#1 0 generic {"n":5}`, `DIR/link.json#1 0 generic {"n":1}`,
		"DIR/missing.json: stat: no such file or directory", "DIR/e: " + errNoReports.Error(), `DIR/c.sarif#1 0 generic {"n":5}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestReadOrder holds that documents of very different size come in order, with their own bytes.
func TestReadOrder(t *testing.T) {
	var in bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&in, "{\"n\":%d,\"x\":%q}\n", i, strings.Repeat("y", (i*7919)%3000))
	}
	docs, errs, _ := gather(t, Options{Stdin: &in, Generic: true}, "-")
	if len(docs) != 3000 || len(errs) > 0 {
		t.Fatalf("%d documents, %v", len(docs), errs)
	}
	for i, doc := range docs {
		if !bytes.HasPrefix(doc.Raw, fmt.Appendf(nil, "{\"n\":%d,", i)) || doc.Source != fmt.Sprintf("-#%d", i+1) {
			t.Fatalf("document %d is %s: %.40s", i, doc.Source, doc.Raw)
		}
	}
}

// TestSlowPipe holds that a document is delivered while the pipe is silent, and that everything ends with the context.
func TestSlowPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, w := io.Pipe()
		got := make(chan string)
		go func() {
			for item := range Read(ctx, []string{"-"}, Options{Stdin: r, Format: "generic"}) {
				got <- item.Doc.Source
				item.Release()
			}
			close(got)
		}()
		for i := range 3 {
			_, _ = fmt.Fprintf(w, "{\"n\":%d}", i)
			if s := <-got; s != fmt.Sprintf("-#%d", i+1) {
				t.Errorf("document %s", s)
			}
		}
		cancel()
		if s, open := <-got; open {
			t.Errorf("%s after the end", s)
		}
		_ = w.Close() // the read that was under way returns; synctest fails if a goroutine is left
	})
}

// TestEarlyStop holds that no goroutine is left when the consumer has had enough, wherever that is.
func TestEarlyStop(t *testing.T) {
	in := strings.Repeat("{\"n\":1}\n", 5000)
	for stop := 1; stop < 5000; stop *= 3 {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			for item := range Read(t.Context(), []string{"-"}, Options{Stdin: strings.NewReader(in), Format: "generic"}) {
				item.Release()
				if n++; n == stop {
					break
				}
			}
		})
	}
}

// TestBudget holds that the reader waits when the consumer keeps documents, and goes on when it gives them back.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 3 << 20
		in := strings.NewReader(strings.Repeat(`{"x":"`+strings.Repeat("y", size)+`"}`, 6))
		items := make(chan Item)
		go func() {
			for item := range Read(t.Context(), []string{"-"}, Options{Stdin: in, Format: "generic"}) {
				items <- item
			}
			close(items)
		}()
		var held []Item
		for {
			synctest.Wait()
			select {
			case item := <-items:
				held = append(held, item)
				continue
			default:
			}
			break
		}
		if len(held) != inFlight/size {
			t.Errorf("%d documents in flight, want %d", len(held), inFlight/size)
		}
		total := len(held)
		for _, item := range held {
			item.Release()
		}
		for item := range items {
			total++
			item.Release()
		}
		if total != 6 {
			t.Errorf("%d documents", total)
		}
	})
}

func TestGenericAnnouncedOnce(t *testing.T) {
	got := lines(t, Options{Generic: true, Stdin: strings.NewReader("{\"a\":1,\"b\":2}\n{\"a\":2}\n{\"image\":\"a\",\"resources\":[]}")}, "-")
	want := []string{
		"warning: -#1: no known scan format (top-level keys: a, b): taken as generic, without findings; --input-format NAME says what it is (auto, image, generic)",
		`-#1 0 generic {"a":1,"b":2}`, `-#2 14 generic {"a":2}`, `-#3 22 image {"image":"a","resources":[]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
