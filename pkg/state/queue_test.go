package state_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

// waiting makes n messages for one queue, which becomes a digest when so many wait.
func waiting(from, n, gather int) (all []state.Entry) {
	for i := from; i < from+n; i++ {
		e := entry(fmt.Sprintf("key-%d", i), "r\x00t")
		e.Subject, e.Thread, e.Gather = fmt.Sprint("subject-", i), "", gather
		all = append(all, e)
	}
	return all
}

// gather admits messages in batches of a size and returns the digests that became complete.
func gather(t testing.TB, s state.Store, entries []state.Entry, batch int) (digests []state.Entry) {
	t.Helper()
	me := claimant(t, s, noon)
	for len(entries) > 0 {
		n := min(batch, len(entries))
		a := &state.Admission{Entries: entries[:n]}
		update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, a) })
		digests = append(digests, a.Digests...)
		entries = entries[n:]
	}
	return digests
}

func members(t testing.TB, s state.Store, digest *state.Entry) (keys []string) {
	t.Helper()
	view(t, s, func(tx state.Tx) error {
		for after := uint64(0); ; {
			if after == digest.To {
				return nil
			}
			got, err := state.DigestMembers(tx, digest, after, 2)
			if err != nil {
				return err
			}
			for _, e := range got {
				if string(e.Message) != "message "+e.Key {
					t.Errorf("%s says %q", e.Key, e.Message)
				}
				keys = append(keys, e.Key)
			}
			after = got[len(got)-1].Seq
		}
	})
	return keys
}

