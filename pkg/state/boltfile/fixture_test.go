package boltfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// open opens a state for the time of a test, for somebody who waits for as long as it takes.
func open(t testing.TB, path string) *boltfile.Store {
	t.Helper()
	b, err := boltfile.Open(t.Context(), boltfile.Options{Path: path, LockTimeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// small makes a state with something in every bucket and returns its path.
func small(t testing.TB, subjects int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	b := open(t, path)
	statetest.Populate(t, b, subjects)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
