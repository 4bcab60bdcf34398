//go:build unix

package boltfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// refuses checks that an error is about a state that cannot be used, names the path that is in the way, and has a way out.
func refuses(t *testing.T, err error, path, what string) {
	t.Helper()
	unusable, ok := errors.AsType[*state.UnusableError](err)
	if !ok || !strings.Contains(err.Error(), path+" "+what) || unusable.Hint == "" {
		t.Errorf("%v, want that %s %s, and a hint", err, path, what)
	}
}

// uses opens a state and does with it all that opens a file beside it.
func uses(t *testing.T, path string) error {
	t.Helper()
	b, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
	if err != nil {
		return err
	}
	defer b.Close()
	if alive, _ := b.Owners().Alive(7); alive {
		t.Error("a process that there never was lives")
	}
	_, err = b.Owners().Self()
	return err
}

// TestNoLinkIsFollowedBesideTheState: what others may have put in the place of the lock or the list of owners is neither opened
// nor made nor changed, whether there is a state already or not.
func TestNoLinkIsFollowedBesideTheState(t *testing.T) {
	for _, suffix := range []string{".lock", ".owners"} {
		if suffix == ".owners" && runtime.GOOS != "linux" {
			continue // there is no such file
		}
		for name, c := range map[string]struct {
			put  func(victim, path string) error
			want string
		}{
			"a link":          {os.Symlink, "is a symbolic link"},
			"a dangling link": {func(victim, path string) error { return os.Symlink(victim+".absent", path) }, "is a symbolic link"},
			"a folder":        {func(_, path string) error { return os.Mkdir(path, 0o700) }, "is not a regular file"},
			"a pipe":          {func(_, path string) error { return unix.Mkfifo(path, 0o600) }, "is not a regular file"},
		} {
			for _, exists := range []bool{false, true} {
				path, victim := filepath.Join(t.TempDir(), "state.db"), filepath.Join(t.TempDir(), "victim")
				writeFile(t, victim, []byte("precious"))
				if exists {
					path = small(t, 1)
					if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
						t.Fatal(err)
					}
				}
				if err := c.put(victim, path+suffix); err != nil {
					t.Fatal(err)
				}
				t.Run(name+suffix, func(t *testing.T) { refuses(t, uses(t, path), path+suffix, c.want) })
				if left, err := os.ReadDir(filepath.Dir(victim)); err != nil || len(left) != 1 || string(readFile(t, victim)) != "precious" {
					t.Errorf("%s%s: the other folder has %v: %v", name, suffix, left, err)
				}
			}
		}
	}
}

// TestStateBecomesALink: a path that was a file when the state was opened is not followed when it is a link later.
func TestStateBecomesALink(t *testing.T) {
	path := small(t, 1)
	b := open(t, path)
	if err := errors.Join(os.Rename(path, path+".moved"), os.Symlink(path+".moved", path)); err != nil {
		t.Fatal(err)
	}
	refuses(t, b.View(t.Context(), func(state.Tx) error { return nil }), path, "is a symbolic link")
	if err := uses(t, path); err != nil {
		t.Errorf("opened anew: %v", err)
	}
}

// TestLinksOfOthersAreRefused: in a folder that everybody may write to a link of another user is not followed, whatever the system
// allows; anywhere else it is.
func TestLinksOfOthersAreRefused(t *testing.T) {
	folder, other := t.TempDir(), 12345
	link, to := filepath.Join(folder, "state.db"), small(t, 1)
	if err := errors.Join(os.Chmod(folder, 0o777|fs.ModeSticky), os.Symlink(to, link)); err != nil {
		t.Fatal(err)
	}
	if err := uses(t, link); err != nil {
		t.Errorf("one's own link: %v", err)
	}
	if os.Lchown(link, other, other) != nil {
		t.Skip("only root gives links away")
	}
	before := readFile(t, to)
	refuses(t, uses(t, link), link, "is a symbolic link of another user")
	_, err := boltfile.Import(t.Context(), boltfile.Options{Path: link}, strings.NewReader(""))
	refuses(t, err, link, "is a symbolic link of another user")
	second := filepath.Join(t.TempDir(), "state.db")
	if err := os.Symlink(link, second); err != nil {
		t.Fatal(err)
	}
	refuses(t, uses(t, second), link, "is a symbolic link of another user")
	if string(readFile(t, to)) != string(before) {
		t.Error("the file that the link leads to was changed")
	}
	for _, mode := range []fs.FileMode{0o777, 0o755 | fs.ModeSticky} {
		if err := os.Chmod(folder, mode); err != nil {
			t.Fatal(err)
		}
		if err := uses(t, link); err != nil {
			t.Errorf("in a folder of mode %v: %v", mode, err)
		}
	}
}

