package statetest

import (
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

// testWalkGoesOn: entries that were admitted, and heads that went, while a walk was under way.
func testWalkGoesOn(t *testing.T, k Backend) {
	s := k.open(t)
	Admit(t, s, state.Claimant{}, Entry("a1", "a"), Entry("b1", "b"), Entry("a2", "a"), Entry("c1", "c"), Entry("a3", "a"))
	me := Me(t, s)
	claim := func(w state.Walk, most int) (keys []string, entries []state.Entry, next *state.Walk) {
		Update(t, s, func(tx state.Tx) (err error) {
			entries, next, err = state.ClaimNext(tx, me, s.Owners(), state.Query{Walk: w, Max: most})
			return err
		})
		for _, e := range entries {
			keys = append(keys, e.Key)
		}
		return keys, entries, next
	}
	keys, first, next := claim(state.Walk{}, 1)
	if diff := cmp.Diff([]string{"a1"}, keys); diff != "" || next == nil {
		t.Fatal(diff, next)
	}
	// From the middle, where the walk has met nothing, the lanes are looked at: the head of this one is claimed.
	if keys, _, _ := claim(state.Walk{After: 2}, 1); cmp.Diff([]string{"c1"}, keys) != "" {
		t.Errorf("from the middle: %v", keys)
	}
	second, err := Settle(t, s, me, state.Settlement{Entry: first[0]})
	if err != nil || second == nil || second.Key != "a2" {
		t.Fatalf("%+v, %v", second, err)
	}
	// Another process takes it away, so that a3 heads a lane whose head this walk has claimed.
	Update(t, s, func(tx state.Tx) error { return state.Drop(tx, second.Seq) })
	Admit(t, s, state.Claimant{}, Entry("d1", "d"), Entry("a4", "a"))
	keys, _, next = claim(*next, 0)
	if diff := cmp.Diff([]string{"b1", "a3", "d1"}, keys); diff != "" || next != nil {
		t.Error(diff, next)
	}
}

// testAdmitter: every message says who admitted it, and goes on saying so.
func testAdmitter(t *testing.T, k Backend) {
	s := k.open(t)
	me := Me(t, s)
	Admit(t, s, me, Entry("a1", "a"), Entry("a2", "a"))
	Gather(t, s, WaitingForDigest(0, 3, 2), 3)
	Admit(t, s, state.Claimant{}, Entry("b", "b"))
	other := me
	other.Owner = 1 << 40
	s.Time = Noon().Add(time.Hour)
	claimed := ClaimEntries(t, s, other, nil)
	if len(claimed) != 3 {
		t.Fatalf("claimed %+v", claimed)
	}
	View(t, s, func(tx state.Tx) error {
		for _, walk := range []iter.Seq2[state.Entry, error]{state.Entries(tx, false), state.Queued(tx)} {
			for e, err := range walk {
				if want := map[bool]uint64{true: 0, false: me.Owner}[e.Key == "b"]; err != nil || e.Admitter != want {
					t.Errorf("%s was admitted by %d, %v", e.Key, e.Admitter, err)
				}
			}
		}
		return nil
	})
}

// testClosedStateLosesItsClaims: what a process has claimed is free when it closes the state.
func testClosedStateLosesItsClaims(t *testing.T, k Backend) {
	if k.Second == nil {
		t.Skip("no other process can have the state")
	}
	a := k.Open(t)
	b := k.Second(t, a)
	Admit(t, a, Me(t, a), Entry("a", "a"))
	if _, known := b.Owners().Alive(Me(t, a).Owner); !known {
		t.Skip("who lives cannot be seen here")
	}
	if keys := ClaimAll(t, b, Me(t, b)); keys != nil {
		t.Errorf("claimed from a live one: %v", keys)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if keys := ClaimAll(t, b, Me(t, b)); len(keys) != 1 {
		t.Errorf("after its end: %v", keys)
	}
}
