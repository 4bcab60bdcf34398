package scan

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// knowing frames a stream with a format known that has the key "scan".
func knowing(r io.Reader) []string {
	f := newFramer(r, 0, 0, wholeArray)
	f.known = func(k Keys) bool { return k.Has("scan") }
	return framesOf(f)
}

var textTests = []struct {
	name, in string
	want     []string
}{
	{"logs of zap, logrus, slog, zerolog", `{"level":"info","ts":1764057600.1,"caller":"a.go:1","msg":"x"}` + "\n" +
		`{"level":"warning","msg":"x","time":"2026-11-25T08:00:00Z"}` + "\n" + `{"time":"2026-11-25T08:00:00Z","level":"INFO","msg":"x","n":{"level":1}}` + "\n" +
		`{"level":"fatal","time":1764057600,"message":"x"}` + "\n" + `{"level":30,"time":1,"msg":"x"}`, []string{"5 log lines"}},
	{"no level", `{"time":"t","msg":"x"}`, []string{`#1 @0 {"time":"t","msg":"x"}`}},
	{"no level of a log", `{"time":"t","msg":"x","level":"deep"}`, []string{`#1 @0 {"time":"t","msg":"x","level":"deep"}`}},
	{"a scan all the same", `{"time":"t","msg":"x","level":"info","scan":1}`, []string{`#1 @0 {"time":"t","msg":"x","level":"info","scan":1}`}},
	{"in an array", `[{"time":"t","msg":"x","level":"info"}]`, []string{`#1 @1 {"time":"t","msg":"x","level":"info"}`}},
	{"log, report, log", "{\"time\":1,\"msg\":\"x\",\"level\":0}\n{\"scan\":1}\n{\"time\":1,\"msg\":\"x\",\"level\":0}", []string{`#1 @31 {"scan":1}`, "2 log lines"}},
	{"progress before a report", "1 MiB [--->] 1s {\n \"scan\": [\n  {\"a\": 1}\n ]\n}\n{\"scan\":2}", []string{"#1 @16 {\n \"scan\": [\n  {\"a\": 1}\n ]\n}", `#2 @45 {"scan":2}`, "1 log lines"}},
	{"progress with returns", strings.Repeat("\r[=>  ] 10%", 1000) + "{\"scan\":1}", []string{`#1 @11000 {"scan":1}`, "1 log lines"}},
	{"compact behind text", "done {\"scan\":{\"b\":1}} bye {\"scan\":2}\n", []string{`#1 @5 {"scan":{"b":1}}`, `#2 @26 {"scan":2}`, "2 log lines"}},
	{"array behind text", "done [\n {\"scan\":1},\n {\"scan\":2}\n]\n", []string{`#1 @8 {"scan":1}`, `#2 @21 {"scan":2}`, "1 log lines"}},
	{"fields behind words", "INFO\tstarted\t{\"port\": 1, \"x\": {\"y\": []}}\n{\"scan\":1}", []string{`#1 @41 {"scan":1}`, "1 log lines"}},
	{"list behind words", "tags [{\"a\":1},{\"b\":2}] {z} [] end\n{\"scan\":1}", []string{`#1 @34 {"scan":1}`, "1 log lines"}},
	{"unknown behind text", "done {\n \"a\": {\n  \"scan\": 1}\n}\n", []string{"#1 @5 {\n \"a\": {\n  \"scan\": 1}\n}", "1 log lines"}},
	{"bracket at the end of a line of words", "func x {\n2026 {\n{\"scan\":1}", []string{`#1 @16 {"scan":1}`, "2 log lines"}},
	{"cut behind text", "50% {\n \"scan\": [\n  {\"scan\": 1},\n", []string{"#1 @32 unexpected end of JSON", "1 log lines"}},
	{"broken behind text", "50% {\n \"scan\": [\n  {\"scan\": 1}\n  {\"scan\": 2}]\n}\n{\"scan\":3}", []string{"#1 @33 found '{' where ',' or the end of the object or array must stand", `#2 @48 {"scan":3}`, "1 log lines"}},
}

// TestText holds what is skipped around documents, however it arrives, and that a report behind text is never read in parts.
func TestText(t *testing.T) {
	for _, test := range textTests {
		for how, r := range map[string]io.Reader{"whole": strings.NewReader(test.in), "bytes": iotest.OneByteReader(strings.NewReader(test.in))} {
			if diff := cmp.Diff(test.want, knowing(r)); diff != "" {
				t.Errorf("%s, %s: %s", test.name, how, diff)
			}
		}
	}
}

// TestTextQuadratic ends in reasonable time on lines of brackets.
func TestTextQuadratic(t *testing.T) {
	for _, unit := range []string{`{"a":`, `{"a":1} `, `{"a":"` + strings.Repeat("x", 4000) + `"x`, "{", "["} {
		knowing(strings.NewReader("x " + strings.Repeat(unit, 4<<20/len(unit))))
	}
}

// FuzzText holds that the framer gives the same for every chunking, with documents behind text.
func FuzzText(f *testing.F) {
	for _, test := range textTests {
		f.Add([]byte(test.in))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if diff := cmp.Diff(knowing(bytes.NewReader(raw)), knowing(iotest.OneByteReader(bytes.NewReader(raw)))); diff != "" {
			t.Error("chunking matters: ", diff)
		}
	})
}
