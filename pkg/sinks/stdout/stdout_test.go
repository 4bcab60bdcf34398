package stdout

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// open makes a sink of a configuration that must be right.
func open(t *testing.T, c *Config, env sinks.Env) sinks.Sink {
	t.Helper()
	sink, err := c.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

func TestSuite(t *testing.T) {
	for _, format := range Formats() {
		t.Run(format, func(t *testing.T) {
			sinktest.Contract(t, sinktest.Target{
				Config: func(sinks.Secret, time.Duration) sinks.Config { return &Config{Format: format} },
				Env: sinks.Env{Stdout: io.Discard, Width: 100, AquaServer: "https://aqua.example.com", Now: func() time.Time {
					return time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
				}},
				Golden: "testdata/plans/" + format, Update: os.Getenv("POSTEE_UPDATE") != "",
			})
		})
	}
}

// TestEveryFormatSaysEveryMessage: twice the same, in one part, and it arrives whole.
func TestEveryFormatSaysEveryMessage(t *testing.T) {
	for _, format := range Formats() {
		for _, m := range sinktest.Messages() {
			var out bytes.Buffer
			sink := open(t, &Config{Format: strings.ToUpper(format)}, sinks.Env{Stdout: &out, Width: 80})
			first, err := sink.Plan(m.Message)
			if err != nil || len(first) != 1 {
				t.Fatalf("%s, %s: %d parts, %v", format, m.Name, len(first), err)
			}
			again, _ := sink.Plan(m.Message)
			if !bytes.Equal(first[0].Body, again[0].Body) {
				t.Errorf("%s, %s: planned twice, it is not the same", format, m.Name)
			}
			if _, err := sink.Send(t.Context(), sinks.Delivery{Part: first[0], Message: m.Message}); err != nil || !bytes.Equal(out.Bytes(), first[0].Body) {
				t.Errorf("%s, %s: %v, %d of %d bytes arrived", format, m.Name, err, out.Len(), len(first[0].Body))
			}
			if format == "json" {
				checkLines(t, first[0].Body, len(m.Message.Sections))
			}
		}
	}
}

// checkLines checks that there are so many lines, each a JSON object.
func checkLines(t *testing.T, body []byte, want int) {
	t.Helper()
	n := 0
	for line := range bytes.Lines(body) {
		if n++; !jsontext.Value(line).IsValid(jsontext.AllowInvalidUTF8(true)) || line[0] != '{' {
			t.Errorf("%q is no JSON object", line)
		}
	}
	if n != want {
		t.Errorf("%d lines for %d sections", n, want)
	}
}

// closed is a standard output whose reader has gone away, or whose disk is full.
type closed struct{ err error }

func (c closed) Write([]byte) (int, error) { return 0, c.err }

func TestAReaderThatHasGoneAwayHasRead(t *testing.T) {
	part := sinks.Part{Name: "1/1", Body: []byte("x")}
	for err, delivered := range map[error]bool{syscall.EPIPE: true, syscall.ENOSPC: false} {
		_, got := open(t, &Config{}, sinks.Env{Stdout: closed{err}}).Send(t.Context(), sinks.Delivery{Part: part})
		if (got == nil) != delivered {
			t.Errorf("%v: %v", err, got)
		}
	}
}

func TestFilesAreAppendedTo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	c := &Config{Format: "json", File: file}
	if c.Needs().Local {
		t.Error("a file is there for every run")
	}
	sink := open(t, c, sinks.Env{})
	for _, line := range []string{"one\n", "two\n"} {
		if _, err := sink.Send(t.Context(), sinks.Delivery{Part: sinks.Part{Body: []byte(line)}}); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := os.ReadFile(file); err != nil || string(p) != "one\ntwo\n" {
		t.Errorf("%q, %v", p, err)
	}
	missing := open(t, &Config{File: filepath.Join(file, "below")}, sinks.Env{})
	if _, err := missing.Send(t.Context(), sinks.Delivery{}); err == nil {
		t.Error("a file that cannot be written is no error")
	} else if verdict, _ := sinks.Judge(err); verdict != sinks.Retry {
		t.Errorf("a file that cannot be written now: verdict %d", verdict)
	}
}
