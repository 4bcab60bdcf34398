package statetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

// testDigestOfANumber: every digest has exactly as many scans as were asked for, whatever the batches, and the same key.
func testDigestOfANumber(t *testing.T, k Backend) {
	var first []string
	for _, batch := range []int{1, 2, 3, 7, 100} {
		s := k.open(t)
		got := Gather(t, s, WaitingForDigest(0, 8, 3), batch)
		if len(got) != 2 || Totals(t, s) != (state.Totals{Schema: state.Schema, Pending: 2, Queued: 2}) {
			t.Fatalf("%d digests, %+v", len(got), Totals(t, s))
		}
		if diff := cmp.Diff([]string{"key-3", "key-4", "key-5"}, Members(t, s, &got[1])); diff != "" {
			t.Error(diff)
		}
		keys := []string{got[0].Key, got[1].Key}
		if first == nil {
			first = keys
		}
		if diff := cmp.Diff(first, keys); diff != "" || keys[0] == keys[1] {
			t.Errorf("keys depend on the batches: %s", diff)
		}
		if got[0].Claim.Owner == 0 || got[1].Claim.Owner != 0 {
			t.Error("only the head of the lane is claimed")
		}
		next, err := Settle(t, s, Me(t, s), state.Settlement{Entry: got[0], Outcome: state.Confirmed})
		if err != nil || next == nil || next.Seq != got[1].Seq {
			t.Errorf("after the first: %+v, %v", next, err)
		}
		View(t, s, func(tx state.Tx) error {
			if _, err := state.DigestMembers(tx, &got[0], 0, 9); !errors.Is(err, state.ErrLost) {
				t.Errorf("the messages of a confirmed digest: %v", err)
			}
			return nil
		})
	}
}

// testDigestsOfALongQueue: what nobody could hold in memory goes out as several digests, in order, when it is due.
func testDigestsOfALongQueue(t *testing.T, k Backend) {
	b := k.open(t)
	Gather(t, b, WaitingForDigest(0, 2500, state.GatherUntilAsked), 500)
	var seen []state.Queue
	var got []state.Entry
	Update(t, b, func(tx state.Tx) (err error) {
		got, err = state.FormDigests(tx, Me(t, b), func(q state.Queue) bool {
			seen = append(seen, q)
			return true
		})
		return err
	})
	if diff := cmp.Diff([]state.Queue{{Route: "r", Target: "t", Scans: 2500, Oldest: Noon()}}, seen); diff != "" {
		t.Error(diff)
	}
	var sizes []int
	for i := range got {
		sizes = append(sizes, got[i].Scans)
	}
	if diff := cmp.Diff([]int{1000, 1000, 500}, sizes); diff != "" {
		t.Error(diff)
	}
	Sound(t, b)
	b.Time = Noon().Add(time.Hour)
	for _, e := range ClaimEntries(t, b, Me(t, b), nil) {
		if _, err := Settle(t, b, Me(t, b), state.Settlement{Entry: e, Outcome: state.Confirmed}); err != nil {
			t.Error(err)
		}
	}
	Sound(t, b)
}

// testQueueLosesNothing walks a queue's messages, with a document, through all that can become of them.
func testQueueLosesNothing(t *testing.T, k Backend) {
	b := k.open(t)
	me := Me(t, b)
	digest := [32]byte{7}
	a := &state.Admission{Entries: WaitingForDigest(0, 5, state.GatherUntilAsked), Blobs: map[[32]byte]state.Packed{digest: state.Pack([]byte("document"))}}
	for i := range a.Entries {
		a.Entries[i].Document = digest[:]
	}
	Update(t, b, func(tx state.Tx) error { return state.Admit(tx, me, a) })
	Sound(t, b)
	Update(t, b, func(tx state.Tx) error { return state.Drop(tx, a.Entries[2].Seq) })
	Sound(t, b)
	var got []state.Entry
	none := func(state.Queue) bool { return false }
	Update(t, b, func(tx state.Tx) (err error) {
		got, err = state.FormDigests(tx, me, none)
		return err
	})
	if len(got) != 0 || Totals(t, b) != (state.Totals{Schema: state.Schema, Queued: 4}) {
		t.Errorf("%d digests, %+v", len(got), Totals(t, b))
	}
	Update(t, b, func(tx state.Tx) (err error) {
		got, err = state.FormDigests(tx, me, func(state.Queue) bool { return true })
		return err
	})
	if diff := cmp.Diff([]string{"key-0", "key-1", "key-3", "key-4"}, Members(t, b, &got[0])); diff != "" {
		t.Error(diff)
	}
	Sound(t, b)
	if _, err := Settle(t, b, me, state.Settlement{Entry: got[0], Outcome: state.Died}); err != nil {
		t.Error(err)
	}
	Sound(t, b)
	Update(t, b, func(tx state.Tx) error { return state.Revive(tx, got[0].Seq) })
	Sound(t, b)
	again := ClaimEntries(t, b, me, nil)
	if len(again) != 1 || again[0].Key != got[0].Key || len(Members(t, b, &again[0])) != 4 {
		t.Fatalf("%+v", again)
	}
	Update(t, b, func(tx state.Tx) error { return state.Drop(tx, again[0].Seq) })
	Sound(t, b)
	if n := Totals(t, b); n != (state.Totals{Schema: state.Schema}) {
		t.Errorf("%+v", n)
	}
	View(t, b, func(tx state.Tx) error {
		if _, err := state.Blob(tx, digest[:]); err == nil {
			t.Error("the document is still there")
		}
		return nil
	})
}

