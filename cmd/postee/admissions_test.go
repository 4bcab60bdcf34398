package main

import (
	"bytes"
	"io"
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// TestAFailedStateEndsTheReading: when the state fails, the run ends although standard input is silent, and open.
func TestAFailedStateEndsTheReading(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	in, feed := io.Pipe()
	defer feed.Close()
	var out, errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		defer in.Close() // whoever writes need not wait then
		ended <- run(t.Context(), &process{
			args:  []string{"send", "--state", path, "--lock-timeout", "10ms"},
			stdin: in, stdout: &out, stderr: &errs, lookup: func(string) (string, bool) { return "", false },
		})
	}()
	if _, err := io.WriteString(feed, "\n"); err != nil { // it is read when the state is open
		t.Fatal(err)
	}
	s, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	status := exitOK
	err = s.Update(t.Context(), func(state.Tx) error {
		go func() {
			_, _ = io.WriteString(feed, `{"SchemaVersion":2,"ArtifactName":"team/app:1","ArtifactType":"container_image","Results":[]}`+"\n")
		}()
		status = <-ended
		return nil
	})
	if err != nil || status != exitState {
		t.Errorf("%v, status %d, not %d\n%s%s", err, status, exitState, &out, &errs)
	}
}
