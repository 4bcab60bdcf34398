package scan

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// wholeArray is the arrays that these tests take as one document.
func wholeArray(first Keys) bool {
	return first.Has("Target") && !first.Has("SchemaVersion") || first.Has("image_name") && first.First("results") == '{'
}

// frames lists what the framer makes of a stream: documents as they are, errors with number and offset, then what it counted.
func frames(r io.Reader, size, limit int64) []string {
	return framesOf(newFramer(r, size, limit, wholeArray))
}

// framesOf lists what a framer makes of its stream.
func framesOf(f *framer) []string {
	out := []string{}
	for {
		fr, ok := f.next()
		if !ok {
			break
		}
		if fr.err != nil {
			out = append(out, fmt.Sprintf("#%d @%d %v", fr.number, fr.offset, fr.err))
			continue
		}
		out = append(out, fmt.Sprintf("#%d @%d %s", fr.number, fr.offset, fr.raw))
	}
	if f.logLines > 0 {
		out = append(out, fmt.Sprintf("%d log lines", f.logLines))
	}
	if f.rerr != nil {
		out = append(out, f.rerr.Error())
	}
	return out
}

var frameTests = []struct {
	name, in string
	want     []string
}{
	{"empty", "", []string{}},
	{"blank", " \n\t\r\n\xef\xbb\xbf\x00", []string{}},
	{"one", `{"a":1}`, []string{`#1 @0 {"a":1}`}},
	{"byte order mark", "\xef\xbb\xbf{}", []string{`#1 @3 {}`}},
	{"concatenated", `{}{"a":[{}]} {}`, []string{`#1 @0 {}`, `#2 @2 {"a":[{}]}`, `#3 @13 {}`}},
	{"lines", "{\"a\":\"}\"}\r\n{\"b\":\"\\\"{\"}\n", []string{`#1 @0 {"a":"}"}`, `#2 @11 {"b":"\"{"}`}},
	{"array", ` [ {} , {"a":1}]`, []string{`#1 @3 {}`, `#2 @8 {"a":1}`}},
	{"nested arrays", `[[{}],[],[[{}]]]`, []string{`#1 @2 {}`, `#2 @11 {}`}},
	{"empty array", `[]`, []string{}},
	{"arrays one after another", "[{}]\n[{}]", []string{`#1 @1 {}`, `#2 @6 {}`}},
	{"legacy Trivy", `[{"Target":"a"},{"Target":"b"}]`, []string{`#1 @0 [{"Target":"a"},{"Target":"b"}]`}},
	{"not legacy Trivy", `[{"Target":"a","SchemaVersion":2}]`, []string{`#1 @1 {"Target":"a","SchemaVersion":2}`}},
	{"DevOps", `[{"image_name":"a","results":{}}]x`, []string{`#1 @0 [{"image_name":"a","results":{}}]`, "1 log lines"}},
	{"scalar elements", `[null,1,"a]",{},true]`, []string{"#1 @1 expected an object, found null", "#2 @6 expected an object, found a number", "#3 @8 expected an object, found a string", "#4 @13 {}", "#5 @16 expected an object, found a boolean"}},
	{"scalars", "null\n\"x\"\n12\n{}", []string{"#1 @0 expected an object, found null", "#2 @5 expected an object, found a string", "#3 @9 expected an object, found a number", "#4 @12 {}"}},
	{"log lines", "[INFO] x\n[2026-11-22 10:00] y\n2026 {z}\n{}\n[12] w\n[true] v\n[] text\nend", []string{"#1 @39 {}", "7 log lines"}},
	{"log lines without end", "[INFO", []string{"1 log lines"}},
	{"array of numbers", "[1, 2]\n", []string{"#1 @1 expected an object, found a number", "#2 @4 expected an object, found a number"}},
	{"stray", "{}\n}]\n{}", []string{"#1 @0 {}", "#0 @3 found '}' outside a document", "#2 @6 {}"}},
	{"stray comma", "{},{}", []string{"#1 @0 {}", "#0 @2 found ',' outside a document", "#2 @3 {}"}},
	{"missing comma", "[{} {}]", []string{"#1 @1 {}", "#0 @4 found a value where ',' or ']' must stand", "#2 @4 {}"}},
	{"open array", "[{}", []string{"#1 @1 {}", "#0 @3 unexpected end of JSON: the array of documents is not closed"}},
	{"cut line", "{}\n{\"a\":1}\n{\"a\":[1,{\"b\"", []string{"#1 @0 {}", `#2 @3 {"a":1}`, "#3 @23 unexpected end of JSON"}},
	{"cut in a string", "{\"a\":\"x\n{\"b\":1}\n", []string{"#1 @7 raw control character 0x0a in a string", `#2 @8 {"b":1}`}},
	{"cut before a key", "{\"a\":1,\n{\"b\":1}\n", []string{"#1 @8 found '{' where a key must stand", `#2 @8 {"b":1}`}},
	{"cut in an array", "{\"a\":[\n{\"b\":1}\n", []string{"#1 @15 unexpected end of JSON", `#2 @7 {"b":1}`}},
	{"cut element", "[{\"a\":},\n{\"b\":1},\n{\"c\":1}\n]\n", []string{"#1 @6 found '}' where a value must stand", `#2 @9 {"b":1}`, `#3 @18 {"c":1}`}},
	{"mismatch", `{"a":[1}`, []string{"#1 @7 found '}' where ',' or the end of the object or array must stand"}},
	{"garbage in an array", "[{},<x>]\n{}", []string{"#1 @1 {}", "#2 @4 found '<' where a value must stand", "#3 @9 {}"}},
	{"resynchronised behind a log line", "{\"a\":\"\n[INFO] x\n{}\n", []string{"#1 @6 raw control character 0x0a in a string", "#2 @16 {}"}},
	{"vertical tab", "\x00\v", []string{"1 log lines"}},
	{"text", "a: b\n- c", []string{"2 log lines"}},
}

