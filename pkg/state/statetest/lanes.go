package statetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

func testBornClaimed(t *testing.T, k Backend) {
	s := k.open(t)
	me := Me(t, s)
	late := Entry("late", "z")
	late.NotBefore = Noon().Add(time.Hour)
	got := Admit(t, s, me, Entry("a1", "a"), Entry("b1", "b"), Entry("a2", "a"), late)
	for i, want := range []bool{true, true, false, false} {
		if claimed := got[i].Claim.Owner == me.Owner; claimed != want {
			t.Errorf("%s claimed: %v, want %v", got[i].Key, claimed, want)
		}
	}
	if keys := ClaimAll(t, s, me); keys != nil {
		t.Errorf("claimed again what is in delivery: %v", keys)
	}
	if again := Admit(t, s, me, Entry("a2", "a")); again[0].Seq != got[2].Seq || again[0].Claim.Owner != 0 {
		t.Errorf("a key that waits already was admitted twice: %+v", again[0])
	}
	if n := Totals(t, s); n.Pending != 4 {
		t.Errorf("%d wait, want 4", n.Pending)
	}
	next, err := Settle(t, s, me, state.Settlement{Entry: got[0], Receipt: []byte("ref 1")})
	if err != nil || next == nil || next.Key != "a2" || string(next.Last) != "ref 1" || string(next.Message) != "message a2" {
		t.Fatalf("next of the lane: %+v, %v", next, err)
	}
	if next, err := Settle(t, s, me, state.Settlement{Entry: *next}); err != nil || next != nil {
		t.Errorf("next of an empty lane: %+v, %v", next, err)
	}
	if got := Admit(t, s, me, Entry("a3", "a")); string(got[0].Last) != "ref 1" {
		t.Errorf("born claimed without the thread's receipt: %q", got[0].Last)
	}
}

func testOnlyHeadsAreClaimed(t *testing.T, k Backend) {
	s := k.open(t)
	Admit(t, s, state.Claimant{}, Entry("a1", "a"), Entry("b1", "b"), Entry("a2", "a"), Entry("c1", "c"), Entry("b2", "b"))
	me := Me(t, s)
	notB := func(e *state.Entry) bool { return e.Key != "b1" }
	var keys []string
	for _, e := range ClaimEntries(t, s, me, notB) {
		keys = append(keys, e.Key)
		if string(e.Message) != "message "+e.Key {
			t.Errorf("%s has message %q", e.Key, e.Message)
		}
	}
	if diff := cmp.Diff([]string{"a1", "c1"}, keys); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b1"}, ClaimAll(t, s, me)); diff != "" {
		t.Error(diff)
	}
}

func testLeases(t *testing.T, k Backend) {
	s := k.open(t)
	me := Me(t, s)
	e := Admit(t, s, me, Entry("a1", "a"))[0]
	at := func(d time.Duration) state.Claimant {
		s.Time = Noon().Add(d)
		return me
	}
	if keys := ClaimAll(t, s, at(59*time.Second)); keys != nil {
		t.Errorf("claimed within the lease: %v", keys)
	}
	if keys := ClaimAll(t, s, at(-time.Hour)); len(keys) != 1 {
		t.Errorf("a lease from the future counts: %v", keys)
	}
	if keys := ClaimAll(t, s, at(0)); len(keys) != 1 {
		t.Errorf("an ended lease counts: %v", keys)
	}
	var lost []uint64
	renewing := at(50 * time.Second)
	Update(t, s, func(tx state.Tx) (err error) {
		lost, err = state.Renew(tx, renewing, []uint64{e.Seq, 999})
		return err
	})
	if diff := cmp.Diff([]uint64{999}, lost); diff != "" {
		t.Error(diff)
	}
	if keys := ClaimAll(t, s, at(100*time.Second)); keys != nil {
		t.Errorf("claimed within the renewed lease: %v", keys)
	}
	other := at(0)
	other.Owner = 1 << 40
	if _, err := Settle(t, s, other, state.Settlement{Entry: e, Outcome: state.Released}); !errors.Is(err, state.ErrLost) {
		t.Errorf("released by another: %v", err)
	}
	if _, err := Settle(t, s, other, state.Settlement{Entry: e, Outcome: state.Died}); !errors.Is(err, state.ErrLost) {
		t.Errorf("declared dead by another: %v", err)
	}
	if _, err := Settle(t, s, other, state.Settlement{Entry: e}); err != nil {
		t.Errorf("confirmed by another: %v", err)
	}
	if _, err := Settle(t, s, me, state.Settlement{Entry: e}); err != nil {
		t.Errorf("confirmed twice: %v", err)
	}
	if _, err := Settle(t, s, me, state.Settlement{Entry: e, Outcome: state.Released}); !errors.Is(err, state.ErrLost) {
		t.Errorf("released what is gone: %v", err)
	}
}

