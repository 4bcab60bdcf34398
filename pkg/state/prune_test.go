package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

// remember admits a subject last seen on a day, with one finding of its own and marks of some size.
func remember(t testing.TB, s state.Store, subject string, day int64, findings int) {
	t.Helper()
	a := &state.Admission{Names: map[uint64][]byte{}}
	a.Records = append(a.Records, recordOf(t, s, subject, day, findings, a.Names))
	update(t, s, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
}

func recordOf(t testing.TB, s state.Store, subject string, day int64, findings int, names map[uint64][]byte) state.Record {
	t.Helper()
	marks := make([]byte, 0, 9*findings)
	for i := range findings {
		p := uint64(len(subject))<<32 | uint64(subject[len(subject)-1])<<16 | uint64(i) + 1
		marks = append(marks, byte(p>>56), byte(p>>48), byte(p>>40), byte(p>>32), byte(p>>24), byte(p>>16), byte(p>>8), byte(p), 3)
		names[p] = fmt.Appendf(nil, "CVE-%d of %s", i, subject)
	}
	return state.Record{Subject: subject, Day: day, Routes: []state.RouteState{{Route: "r", Number: 1}},
		Views: []state.View{{Scanner: "trivy", Routes: []string{"r"}, Marks: marks}}}
}

// subjectsOf lists what is remembered.
func subjectsOf(t testing.TB, s state.Store) (all []string) {
	t.Helper()
	view(t, s, func(tx state.Tx) error {
		for r, err := range state.Subjects(tx) {
			if err != nil {
				return err
			}
			all = append(all, r.Subject)
		}
		return nil
	})
	slices.Sort(all)
	return all
}

// sound fails unless a check finds nothing.
func sound(t testing.TB, b *state.Bolt) {
	t.Helper()
	if problems, err := b.Check(t.Context()); err != nil || problems != nil {
		t.Errorf("not sound: %v, %v", problems, err)
	}
}

func prune(t testing.TB, s state.Store, b state.Bounds) state.Pruned {
	t.Helper()
	done, err := state.Prune(t.Context(), s, b)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func TestPruneByDay(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		for i, day := range []int64{-3, 100, 200, 300, 300} {
			remember(t, s, fmt.Sprintf("s%d", i), day, 2)
		}
		waits, dies := entry("w", "w"), entry("d", "d")
		waits.Subject, dies.Subject = "s1", "s2"
		me := claimant(t, s, noon)
		both := admit(t, s, me, waits, dies)
		if _, err := settle(t, s, me, state.Settlement{Entry: both[1], Outcome: state.Died}); err != nil {
			t.Fatal(err)
		}
		kept := state.Kept{}
		kept.Add("s3")
		if done := prune(t, s, state.Bounds{}); done != (state.Pruned{}) {
			t.Errorf("without bounds: %+v", done)
		}
		done := prune(t, s, state.Bounds{Before: 301, Kept: kept})
		if done.Forgotten != 2 || done.Limited {
			t.Errorf("%+v", done)
		}
		if diff := cmp.Diff([]string{"s1", "s2", "s3"}, subjectsOf(t, s)); diff != "" {
			t.Error(diff)
		}
		if n := totals(t, s).Subjects; n != 3 {
			t.Errorf("counted %d subjects", n)
		}
		update(t, s, func(tx state.Tx) error { return errors.Join(state.Drop(tx, both[0].Seq), state.Drop(tx, both[1].Seq)) })
		if done := prune(t, s, state.Bounds{Before: 300}); done.Forgotten != 2 {
			t.Errorf("after their messages were gone: %+v", done)
		}
		if done := prune(t, s, state.Bounds{Before: 300}); done.Forgotten != 0 {
			t.Errorf("the day itself: %+v", done)
		}
	})
}