func TestOwnersOfLinks(t *testing.T) {
	const root, me, other, third = 0, 1000, 1001, 1002
	for _, c := range []struct {
		link, folder, user int
		want               bool
	}{
		{me, root, me, true}, {me, other, me, true}, {root, root, me, true}, {root, other, me, true}, {other, other, me, true},
		{root, root, root, true}, {other, root, me, false}, {other, me, me, false}, {other, third, me, false}, {other, root, root, false},
	} {
		if got := boltfile.OwnerTrusted(c.link, c.folder, c.user); got != c.want {
			t.Errorf("a link of %d in a folder of %d, followed by %d: %t", c.link, c.folder, c.user, got)
		}
	}
}

// TestLinkUpFromALinkedFolder: ".." in a link leads up from the folder that it stands in, not from the link to that folder.
func TestLinkUpFromALinkedFolder(t *testing.T) {
	top := t.TempDir()
	place := filepath.Join(top, "real")
	err := errors.Join(os.MkdirAll(filepath.Join(place, "inner"), 0o700), os.Symlink(filepath.Join(place, "inner"), filepath.Join(top, "folder")),
		os.Symlink("../kept/state.db", filepath.Join(place, "inner", "state.db")))
	if err != nil {
		t.Fatal(err)
	}
	statetest.Populate(t, open(t, filepath.Join(top, "folder", "state.db")), 1)
	if left, err := os.ReadDir(filepath.Join(place, "kept")); err != nil || left[0].Name() != "state.db" {
		t.Errorf("%v, %v", left, err)
	}
	if left, err := os.ReadDir(top); err != nil || len(left) != 2 {
		t.Errorf("made elsewhere: %v, %v", left, err)
	}
}

// TestMadeFileIsKnownAgain: what others put in the place of the file that a compaction makes is neither written nor given away.
func TestMadeFileIsKnownAgain(t *testing.T) {
	for name, put := range map[string]func(victim, path string) error{"a link": os.Symlink, "another file": os.Link} {
		t.Run(name, func(t *testing.T) {
			path := small(t, 20)
			victim := path + ".victim" // in the same file system, so that it can have two names
			writeFile(t, victim, []byte("precious"))
			if err := errors.Join(os.Chmod(victim, 0o600), os.Chmod(path, 0o644)); err != nil {
				t.Fatal(err)
			}
			b, before := open(t, path), readFile(t, path)
			b.Halt(func(step string) error {
				made, err := filepath.Glob(path + ".new-*")
				if step != "made" || err != nil || len(made) != 1 {
					return errors.Join(errors.New("not the step, or not the file"), err)
				}
				return errors.Join(os.Remove(made[0]), put(victim, made[0]))
			})
			_, err := b.Compact(t.Context())
			if err == nil || !strings.Contains(err.Error(), "is a symbolic link") && !strings.Contains(err.Error(), "is not the file that was made there") {
				t.Errorf("compacted: %v", err)
			}
			if info, err := os.Stat(victim); err != nil || info.Mode().Perm() != 0o600 || string(readFile(t, victim)) != "precious" {
				t.Errorf("the other file was changed: %v, %v", info, err)
			}
			if string(readFile(t, path)) != string(before) {
				t.Error("the state was changed")
			}
		})
	}
}
