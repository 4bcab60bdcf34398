package stdout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/postee/postee/pkg/sinks"
)

// send appends one text to the file of a sink.
func send(t *testing.T, sink sinks.Sink, text string) error {
	t.Helper()
	_, err := sink.Send(t.Context(), sinks.Delivery{Part: sinks.Part{Body: []byte(text)}})
	return err
}

// written returns what a file holds.
func written(t *testing.T, file string) string {
	t.Helper()
	p, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// TestFragments: what a killed process left at the end of a file spoils no message behind it. Lines of JSON that were broken off are
// removed, where they are ours; what else stands there stays, and gets its line end.
func TestFragments(t *testing.T) {
	long := `{"route":"r","text":"` + strings.Repeat("x", 200<<10)
	for _, c := range []struct{ name, format, before, after string }{
		{"new", "json", "", "new\n"},
		{"whole", "json", "{\"route\":1}\n", "{\"route\":1}\nnew\n"},
		{"broken off", "json", "{\"route\":1}\n{\"route\":\"a", "{\"route\":1}\nnew\n"},
		{"broken off in its name", "json", "{\"route\":1}\n{\"ro", "{\"route\":1}\nnew\n"},
		{"the first, broken off", "json", "{\"route\":\"a", "new\n"},
		{"broken off, long", "json", "a\n" + long, "a\nnew\n"},
		{"only its line end is missing", "json", "{\"route\":1}", "{\"route\":1}\nnew\n"},
		{"somebody else's", "json", "a\n{\"level\":\"inf", "a\n{\"level\":\"inf\nnew\n"},
		{"no JSON", "table", "a\n{\"route\":\"a", "a\n{\"route\":\"a\nnew\n"},
		{"no JSON, whole", "markdown", "a\n", "a\nnew\n"},
	} {
		file := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(file, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := send(t, open(t, &Config{Format: c.format, File: file}, sinks.Env{}), "new\n"); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := written(t, file); got != c.after {
			t.Errorf("%s: %.100q, want %.100q", c.name, got, c.after)
		}
	}
}

// TestManyWriters: several who append at once mix nothing, and lose nothing.
func TestManyWriters(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	var all sync.WaitGroup
	line := func(i, j int) string {
		return fmt.Sprintf("{\"route\":\"%d %d %s\"}\n", i, j, strings.Repeat("x", 10000))
	}
	for i := range 4 {
		sink := open(t, &Config{Format: "json", File: file}, sinks.Env{})
		all.Go(func() {
			for j := range 5 {
				if err := send(t, sink, line(i, j)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	text := written(t, file)
	for i := range 4 {
		for j := range 5 {
			if strings.Count(text, line(i, j)) != 1 {
				t.Errorf("line %d of %d is not there once", j, i)
			}
		}
	}
	if strings.Count(text, "\n") != 20 {
		t.Errorf("%d lines", strings.Count(text, "\n"))
	}
}

// TestALockedFile: who waits for a file that another has locked ends with its context, and has written nothing.
func TestALockedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	other, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := lockFile(other); err != nil {
		t.Fatal(err)
	}
	sink := open(t, &Config{File: file}, sinks.Env{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := sink.Send(ctx, sinks.Delivery{Part: sinks.Part{Body: []byte("x\n")}})
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	other.Close()
	if err := send(t, sink, "y\n"); err != nil || written(t, file) != "y\n" {
		t.Errorf("%v, %q", err, written(t, file))
	}
}

// refused checks that a file is refused before anything is sent, and, where that could not be seen, that its messages are held.
func refused(t *testing.T, file, want string) {
	t.Helper()
	sink := open(t, &Config{File: file}, sinks.Env{})
	if err := sink.(sinks.Preparer).Prepare(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v", file, err)
	}
	err := send(t, sink, "x\n")
	if verdict, _ := sinks.Judge(err); err == nil || verdict != sinks.Hold || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: verdict %d: %v", file, verdict, err)
	}
}

// TestWhatIsNoFile is refused at once.
func TestWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, "is a folder")
	for _, ok := range []string{filepath.Join(dir, "there"), filepath.Join(dir, "missing", "file")} {
		if err := open(t, &Config{File: ok}, sinks.Env{}).(sinks.Preparer).Prepare(); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	if err := open(t, &Config{}, sinks.Env{}).(sinks.Preparer).Prepare(); err != nil {
		t.Errorf("standard output: %v", err)
	}
}