// TestPruneProperty: exactly those go that may, however many there are and however small the limit is.
func TestPruneProperty(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		random := rand.New(rand.NewPCG(7, 9))
		me := claimant(t, s, noon)
		a := &state.Admission{Names: map[uint64][]byte{}}
		kept, want := state.Kept{}, []string{}
		for i := range 700 {
			subject, day := fmt.Sprintf("s%04d", i), random.Int64N(100)
			a.Records = append(a.Records, recordOf(t, s, subject, day, 1, a.Names))
			stays := day >= 60
			switch random.IntN(8) {
			case 0:
				kept.Add(subject)
				stays = true
			case 1:
				e := entry(subject, subject)
				e.Subject = subject
				a.Entries = append(a.Entries, e)
				stays = true
			}
			if stays {
				want = append(want, subject)
			}
		}
		update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, a) })
		left := 700
		for range 100 {
			done := prune(t, s, state.Bounds{Before: 60, Limit: 90, Kept: kept})
			left -= done.Forgotten
			if done.Forgotten > 90 || totals(t, s).Subjects != left {
				t.Fatalf("%+v, %d left", done, left)
			}
			if !done.Limited {
				break
			}
		}
		if diff := cmp.Diff(want, subjectsOf(t, s)); diff != "" {
			t.Error(diff)
		}
		if b := state.FileOf(s); b != nil {
			sound(t, b)
		}
	})
}

// TestPruneSeesOthers: a message that another process admits between two transactions keeps its subject.
func TestPruneSeesOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	mine, other := open(t, path), open(t, path)
	a := &state.Admission{Names: map[uint64][]byte{}}
	for i := range 600 {
		a.Records = append(a.Records, recordOf(t, mine, fmt.Sprintf("s%04d", i), int64(i), 1, a.Names))
	}
	update(t, mine, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
	updates := 0
	s := state.Faulty(mine, func(op string) error {
		if updates++; updates == 2 {
			e := entry("x", "x")
			e.Subject = "s0500"
			admit(t, other, claimant(t, other, noon), e)
		}
		return nil
	})
	if done := prune(t, s, state.Bounds{Before: 600}); done.Forgotten != 599 {
		t.Errorf("%+v", done)
	}
	if diff := cmp.Diff([]string{"s0500"}, subjectsOf(t, mine)); diff != "" {
		t.Error(diff)
	}
}

func TestPruneTakesReceipts(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	me := claimant(t, b, noon)
	threads := 0
	for _, target := range []string{"r", "elsewhere", "unknown"} {
		remember(t, b, "s-"+target, 5, 1)
		e := entry(target, target)
		e.Subject, e.Thread = "s-"+target, "r\x00"+target+"\x00s-"+target
		if _, err := settle(t, b, me, state.Settlement{Entry: admit(t, b, me, e)[0], Receipt: []byte("ref")}); err != nil {
			t.Fatal(err)
		}
	}
	prune(t, b, state.Bounds{Before: 9, Targets: map[string][]string{"r": {"elsewhere"}}})
	view(t, b, func(tx state.Tx) error {
		for range tx.Range("thread", "") {
			threads++
		}
		return nil
	})
	if threads != 1 {
		t.Errorf("%d receipts stay, want that of the target that nobody names", threads)
	}
}

// inUse measures.
func inUse(t testing.TB, b *state.Bolt) state.Usage {
	t.Helper()
	u, err := b.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPruneBySize(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "state.db"))
	a := &state.Admission{Names: map[uint64][]byte{}}
	for i := range 1500 {
		a.Records = append(a.Records, recordOf(t, b, fmt.Sprintf("s%04d", i), int64(i/10), 100, a.Names))
	}
	clear(a.Names)
	update(t, b, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
	before := inUse(t, b)
	if done := prune(t, b, state.Bounds{MaxBytes: before.InUse}); done.Forgotten != 0 {
		t.Errorf("within the bound: %+v", done)
	}
	bound := before.InUse * 2 / 3
	done := prune(t, b, state.Bounds{MaxBytes: bound})
	if done.Forgotten < 300 || done.Forgotten > 700 || done.Short != 0 {
		t.Errorf("a third too much: %+v", done)
	}
	if first := subjectsOf(t, b)[0]; first < "s0300" || first > "s0700" {
		t.Errorf("the oldest left is %s", first)
	}
	if _, err := b.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u := inUse(t, b); u.InUse > bound || u.InUse < bound/2 {
		t.Errorf("%d of %d bytes in use", u.InUse, bound)
	}
	e := entry("waits", "waits")
	e.Message = bytes.Repeat([]byte("m"), 1<<20)
	admit(t, b, state.Claimant{}, e)
	if done := prune(t, b, state.Bounds{MaxBytes: 1 << 16}); done.Short < 1<<19 || len(subjectsOf(t, b)) != 0 {
		t.Errorf("a message larger than the bound: %+v", done)
	}
	sound(t, b)
}
