package state_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/state"
)

// TestMigration: a state of schema 1 is read as it is, and becomes one of schema 2 with the first thing written to it.
func TestMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	f, err := os.Open("testdata/schema-1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	old, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, old)
	b := open(t, path)
	if n := totals(t, b); n != (state.Totals{Schema: 1, Subjects: 2, Pending: 2, Dead: 2}) {
		t.Errorf("%+v", n)
	}
	sound(t, b)
	view(t, state.Overlay(b), func(tx state.Tx) error {
		queues, err := state.Queues(tx)
		if len(queues) != 0 {
			t.Errorf("%+v", queues)
		}
		return err
	})
	if !bytes.Equal(readFile(t, path), old) {
		t.Error("reading changed the file")
	}
	gather(t, b, waiting(0, 3, 2), 1)
	if n := totals(t, b); n != (state.Totals{Schema: 2, Subjects: 2, Pending: 3, Queued: 1, Dead: 2}) {
		t.Errorf("%+v", n)
	}
	sound(t, b)
	if err := b.Update(t.Context(), func(tx state.Tx) error { return state.Drop(tx, 999) }); !errors.Is(err, state.ErrAbsent) {
		t.Error(err)
	}
}