// TestDigestOfANumber: every digest has exactly as many scans as were asked for, whatever the batches, and the same key.
func TestDigestOfANumber(t *testing.T) {
	var first []string
	for _, batch := range []int{1, 2, 3, 7, 100} {
		backends(t, func(t *testing.T, s state.Store) {
			got := gather(t, s, waiting(0, 8, 3), batch)
			if len(got) != 2 || totals(t, s) != (state.Totals{Schema: 2, Pending: 2, Queued: 2}) {
				t.Fatalf("%d digests, %+v", len(got), totals(t, s))
			}
			if diff := cmp.Diff([]string{"key-3", "key-4", "key-5"}, members(t, s, &got[1])); diff != "" {
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
			next, err := settle(t, s, claimant(t, s, noon), state.Settlement{Entry: got[0], Outcome: state.Confirmed})
			if err != nil || next == nil || next.Seq != got[1].Seq {
				t.Errorf("after the first: %+v, %v", next, err)
			}
			view(t, s, func(tx state.Tx) error {
				if _, err := state.DigestMembers(tx, &got[0], 0, 9); !errors.Is(err, state.ErrLost) {
					t.Errorf("the messages of a confirmed digest: %v", err)
				}
				return nil
			})
		})
	}
}

// TestDigestsOfALongQueue: what nobody could hold in memory goes out as several digests, in order, when it is due.
func TestDigestsOfALongQueue(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	gather(t, b, waiting(0, 2500, state.GatherUntilAsked), 500)
	var seen []state.Queue
	var got []state.Entry
	update(t, b, func(tx state.Tx) (err error) {
		got, err = state.FormDigests(tx, claimant(t, b, noon), func(q state.Queue) bool {
			seen = append(seen, q)
			return true
		})
		return err
	})
	if diff := cmp.Diff([]state.Queue{{Route: "r", Target: "t", Scans: 2500, Oldest: noon}}, seen); diff != "" {
		t.Error(diff)
	}
	var sizes []int
	for i := range got {
		sizes = append(sizes, got[i].Scans)
	}
	if diff := cmp.Diff([]int{1000, 1000, 500}, sizes); diff != "" {
		t.Error(diff)
	}
	sound(t, b)
	for _, e := range claimEntries(t, b, claimant(t, b, noon.Add(time.Hour)), nil) {
		if _, err := settle(t, b, claimant(t, b, noon), state.Settlement{Entry: e, Outcome: state.Confirmed}); err != nil {
			t.Error(err)
		}
	}
	sound(t, b)
}

// TestQueueLosesNothing walks a queue's messages, with a document, through all that can become of them.
func TestQueueLosesNothing(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	me := claimant(t, b, noon)
	digest := [32]byte{7}
	a := &state.Admission{Entries: waiting(0, 5, state.GatherUntilAsked), Blobs: map[[32]byte]state.Packed{digest: state.Pack([]byte("document"))}}
	for i := range a.Entries {
		a.Entries[i].Document = digest[:]
	}
	update(t, b, func(tx state.Tx) error { return state.Admit(tx, me, a) })
	sound(t, b)
	update(t, b, func(tx state.Tx) error { return state.Drop(tx, a.Entries[2].Seq) })
	sound(t, b)
	var got []state.Entry
	none := func(state.Queue) bool { return false }
	update(t, b, func(tx state.Tx) (err error) {
		got, err = state.FormDigests(tx, me, none)
		return err
	})
	if len(got) != 0 || totals(t, b) != (state.Totals{Schema: 2, Queued: 4}) {
		t.Errorf("%d digests, %+v", len(got), totals(t, b))
	}
	update(t, b, func(tx state.Tx) (err error) {
		got, err = state.FormDigests(tx, me, func(state.Queue) bool { return true })
		return err
	})
	if diff := cmp.Diff([]string{"key-0", "key-1", "key-3", "key-4"}, members(t, b, &got[0])); diff != "" {
		t.Error(diff)
	}
	sound(t, b)
	if _, err := settle(t, b, me, state.Settlement{Entry: got[0], Outcome: state.Died}); err != nil {
		t.Error(err)
	}
	sound(t, b)
	update(t, b, func(tx state.Tx) error { return state.Revive(tx, got[0].Seq) })
	sound(t, b)
	again := claimEntries(t, b, me, nil)
	if len(again) != 1 || again[0].Key != got[0].Key || len(members(t, b, &again[0])) != 4 {
		t.Fatalf("%+v", again)
	}
	update(t, b, func(tx state.Tx) error { return state.Drop(tx, again[0].Seq) })
	sound(t, b)
	if n := totals(t, b); n != (state.Totals{Schema: 2}) {
		t.Errorf("%+v", n)
	}
	view(t, b, func(tx state.Tx) error {
		if _, err := state.Blob(tx, digest[:]); err == nil {
			t.Error("the document is still there")
		}
		return nil
	})
}

// TestDropFromALongQueue takes the first, one from the middle and all of a segment out of a queue of several.
func TestDropFromALongQueue(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	entries := waiting(0, 1003, state.GatherUntilAsked)
	for i := range entries {
		entries[i].Admitted = noon.Add(time.Duration(i) * time.Second)
	}
	gather(t, b, entries, 2000)
	oldest := func() (q state.Queue) {
		view(t, b, func(tx state.Tx) error {
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
			update(t, b, func(tx state.Tx) error { return state.Drop(tx, seq) })
		}
		sound(t, b)
		if q := oldest(); !q.Oldest.Equal(noon.Add(time.Duration(drop.oldest) * time.Second)) {
			t.Errorf("%d: the oldest is of %s", i, q.Oldest)
		}
	}
	if q := oldest(); q.Scans != 1003-7 {
		t.Errorf("%d scans", q.Scans)
	}
}

// TestPruneSparesQueues: a subject about which something waits for a digest, or is in one that waits, is not forgotten.
func TestPruneSparesQueues(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	a := &state.Admission{Entries: waiting(0, 3, 2)}
	for i := range 5 {
		a.Records = append(a.Records, state.Record{Subject: fmt.Sprint("subject-", i), Day: 1})
	}
	update(t, b, func(tx state.Tx) error { return state.Admit(tx, claimant(t, b, noon), a) })
	if done := prune(t, b, state.Bounds{Before: 2}); done.Forgotten != 2 {
		t.Errorf("%+v", done)
	}
	for i := range 5 {
		view(t, b, func(tx state.Tx) error {
			r, err := state.Load(tx, fmt.Sprint("subject-", i))
			if kept := r.Generation != 0; kept != (i < 3) {
				t.Errorf("subject %d: kept %v", i, kept)
			}
			return err
		})
	}
	sound(t, b)
}

// TestQueueOfTheSame: a run that remembers nothing (--baseline) repeats keys; the same digest does not wait twice.
func TestQueueOfTheSame(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	first, second := gather(t, b, waiting(0, 2, 2), 1), gather(t, b, waiting(0, 2, 2), 1)
	if len(first) != 1 || len(second) != 1 || second[0].Seq != first[0].Seq || second[0].Claim.Owner != 0 {
		t.Errorf("%+v, then %+v", first, second)
	}
	sound(t, b)
	if n := totals(t, b); n != (state.Totals{Schema: 2, Pending: 1}) {
		t.Errorf("%+v", n)
	}
}

// TestQueueLeavesTwinsOut where the run says that it repeats keys.
func TestQueueLeavesTwinsOut(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	for range 3 {
		entries := waiting(0, 2, 9)
		for i := range entries {
			entries[i].Unique = true
		}
		gather(t, b, entries, 1)
	}
	if n := totals(t, b); n != (state.Totals{Schema: 2, Queued: 2}) {
		t.Errorf("%+v", n)
	}
	sound(t, b)
}

// TestDigestKeysTellAllMembers: digests that differ in any message, or in their order, have different keys.
func TestDigestKeysTellAllMembers(t *testing.T) {
	seen := map[string]string{}
	for _, numbers := range [][]int{{0, 1, 2}, {3, 1, 2}, {1, 0, 2}, {1, 2}, {2, 1}} {
		b := open(t, filepath.Join(t.TempDir(), "state.db"))
		var entries []state.Entry
		for _, n := range numbers {
			entries = append(entries, waiting(n, 1, len(numbers))...)
		}
		key := gather(t, b, entries, 9)[0].Key
		if other, again := seen[key]; again {
			t.Errorf("%v has the key of %s", numbers, other)
		}
		seen[key] = fmt.Sprint(numbers)
	}
}

// TestDigestsAreNotTooLarge: what one digest takes in memory is bounded.
func TestDigestsAreNotTooLarge(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	entries := waiting(0, 8, 8)
	for i := range entries {
		entries[i].Weight = 12 << 20
	}
	var sizes []int
	for _, d := range gather(t, b, entries, 3) {
		sizes = append(sizes, d.Scans)
	}
	if diff := cmp.Diff([]int{2, 2, 2, 2}, sizes); diff != "" {
		t.Error(diff)
	}
	sound(t, b)
}
