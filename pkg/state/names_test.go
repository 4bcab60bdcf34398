package state_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

func TestNames(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		for _, v := range []string{"first", "second"} {
			update(t, s, func(tx state.Tx) error {
				return state.Admit(tx, state.Claimant{}, &state.Admission{Names: map[uint64][]byte{7: []byte(v), 1 << 63: []byte(v)}})
			})
		}
		view(t, s, func(tx state.Tx) error {
			got, err := state.LoadNames(tx, []uint64{7, 8, 1 << 63})
			if diff := cmp.Diff(map[uint64][]byte{7: []byte("first"), 1 << 63: []byte("first")}, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
	})
}

func TestBlobsLiveWithTheirEntries(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		doc := []byte(fmt.Sprintf("%01000d", 5))
		sum := sha256.Sum256(doc)
		a, b, c := entry("a", "1"), entry("b", "2"), entry("c", "3")
		a.Document, b.Document, c.Document = sum[:], sum[:], sum[:]
		me := claimant(t, s, noon)
		adm := &state.Admission{Entries: []state.Entry{a, b, c}, Blobs: map[[32]byte]state.Packed{sum: state.Pack(doc)}}
		update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, adm) })
		more := entry("d", "4")
		more.Document = sum[:]
		all := append(adm.Entries, admit(t, s, me, more)...)
		has := func() bool {
			ok := false
			view(t, s, func(tx state.Tx) error {
				got, err := state.Blob(tx, sum[:])
				ok = err == nil && string(got) == string(doc)
				return nil
			})
			return ok
		}
		if _, err := settle(t, s, me, state.Settlement{Entry: all[0]}); err != nil {
			t.Fatal(err)
		}
		if _, err := settle(t, s, me, state.Settlement{Entry: all[1], Outcome: state.Died}); err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx state.Tx) error { return state.Drop(tx, all[2].Seq) })
		update(t, s, func(tx state.Tx) error { return state.Drop(tx, all[3].Seq) })
		if !has() {
			t.Fatal("the document of a dead entry is gone")
		}
		update(t, s, func(tx state.Tx) error { return state.Drop(tx, all[1].Seq) })
		if has() {
			t.Error("the document of nobody is kept")
		}
		err := s.Update(t.Context(), func(tx state.Tx) error {
			return state.Admit(tx, me, &state.Admission{Entries: []state.Entry{more}})
		})
		if err == nil {
			t.Error("an entry without its document was admitted")
		}
	})
}

func TestAnUpdateThatWritesNothingLeavesTheFile(t *testing.T) {
	path := small(t, 3)
	b := open(t, path)
	before := readFile(t, path)
	claimEntries(t, b, claimant(t, b, noon), func(*state.Entry) bool { return false })
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("an update without a change was written")
	}
}