// testDropFromALongQueue takes the first, one from the middle and all of a segment out of a queue of several.
func testDropFromALongQueue(t *testing.T, k Backend) {
	b := k.open(t)
	entries := WaitingForDigest(0, 1003, state.GatherUntilAsked)
	for i := range entries {
		entries[i].Admitted = Noon().Add(time.Duration(i) * time.Second)
	}
	Gather(t, b, entries, 2000)
	oldest := func() (q state.Queue) {
		View(t, b, func(tx state.Tx) error {
			queues, err := state.Queues(tx)
			q = queues[0]
			return err
		})
		return q
	}
	for i, drop := range []struct {
		seqs   []uint64
		oldest int
	}{{[]uint64{1}, 1}, {[]uint64{500}, 1}, {[]uint64{1001, 1002, 1003}, 1}, {[]uint64{2, 3}, 3}} {
		for _, seq := range drop.seqs {
			Update(t, b, func(tx state.Tx) error { return state.Drop(tx, seq) })
		}
		Sound(t, b)
		if q := oldest(); !q.Oldest.Equal(Noon().Add(time.Duration(drop.oldest) * time.Second)) {
			t.Errorf("%d: the oldest is of %s", i, q.Oldest)
		}
	}
	if q := oldest(); q.Scans != 1003-7 {
		t.Errorf("%d scans", q.Scans)
	}
}

// testPruneSparesQueues: a subject about which something waits for a digest, or is in one that waits, is not forgotten.
func testPruneSparesQueues(t *testing.T, k Backend) {
	b := k.open(t)
	a := &state.Admission{Entries: WaitingForDigest(0, 3, 2)}
	for i := range 5 {
		a.Records = append(a.Records, state.Record{Subject: fmt.Sprint("subject-", i), Day: 1})
	}
	Update(t, b, func(tx state.Tx) error { return state.Admit(tx, Me(t, b), a) })
	if done := Prune(t, b, state.Bounds{Before: 2}); done.Forgotten != 2 {
		t.Errorf("%+v", done)
	}
	for i := range 5 {
		View(t, b, func(tx state.Tx) error {
			r, err := state.Load(tx, fmt.Sprint("subject-", i))
			if kept := r.Generation != 0; kept != (i < 3) {
				t.Errorf("subject %d: kept %v", i, kept)
			}
			return err
		})
	}
	Sound(t, b)
}

// testQueueOfTheSame: a run that remembers nothing (--baseline) repeats keys; the same digest does not wait twice.
func testQueueOfTheSame(t *testing.T, k Backend) {
	b := k.open(t)
	first, second := Gather(t, b, WaitingForDigest(0, 2, 2), 1), Gather(t, b, WaitingForDigest(0, 2, 2), 1)
	if len(first) != 1 || len(second) != 1 || second[0].Seq != first[0].Seq || second[0].Claim.Owner != 0 {
		t.Errorf("%+v, then %+v", first, second)
	}
	Sound(t, b)
	if n := Totals(t, b); n != (state.Totals{Schema: state.Schema, Pending: 1}) {
		t.Errorf("%+v", n)
	}
}

// testQueueLeavesTwinsOut where the run says that it repeats keys.
func testQueueLeavesTwinsOut(t *testing.T, k Backend) {
	b := k.open(t)
	for range 3 {
		entries := WaitingForDigest(0, 2, 9)
		for i := range entries {
			entries[i].Unique = true
		}
		Gather(t, b, entries, 1)
	}
	if n := Totals(t, b); n != (state.Totals{Schema: state.Schema, Queued: 2}) {
		t.Errorf("%+v", n)
	}
	Sound(t, b)
}

// testDigestKeysTellAllMembers: digests that differ in any message, or in their order, have different keys.
func testDigestKeysTellAllMembers(t *testing.T, k Backend) {
	seen := map[string]string{}
	for _, numbers := range [][]int{{0, 1, 2}, {3, 1, 2}, {1, 0, 2}, {1, 2}, {2, 1}} {
		b := k.open(t)
		var entries []state.Entry
		for _, n := range numbers {
			entries = append(entries, WaitingForDigest(n, 1, len(numbers))...)
		}
		key := Gather(t, b, entries, 9)[0].Key
		if other, again := seen[key]; again {
			t.Errorf("%v has the key of %s", numbers, other)
		}
		seen[key] = fmt.Sprint(numbers)
	}
}

// testDigestsAreNotTooLarge: what one digest takes in memory is bounded.
func testDigestsAreNotTooLarge(t *testing.T, k Backend) {
	b := k.open(t)
	entries := WaitingForDigest(0, 8, 8)
	for i := range entries {
		entries[i].Weight = 12 << 20
	}
	var sizes []int
	for _, d := range Gather(t, b, entries, 3) {
		sizes = append(sizes, d.Scans)
	}
	if diff := cmp.Diff([]int{2, 2, 2, 2}, sizes); diff != "" {
		t.Error(diff)
	}
	Sound(t, b)
}