// testUnsure: a claim that somebody left behind may have been made use of; one that was given back was not.
func testUnsure(t *testing.T, k Backend) {
	s := k.open(t)
	me := Me(t, s)
	all := Admit(t, s, me, Entry("a1", "a"), Entry("b1", "b"), Entry("c1", "c"))
	for i, unsure := range []time.Time{{}, Noon().Add(-time.Hour)} {
		e := all[1+i]
		e.Unsure = unsure
		if _, err := Settle(t, s, me, state.Settlement{Entry: e, Outcome: state.Released}); err != nil {
			t.Fatal(err)
		}
	}
	other := me
	other.Owner = 1 << 40
	s.Time = Noon().Add(24 * time.Hour)
	got := map[string]time.Time{}
	for _, e := range ClaimEntries(t, s, other, nil) {
		got[e.Key] = e.Unsure
	}
	want := map[string]time.Time{"a1": s.Time, "b1": {}, "c1": Noon().Add(-time.Hour)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func testProgress(t *testing.T, k Backend) {
	s := k.open(t)
	me := Me(t, s)
	e := Admit(t, s, me, Entry("a1", "a"))[0]
	e.Done, e.Plan, e.Attempts = []string{"1"}, []byte{1}, 2
	if _, err := Settle(t, s, me, state.Settlement{Entry: e, Outcome: state.Progress, Receipt: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	other := me
	other.Owner++
	e.Done = []string{"2"}
	if _, err := Settle(t, s, other, state.Settlement{Entry: e, Outcome: state.Progress}); err != nil {
		t.Fatal(err)
	}
	e.Done, e.Plan = []string{"3"}, []byte{2}
	if _, err := Settle(t, s, other, state.Settlement{Entry: e, Outcome: state.Progress}); err != nil {
		t.Fatal(err)
	}
	View(t, s, func(tx state.Tx) error {
		for got, err := range state.Entries(tx, false) {
			if err != nil {
				return err
			}
			if diff := cmp.Diff([]string{"1", "2"}, got.Done); diff != "" || got.Attempts != 2 || got.Claim.Owner != me.Owner {
				t.Errorf("%s %+v", diff, got)
			}
		}
		return nil
	})
	e.NotBefore, e.Reason = Noon().Add(time.Minute), "HTTP 503"
	if _, err := Settle(t, s, me, state.Settlement{Entry: e, Outcome: state.Released}); err != nil {
		t.Fatal(err)
	}
	if keys := ClaimAll(t, s, me); keys != nil {
		t.Errorf("claimed before the target wants it: %v", keys)
	}
	s.Time = Noon().Add(time.Minute)
	if got := ClaimEntries(t, s, me, nil); len(got) != 1 || string(got[0].Last) != "x" || got[0].Reason != "HTTP 503" {
		t.Errorf("claimed %+v", got)
	}
}

func testDeadAndRevived(t *testing.T, k Backend) {
	s := k.open(t)
	me := Me(t, s)
	got := Admit(t, s, me, Entry("a1", "a"), Entry("a2", "a"))
	got[0].Reason, got[0].Attempts = "HTTP 404", 3
	next, err := Settle(t, s, me, state.Settlement{Entry: got[0], Outcome: state.Died})
	if err != nil || next == nil || next.Key != "a2" {
		t.Fatalf("next after a death: %+v, %v", next, err)
	}
	if n := Totals(t, s); n.Pending != 1 || n.Dead != 1 {
		t.Errorf("%+v", n)
	}
	View(t, s, func(tx state.Tx) error {
		for e, err := range state.Entries(tx, true) {
			if err != nil || !e.Dead || e.Reason != "HTTP 404" {
				t.Errorf("%+v, %v", e, err)
			}
		}
		return nil
	})
	Update(t, s, func(tx state.Tx) error { return state.Revive(tx, got[0].Seq) })
	if err := s.Update(t.Context(), func(tx state.Tx) error { return state.Revive(tx, got[0].Seq) }); !errors.Is(err, state.ErrAbsent) {
		t.Errorf("revived twice: %v", err)
	}
	if keys := ClaimAll(t, s, me); keys != nil {
		t.Errorf("a revived entry overtook its lane: %v", keys)
	}
	revived, err := Settle(t, s, me, state.Settlement{Entry: *next})
	if err != nil || revived == nil || revived.Key != "a1" || revived.Seq <= next.Seq || revived.Attempts != 3 ||
		revived.Reason != "" || revived.Dead || !revived.Revived {
		t.Errorf("%+v, %v", revived, err)
	}
}

func testLocalEntriesDieWithTheirRun(t *testing.T, k Backend) {
	s := k.open(t)
	local := func(key string) state.Entry {
		e := Entry(key, "a")
		e.Local = true
		return e
	}
	gone := state.Claimant{Owner: 4711, Lease: time.Minute}
	got := Admit(t, s, gone, local("a1"), local("a2"), Entry("b1", "b"))
	me := Me(t, s)
	mine := Admit(t, s, me, local("a3"))
	if mine[0].Claim.Owner != 0 || mine[0].Admitter != me.Owner {
		t.Errorf("%+v", mine[0])
	}
	if diff := cmp.Diff([]string{"b1", "a3"}, ClaimAll(t, s, me)); diff != "" {
		t.Error(diff)
	}
	if n := Totals(t, s); n.Dead != 2 || n.Pending != 2 {
		t.Errorf("%+v", n)
	}
	Update(t, s, func(tx state.Tx) error { return state.Revive(tx, got[0].Seq) })
	next, err := Settle(t, s, me, state.Settlement{Entry: mine[0]})
	if err != nil || next == nil || next.Key != "a1" {
		t.Errorf("a revived local entry: %+v, %v", next, err)
	}
	if _, err := Settle(t, s, gone, state.Settlement{Entry: got[1]}); err != nil {
		t.Error(err)
	}
	if n := Totals(t, s); n.Dead != 0 {
		t.Errorf("confirmed, and dead all the same: %+v", n)
	}
}
