//go:build unix

package boltfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// TestFilesBesideAreNoLinks: what stands where the lock or the list of owners should be is not opened when it is no file of its own:
// what it leads to stays as it is.
func TestFilesBesideAreNoLinks(t *testing.T) {
	for _, suffix := range []string{".lock", ".owners"} {
		if suffix == ".owners" && runtime.GOOS != "linux" {
			continue // there is no such list
		}
		for kind, lay := range map[string]func(string, string) error{
			"a link": os.Symlink, "a link to nothing": func(_, to string) error { return os.Symlink(to+".none", to) },
			"a pipe": func(_, at string) error { return syscall.Mkfifo(at, 0o600) },
		} {
			t.Run(kind+suffix, func(t *testing.T) {
				dir := t.TempDir()
				path, victim := filepath.Join(dir, "state.db"), filepath.Join(dir, "victim")
				if err := errors.Join(os.WriteFile(victim, []byte("mine"), 0o600), lay(victim, path+suffix)); err != nil {
					t.Fatal(err)
				}
				s, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
				if err == nil {
					_, err = s.Owners().Self()
					defer s.Close()
				}
				var unusable *state.UnusableError
				if errors.As(err, &unusable); unusable == nil || !strings.Contains(err.Error(), "state.db"+suffix) || !strings.Contains(unusable.Hint, "remove it") {
					t.Errorf("%v", err)
				}
				text, _ := os.ReadFile(victim)
				if left, _ := filepath.Glob(victim + "*"); len(left) != 1 || string(text) != "mine" {
					t.Errorf("%v, %q", left, text)
				}
			})
		}
	}
}

// TestLinksOfOthers: in a folder that everybody can write to, somebody else's link does not say where the state is.
func TestLinksOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a link of another user")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	if err := errors.Join(os.Symlink(filepath.Join(t.TempDir(), "other.db"), path), os.Lchown(path, 12345, 12345)); err != nil {
		t.Fatal(err)
	}
	for mode, followed := range map[os.FileMode]bool{0o755: true, 0o777: true, 0o777 | os.ModeSticky: false} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		s, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
		var unusable *state.UnusableError
		switch {
		case followed && err != nil, !followed && !errors.As(err, &unusable):
			t.Errorf("%v: %v", mode, err)
		case followed:
			statetest.Me(t, s)
			_ = s.Close()
		}
	}
	if err := os.Lchown(path, os.Geteuid(), os.Getegid()); err != nil {
		t.Fatal(err)
	}
	s, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
	if err != nil {
		t.Fatalf("one's own link: %v", err)
	}
	_ = s.Close()
}
