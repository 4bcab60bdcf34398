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

// TestPruneBySizeTakesMarksFirst: what spares reading goes before what is remembered of subjects.
func TestPruneBySizeTakesMarksFirst(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	names := statetest.Names{}
	a := &state.Admission{Names: []state.Identities{names}, Day: 7}
	for i := range 100 {
		a.Records = append(a.Records, statetest.RecordOf(t, b, fmt.Sprintf("s%04d", i), 7, 100, names))
	}
	for i := range 10000 {
		k := &state.Known{Subjects: []state.KnownSubject{{Record: state.Record{Subject: a.Records[i%100].Subject}}}, Decided: []state.Decided{{}}}
		copy(k.Document[:], fmt.Sprintf("%015d", i))
		a.Known = append(a.Known, k)
	}
	statetest.Update(t, b, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
	before := inUse(t, b).InUse
	if done := statetest.Prune(t, b, state.Bounds{MaxBytes: before - before/4}); done.Forgotten != 0 || done.Short != 0 || done.Limited {
		t.Errorf("where a quarter is enough: %+v", done)
	}
	if after := inUse(t, b).InUse; after > before-before/5 {
		t.Errorf("%d of %d bytes are still in use", after, before)
	}
	if done := statetest.Prune(t, b, state.Bounds{MaxBytes: 1 << 16, Limit: 50}); done.Forgotten != 50 || !done.Limited {
		t.Errorf("where all marks are not enough: %+v", done)
	}
	statetest.View(t, b, func(tx state.Tx) error {
		for range tx.Range(state.BucketKnown, "") {
			t.Error("a mark is left although subjects were forgotten")
			break
		}
		return nil
	})
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
