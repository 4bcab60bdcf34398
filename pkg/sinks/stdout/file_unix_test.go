//go:build unix

package stdout

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postee/postee/pkg/sinks"
)

// TestPipesAndDevices are refused at once: the opening of a pipe would wait for a reader.
func TestPipesAndDevices(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	refused(t, pipe, "is a pipe")
	refused(t, os.DevNull, "is a device")
}

// limitFiles bounds the size of the files that this process writes, as a full disk does, until restore is called.
func limitFiles(t *testing.T, size uint64) (restore func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	bounded := limit
	bounded.Cur = size
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &bounded); err != nil {
		t.Skip(err)
	}
	return func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
}

// TestShortWrite: a message of which only a part could be written is cut off again, in every format, and said to have failed.
func TestShortWrite(t *testing.T) {
	for _, format := range Formats() {
		for _, before := range []string{"", "a line\n", "no line"} {
			file := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			sink := open(t, &Config{Format: format, File: file}, sinks.Env{})
			restore := limitFiles(t, 1000)
			err := send(t, sink, strings.Repeat("x", 2000)+"\n")
			restore()
			if verdict, _ := sinks.Judge(err); !errors.Is(err, unix.EFBIG) || verdict != sinks.Retry {
				t.Errorf("%s: verdict %d: %v", format, verdict, err)
			}
			if got := written(t, file); got != before {
				t.Errorf("%s: %.100q is left of %q", format, got, before)
			}
			after := map[string]string{"": "new\n", "a line\n": "a line\nnew\n", "no line": "no line\nnew\n"}[before]
			if err := send(t, sink, "new\n"); err != nil || written(t, file) != after {
				t.Errorf("%s: %v, %q", format, err, written(t, file))
			}
		}
	}
}
