package boltfile_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// inUse measures.
func inUse(t testing.TB, b *boltfile.Store) state.Usage {
	t.Helper()
	u, err := b.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPruneBySize(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	names := statetest.Names{}
	a := &state.Admission{Names: []state.Identities{names}}
	for i := range 1500 {
		a.Records = append(a.Records, statetest.RecordOf(t, b, fmt.Sprintf("s%04d", i), int64(i/10), 100, names))
	}
	clear(names)
	statetest.Update(t, b, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
	before := inUse(t, b)
	if done := statetest.Prune(t, b, state.Bounds{MaxBytes: before.InUse}); done.Forgotten != 0 {
		t.Errorf("within the bound: %+v", done)
	}
	bound := before.InUse * 2 / 3
	done := statetest.Prune(t, b, state.Bounds{MaxBytes: bound})
	if done.Forgotten < 300 || done.Forgotten > 700 || done.Short != 0 {
		t.Errorf("a third too much: %+v", done)
	}
	if first := statetest.Subjects(t, b)[0]; first < "s0300" || first > "s0700" {
		t.Errorf("the oldest left is %s", first)
	}
	if _, err := b.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u := inUse(t, b); u.InUse > bound || u.InUse < bound/2 {
		t.Errorf("%d of %d bytes in use", u.InUse, bound)
	}
	e := statetest.Entry("waits", "waits")
	e.Message = bytes.Repeat([]byte("m"), 1<<20)
	statetest.Admit(t, b, state.Claimant{}, e)
	if done := statetest.Prune(t, b, state.Bounds{MaxBytes: 1 << 16}); done.Short < 1<<19 || len(statetest.Subjects(t, b)) != 0 {
		t.Errorf("a message larger than the bound: %+v", done)
	}
	statetest.Sound(t, b)
}

func TestAnUpdateThatWritesNothingLeavesTheFile(t *testing.T) {
	path := small(t, 3)
	b := open(t, path)
	before := readFile(t, path)
	statetest.ClaimEntries(t, b, statetest.Me(t, b), func(*state.Entry) bool { return false })
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("an update without a change was written")
	}
}
