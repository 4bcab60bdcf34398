package boltfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// TestOlderCopyDuringRun: a copy of the same state that lacks what this process has stored, or seen stored, is refused and
// not changed; one that has all of it is as good as the state.
func TestOlderCopyDuringRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	mine, other := open(t, path), open(t, path)
	copies := [][]byte{readFile(t, path)}
	for range 3 {
		if err := statetest.Increment(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, readFile(t, path))
	}
	place := func(p []byte) {
		t.Helper()
		fresh := path + ".copy"
		writeFile(t, fresh, p)
		if err := os.Rename(fresh, path); err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range copies[:3] {
		place(p)
		for _, write := range []bool{false, true} {
			err := mine.View(t.Context(), func(state.Tx) error { return nil })
			if write {
				err = statetest.Increment(t.Context(), mine)
			}
			var u *state.UnusableError
			if !errors.As(err, &u) || !strings.Contains(err.Error(), "was replaced by an older copy of itself during the run") {
				t.Errorf("copy %d: %v", i, err)
			}
		}
		if string(readFile(t, path)) != string(p) {
			t.Errorf("copy %d was changed", i)
		}
	}
	place(copies[3])
	for _, s := range []*boltfile.Store{mine, other, mine} {
		if err := statetest.Increment(t.Context(), s); err != nil {
			t.Errorf("the newest copy: %v", err)
		}
	}
	place(copies[3])
	if err := statetest.Increment(t.Context(), other); err == nil {
		t.Error("a copy without what another process stored is not noticed by one that saw it")
	}
	if problems, err := open(t, path).Check(t.Context()); err != nil || problems != nil {
		t.Errorf("%v, %v", problems, err)
	}
}

// TestStateBeforeCommitsWereCounted: a file of a version that did not count is at 0, and counted from then on.
func TestStateBeforeCommitsWereCounted(t *testing.T) {
	path := small(t, 3)
	foreign(t, path, nil, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("commits")) })
	older := readFile(t, path)
	b := open(t, path)
	for range 2 {
		if err := statetest.Increment(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if problems, err := b.Check(t.Context()); err != nil || problems != nil {
		t.Errorf("%v, %v", problems, err)
	}
	writeFile(t, path, older)
	if err := statetest.Increment(t.Context(), b); err == nil {
		t.Error("an older copy that does not count is not noticed")
	}
}

// TestOverlayNoticesOlderCopy: reading through to a state that went back in time is refused too.
func TestOverlayNoticesOlderCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	b := open(t, path)
	older := readFile(t, path)
	if err := statetest.Increment(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	over := state.Overlay(b)
	if err := statetest.Increment(t.Context(), over); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, older)
	if err := statetest.Increment(t.Context(), over); err == nil {
		t.Error("not noticed")
	}
}