// TestFrames reads every case whole, in halves and byte by byte: the result must be the same.
func TestFrames(t *testing.T) {
	readers := map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "eof": iotest.DataErrReader,
	}
	for _, test := range frameTests {
		for how, wrap := range readers {
			t.Run(test.name+"/"+how, func(t *testing.T) {
				if diff := cmp.Diff(test.want, frames(wrap(strings.NewReader(test.in)), 0, 0)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestFramesAcrossBlocks puts documents of every size across the borders of the framer's blocks.
func TestFramesAcrossBlocks(t *testing.T) {
	var in bytes.Buffer
	var want []string
	for i := range 400 {
		want = append(want, fmt.Sprintf("#%d @%d {\"k%d\":%q}", i+1, in.Len(), i, strings.Repeat("x", i*i%5000)))
		fmt.Fprintf(&in, "{\"k%d\":%q}\n", i, strings.Repeat("x", i*i%5000))
	}
	want = append(want, fmt.Sprintf("#401 @%d [\"%s\"]", in.Len(), strings.Repeat("y", 1<<20)))
	want[400] = strings.Replace(want[400], "[", `{"Target":[`, 1) + "}"
	fmt.Fprintf(&in, "{\"Target\":[\"%s\"]}\n", strings.Repeat("y", 1<<20))
	for _, size := range []int64{0, int64(in.Len()), 100} {
		if diff := cmp.Diff(want, frames(bytes.NewReader(in.Bytes()), size, 0)); diff != "" {
			t.Error(size, diff[:min(len(diff), 500)])
		}
	}
}

func TestFrameLimits(t *testing.T) {
	in := `{"a":"` + strings.Repeat("x", 100) + "\"}\n{}\n"
	want := []string{"#1 @50 larger than the limit of 50 bytes (--max-document)", "#2 @109 {}"}
	if diff := cmp.Diff(want, frames(strings.NewReader(in), 0, 50)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"#1 @0 {}"}, frames(strings.NewReader("{}"), 0, 2)); diff != "" {
		t.Error(diff)
	}
	deep := `{"a":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + "}\n{}"
	got := frames(strings.NewReader(deep), 0, 0)
	if len(got) != 2 || !strings.Contains(got[0], "nested deeper than the limit of 10000") {
		t.Errorf("depth: %.200q", got)
	}
	if got := frames(strings.NewReader(strings.Repeat("[", 3*maxDepth)), 0, 0); len(got) == 0 || !strings.Contains(got[0], "nested deeper") {
		t.Errorf("arrays: %.200q", got)
	}
}

func TestFrameReadError(t *testing.T) {
	r := io.MultiReader(strings.NewReader("{}\n{\"a\""), iotest.ErrReader(io.ErrClosedPipe))
	want := []string{"#1 @0 {}", "#2 @7 unexpected end of JSON", io.ErrClosedPipe.Error()}
	if diff := cmp.Diff(want, frames(r, 0, 0)); diff != "" {
		t.Error(diff)
	}
}

// TestFrameQuadratic ends in reasonable time on an input in which every line is a broken document.
func TestFrameQuadratic(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	// With a smaller largest document less is looked at again before it gives up; 1.4 MB are none too large yet.
	got := frames(strings.NewReader(strings.Repeat("{\"a\":[\n", 200_000)), 1<<20, 2<<20)
	if last := got[len(got)-1]; !strings.Contains(last, "too many broken documents") && len(got) < 200_000 {
		t.Errorf("%d frames, the last %.200q", len(got), last)
	}
}

func TestKeys(t *testing.T) {
	f := newFramer(strings.NewReader(`{"a" : 12.0 ,"b":"x\"\u0041\\","c":{"a":"no"},"":[]}`), 0, 0, nil)
	fr, _ := f.next()
	k := fr.keys
	if k.Number("a") != "12.0" || k.First("b") != '"' || k.First("c") != '{' || k.First("") != '[' || k.Has("x") || k.Number("b") != "" {
		t.Errorf("keys %v", k)
	}
	if got := k.Text("b"); got != `x"A\` || k.Text("c") != "" || k.Text("x") != "" {
		t.Errorf("text %q", got)
	}
	if got, _ := Lookup(k.Value("c"), "a"); got != "no" {
		t.Errorf("inside a value: %q", got)
	}
	if k.Element().Has("a") {
		t.Error("an object has elements")
	}
}

// TestElementKeys holds that the keys of an array's first element are found in the array, wherever its bytes come to lie.
func TestElementKeys(t *testing.T) {
	for _, before := range []string{"", strings.Repeat("{}\n", 1<<16)} {
		f := newFramer(iotest.HalfReader(strings.NewReader(before+` [ {"image_name" : "a","results":{}} , {"b":1}]`)), 0, 0, wholeArray)
		var fr frame
		for next, ok := f.next(); ok; next, ok = f.next() {
			fr = next
		}
		e := fr.keys.Element()
		if fr.raw[0] != '[' || fr.keys.Has("image_name") || e.Text("image_name") != "a" || e.First("results") != '{' || e.Has("b") {
			t.Errorf("%s: %v", fr.raw, fr.keys.spans)
		}
	}
}
