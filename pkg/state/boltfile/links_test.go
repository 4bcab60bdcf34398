package boltfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/statetest"
)

// linked returns the path of a state that need not be there, and another that leads to it through two links.
func linked(t *testing.T) (path, link string) {
	t.Helper()
	dir := t.TempDir()
	path, link = filepath.Join(dir, "real", "state.db"), filepath.Join(dir, "link.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	middle := filepath.Join(dir, "real", "middle.db")
	if err := errors.Join(os.Symlink(path, middle), os.Symlink(filepath.Join("real", "middle.db"), link)); err != nil {
		t.Skip(err)
	}
	return path, link
}

// TestOneStateHasOneLock: whoever comes through a link waits for whoever does not, and sees whether it lives.
func TestOneStateHasOneLock(t *testing.T) {
	path, link := linked(t)
	a := open(t, link) // makes it, where the links lead
	b := impatient(t, path, 50*time.Millisecond)
	statetest.Update(t, a, func(state.Tx) error {
		var locked *state.LockedError
		if err := b.View(t.Context(), func(state.Tx) error { return nil }); !errors.As(err, &locked) {
			t.Errorf("beside a transaction through the link: %v", err)
		}
		return nil
	})
	if alive, known := b.Owners().Alive(statetest.Me(t, a).Owner); known && !alive {
		t.Error("its owner looks dead through the other name")
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is none any more: %v", err)
	}
}
