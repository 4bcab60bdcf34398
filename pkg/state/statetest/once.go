package statetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

// testOnce: when a message was admitted under its key is known, and only one of several that have viewed the same may write it.
func testOnce(t *testing.T, k Backend) {
	s := k.open(t)
	one, two := state.OnceKey{1}, state.OnceKey{2}
	admit := func(key state.OnceKey, was, now time.Time) error {
		return s.Update(t.Context(), func(tx state.Tx) error {
			return state.Admit(tx, Me(t, s), &state.Admission{Once: []state.Once{{Key: key, Was: was, Now: now}}})
		})
	}
	seen := func() (times []time.Time) {
		View(t, s, func(tx state.Tx) (err error) {
			times, err = state.LoadOnce(tx, []state.OnceKey{one, two})
			return err
		})
		return times
	}
	first, later := Noon().Add(time.Millisecond), Noon().Add(240*time.Hour)
	if err := admit(one, time.Time{}, first); err != nil {
		t.Fatal(err)
	}
	if err := admit(one, time.Time{}, later); !errors.Is(err, state.ErrStale) {
		t.Errorf("admitted by two: %v", err)
	}
	if err := admit(two, time.Time{}, later); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Time{first, later}, seen()); diff != "" {
		t.Error(diff)
	}
	day := later.Unix() / 86400
	if _, err := state.Prune(t.Context(), s, state.Bounds{Before: day}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Time{{}, later}, seen()); diff != "" {
		t.Errorf("after pruning: %s", diff)
	}
	// A run that may take no time looks at some of them only: at the last one from almost anywhere on.
	last := state.OnceKey(bytes.Repeat([]byte{0xff}, len(one)))
	if err := admit(last, time.Time{}, first); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Prune(t.Context(), s, state.Bounds{Before: day, Limit: 1}); err != nil {
		t.Fatal(err)
	}
	if err := admit(last, time.Time{}, later); err != nil {
		t.Errorf("not forgotten: %v", err)
	}
	if err := admit(last, later, later.Add(time.Hour)); err != nil {
		t.Errorf("admitted again by one who has viewed it: %v", err)
	}
	Sound(t, s)
}

// testSharedLane: what stands in a lane with entries to other targets leaves in their order, whichever target is asked, and what is chained
// to a dead entry says so when it is claimed.
func testSharedLane(t *testing.T, k Backend) {
	s := k.open(t)
	me := Me(t, s)
	first, second := Entry("a1", "shared"), Entry("b1", "shared")
	first.Target, second.Target = "a", "b"
	first.Shared, second.Shared, second.Chained = true, true, true
	other := me
	other.Owner = 1 << 40
	all := Admit(t, s, other, first, second)
	s.Time = Noon().Add(24 * time.Hour)
	claim := func(target string) (claimed []state.Entry) {
		Update(t, s, func(tx state.Tx) (err error) {
			claimed, _, err = state.ClaimNext(tx, me, s.Owners(), state.Query{Target: target})
			return err
		})
		return claimed
	}
	if got := claim("b"); got != nil {
		t.Errorf("claimed before the head of the lane: %+v", got)
	}
	if got := claim("a"); len(got) != 1 || got[0].Seq != all[0].Seq {
		t.Fatalf("claimed %+v", got)
	}
	next, err := Settle(t, s, me, state.Settlement{Entry: all[0], Outcome: state.Died})
	if err != nil || next == nil || next.Seq != all[1].Seq || !next.Barred {
		t.Fatalf("%+v, %v", next, err)
	}
	if err := s.Update(t.Context(), func(tx state.Tx) error { return state.Revive(tx, all[0].Seq) }); err != nil {
		t.Fatal(err)
	}
	if _, err := Settle(t, s, me, state.Settlement{Entry: *next, Outcome: state.Released}); err != nil {
		t.Fatal(err)
	}
	if got := claim("b"); len(got) != 1 || got[0].Barred {
		t.Errorf("after the one before it was revived: %+v", got)
	}
}
