package boltfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

func TestCompact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	a, b := open(t, path), open(t, path)
	statetest.Populate(t, b, 600)
	statetest.Remember(t, a, "zz", 1, 40)
	statetest.Prune(t, b, state.Bounds{Before: 2})
	before, want := inUse(t, b), dump(t, b)
	done, err := b.Compact(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after := inUse(t, b)
	if done.Names != 40 || after.InUse >= before.InUse || after.Free > 16*4096 || done.After > after.InUse+after.Free {
		t.Errorf("%+v, from %+v to %+v", done, before, after)
	}
	got := dump(t, b)
	for key := range want {
		if strings.Contains(want[key], "of zz") || strings.HasPrefix(key, "meta/sweeps") {
			delete(want, key)
			delete(got, key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// What the other one remembers of names is out of date, and so it may be twice.
	if _, err := b.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	statetest.Remember(t, a, "zz", 1, 40)
	statetest.Sound(t, a)
	if left, _ := filepath.Glob(path + ".new-*"); left != nil {
		t.Errorf("%v", left)
	}
}

// dump reads every pair.
func dump(t testing.TB, s state.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	statetest.View(t, s, func(tx state.Tx) error {
		for _, bucket := range []string{"meta", "subj", "name", "seen", "blob", "refs", "out", "lane", "dead", "thread", "queue", "head"} {
			for p, err := range tx.Range(bucket, "") {
				if err != nil {
					return err
				}
				all[bucket+"/"+p.Key] = string(p.Value)
			}
		}
		return nil
	})
	return all
}

// TestCompactKilled: whatever a killed process leaves is a whole state, the old one or the new one.
func TestCompactKilled(t *testing.T) {
	path := small(t, 200)
	b := open(t, path)
	want := dump(t, b)
	delete(want, "meta/sweeps")
	killed := map[string]string{}
	b.Halt(func(step string) error {
		killed[step] = t.TempDir()
		return os.CopyFS(killed[step], os.DirFS(filepath.Dir(path)))
	})
	if _, err := b.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	for step, folder := range killed {
		left, _ := filepath.Glob(filepath.Join(folder, "*.new-*"))
		if (step == "replaced") != (left == nil) {
			t.Errorf("%s: %v", step, left)
		}
		c := open(t, filepath.Join(folder, "state.db"))
		got := dump(t, c)
		delete(got, "meta/sweeps")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", step, diff)
		}
		statetest.Sound(t, c)
		if _, err := c.Compact(t.Context()); err != nil {
			t.Errorf("%s: %v", step, err)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, "*.new-*")); left != nil {
			t.Errorf("%s: left-overs stay: %v", step, left)
		}
	}
	if len(killed) != 3 {
		t.Errorf("%d steps", len(killed))
	}
}

// TestCompactFails: with the disk full, or damage anywhere, the state stays byte for byte as it was.
func TestCompactFails(t *testing.T) {
	path := small(t, 200)
	whole := readFile(t, path)
	same := func(what string) {
		t.Helper()
		if left, _ := filepath.Glob(path + ".new-*"); left != nil || !bytes.Equal(whole, readFile(t, path)) {
			t.Errorf("%s: changed, or left %v", what, left)
		}
	}
	for _, step := range []string{"made", "copied"} {
		b := open(t, path)
		b.Halt(func(s string) error {
			if s == step {
				return syscall.ENOSPC
			}
			return nil
		})
		if _, err := b.Compact(t.Context()); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(told(err), "is as it was") {
			t.Errorf("%s: %v", step, err)
		}
		same(step)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		whole = bytes.Clone(whole)
		at, bit := 2*4096+random.IntN(len(whole)-2*4096), byte(1)<<random.IntN(8)
		whole[at] ^= bit
		writeFile(t, path, whole)
		b, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
		if err == nil {
			if _, err = b.Compact(t.Context()); err != nil {
				same(err.Error())
			} else {
				statetest.Sound(t, b)
			}
			_ = b.Close()
		} else {
			same(err.Error())
		}
		whole[at] ^= bit
	}
}

// TestCompactFollowsLinks: a link to the state stays one, and the mode stays.
func TestCompactFollowsLinks(t *testing.T) {
	path := small(t, 5)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	b := open(t, link)
	if _, err := b.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	statetest.Sound(t, b)
}

func TestWorth(t *testing.T) {
	const page = 4096
	for _, c := range []struct {
		used, free int64
		want       bool
	}{
		{10, 20, false}, {64, 64, true}, {65, 64, false}, {1 << 30, 8191, false}, {1 << 30, 8192, true}, {0, 0, false},
	} {
		if got := (state.Usage{InUse: c.used * page, Free: c.free * page}).Worth(); got != c.want {
			t.Errorf("%d pages used, %d free: %t", c.used, c.free, got)
		}
	}
}

// TestCompactLosesNoCommit: what another process stores while the new file is built is not lost, however often it does.
func TestCompactLosesNoCommit(t *testing.T) {
	for _, writes := range []int{1, 2, 99} {
		path := small(t, 50)
		b, other := open(t, path), open(t, path)
		written := 0
		b.Halt(func(step string) error {
			if step == "made" && written < writes {
				written++
				record := state.Record{Subject: fmt.Sprint("meanwhile ", written), Day: 20780}
				statetest.Update(t, other, func(tx state.Tx) error {
					return state.Admit(tx, state.Claimant{}, &state.Admission{Records: []state.Record{record}})
				})
			}
			return nil
		})
		if _, err := b.Compact(t.Context()); err != nil {
			t.Error(err)
		}
		if n := statetest.Totals(t, other).Subjects; written == 0 || n != 50+written {
			t.Errorf("%d subjects after %d commits beside the compaction", n, written)
		}
		statetest.Sound(t, other)
		if left, _ := filepath.Glob(path + ".new-*"); left != nil {
			t.Errorf("left: %v", left)
		}
	}
}

// TestCompactLetsOthersWork: transactions of another process go on while the new file is built.
func TestCompactLetsOthersWork(t *testing.T) {
	path := small(t, 50)
	b, other := open(t, path), open(t, path)
	b.Halt(func(step string) error {
		if step == "made" {
			statetest.View(t, other, func(state.Tx) error { return nil }) // would wait for the lock for ever
		}
		return nil
	})
	if _, err := b.Compact(t.Context()); err != nil {
		t.Error(err)
	}
}
