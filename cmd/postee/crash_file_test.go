package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/stdout"
	"github.com/postee/postee/pkg/state"
)

// fileTarget is a target that is a file of JSON lines: what stands in it as a whole line was taken. Lines have no keys; the hash of a
// line stands for its key and its text.
type fileTarget struct {
	record
	path string
	// sink says how the program writes a message.
	sink sinks.Sink
	// read is how much of the file is taken down: whole lines.
	read int64
	// findings are those that each image has according to the lines about it.
	findings map[string]map[string]bool
	// gaps counts lines that do not follow from the lines before them, fragments those that a killed process has left unfinished.
	gaps, fragments int
}

var _ target = (*fileTarget)(nil)

// newFileTarget makes a target of a file that is not there yet.
func newFileTarget(t *testing.T, path string) *fileTarget {
	sink, err := (&stdout.Config{Format: "json", File: path}).Open(sinks.Env{})
	if err != nil {
		t.Fatal(err)
	}
	return &fileTarget{record: newRecord(), path: path, sink: sink, findings: map[string]map[string]bool{}}
}

// filing is a configuration whose targets are files of JSON lines.
func filing(paths []string) string {
	var out strings.Builder
	for i, path := range paths {
		fmt.Fprintf(&out, "- {name: stdout%d, type: stdout, format: json, file: %q}\n", i, path)
	}
	return out.String()
}

// address is its path.
func (f *fileTarget) address() string { return f.path }

// settle takes down what the dead process has written: all of it is there.
func (f *fileTarget) settle(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.takeDown(t) {
		f.fragments++
	}
	f.epoch++
}

// keyOf returns the hash of the line that the entry's message is written as.
func (f *fileTarget) keyOf(t *testing.T, tx state.Tx, e *state.Entry) string {
	t.Helper()
	raw, err := tx.Get(state.BucketOut, string(binary.BigEndian.AppendUint64(nil, e.Seq)))
	if err != nil {
		t.Fatal(err)
	}
	m, err := message.Decode(messageOf(raw))
	if err != nil {
		t.Fatal(err)
	}
	parts, err := f.sink.Plan(m)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts: %v", len(parts), err)
	}
	return hashOf(bytes.TrimSuffix(parts[0].Body, []byte("\n")))
}

// hashOf stands for a line, which is long.
func hashOf(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// lineOf is what a line says about an image.
type lineOf struct {
	Subject    string
	First      bool
	New, Fixed []struct{ ID string }
}

// takeDown takes down the lines that have come, and reports whether a fragment follows them. A line of which nothing but its end
// is missing is whole. The caller holds the lock.
func (f *fileTarget) takeDown(t *testing.T) (fragment bool) {
	t.Helper()
	for text := range bytes.Lines(f.behind(t)) {
		line, ended := bytes.CutSuffix(text, []byte("\n"))
		var said lineOf
		err := json.Unmarshal(line, &said)
		if err != nil && !ended {
			return true // not taken down: the next who writes cuts it off
		}
		f.read += int64(len(text))
		switch {
		case len(line) == 0: // the end of a line that was taken down without it; final looks at the whole
		case err != nil:
			t.Errorf("after %d lines: %d bytes do not parse: %v: %.200q", f.taken, len(line), err, line)
		default:
			hash := hashOf(line)
			f.follow(&said, hash)
			f.take(said.Subject, hash, hash)
		}
	}
	return false
}

// behind reads what stands behind the lines that are taken down.
func (f *fileTarget) behind(t *testing.T) []byte {
	t.Helper()
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) && f.read == 0 {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() < f.read {
		t.Fatalf("whole lines were cut off: %d bytes are left of %d: %v", info.Size(), f.read, err)
	}
	text, err := io.ReadAll(io.NewSectionReader(file, f.read, 1<<40))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// follow checks a line against those before it about its image: what is fixed was said, what is new was not, and one that comes again
// comes before its successor.
func (f *fileTarget) follow(said *lineOf, hash string) {
	had := f.findings[said.Subject]
	follows := (had == nil) == said.First
	if f.keys[hash] != nil {
		if f.last[said.Subject] != hash {
			f.gaps++
		}
		return
	}
	if had == nil {
		had = map[string]bool{}
		f.findings[said.Subject] = had
	}
	for _, one := range said.Fixed {
		follows = follows && had[one.ID]
		delete(had, one.ID)
	}
	for _, one := range said.New {
		follows = follows && !had[one.ID]
		had[one.ID] = true
	}
	if !follows {
		f.gaps++
	}
}

// final checks the file as it stands when all is over: nothing but whole lines, each of which was taken down, and each follows from
// those before it.
func (f *fileTarget) final(t *testing.T) *record {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.takeDown(t) {
		t.Error("the file ends in a fragment")
	}
	f.read = 0
	lines := bytes.SplitAfter(f.behind(t), []byte("\n"))
	if last := len(lines) - 1; len(lines[last]) == 0 {
		lines = lines[:last]
	}
	if len(lines) != len(f.takings) {
		t.Errorf("%d lines, %d were taken down", len(lines), len(f.takings))
	}
	for i, text := range lines {
		line, ended := bytes.CutSuffix(text, []byte("\n"))
		if !ended || !json.Valid(line) || i < len(f.takings) && hashOf(line) != f.takings[i].key {
			t.Errorf("line %d, of %d bytes, does not parse, has no end, or is not the one that was taken down: %.200q", i+1, len(text), text)
			break
		}
		f.read += int64(len(text))
	}
	if f.gaps > 0 {
		t.Errorf("%d lines do not follow from those before them", f.gaps)
	}
	return &f.record
}

// outdated counts images that have other findings according to their lines than in their last scan.
func (f *fileTarget) outdated(scans string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, text := range strings.Split(strings.TrimSpace(scans), "\n") {
		var scan struct {
			Results []struct {
				Vulnerabilities []struct{ VulnerabilityID string }
			}
		}
		want := map[string]bool{}
		if err := json.Unmarshal([]byte(text), &scan); err != nil {
			n++
			continue
		}
		for _, one := range scan.Results[0].Vulnerabilities {
			want[one.VulnerabilityID] = true
		}
		if !maps.Equal(want, f.findings[fmt.Sprintf("registry.example.com/app%d:1", i)]) {
			n++
		}
	}
	return n
}

// reaches waits until the file has so many bytes, and reports whether it was so before ctx ended. It asks without a pause: within a
// millisecond a line is written and whole.
func (f *fileTarget) reaches(ctx context.Context, size int64) bool {
	for ctx.Err() == nil {
		if info, err := os.Stat(f.path); err == nil && info.Size() >= size {
			return true
		}
	}
	return false
}
