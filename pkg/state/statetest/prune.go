package statetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

func testPruneByDay(t *testing.T, k Backend) {
	s := k.open(t)
	for i, day := range []int64{-3, 100, 200, 300, 300} {
		Remember(t, s, fmt.Sprintf("s%d", i), day, 2)
	}
	waits, dies := Entry("w", "w"), Entry("d", "d")
	waits.Subject, dies.Subject = "s1", "s2"
	me := Me(t, s)
	both := Admit(t, s, me, waits, dies)
	if _, err := Settle(t, s, me, state.Settlement{Entry: both[1], Outcome: state.Died}); err != nil {
		t.Fatal(err)
	}
	kept := state.Kept{}
	kept.Add("s3")
	if done := Prune(t, s, state.Bounds{}); done != (state.Pruned{}) {
		t.Errorf("without bounds: %+v", done)
	}
	done := Prune(t, s, state.Bounds{Before: 301, Kept: kept})
	if done.Forgotten != 2 || done.Limited {
		t.Errorf("%+v", done)
	}
	if diff := cmp.Diff([]string{"s1", "s2", "s3"}, Subjects(t, s)); diff != "" {
		t.Error(diff)
	}
	if n := Totals(t, s).Subjects; n != 3 {
		t.Errorf("counted %d subjects", n)
	}
	Update(t, s, func(tx state.Tx) error { return errors.Join(state.Drop(tx, both[0].Seq), state.Drop(tx, both[1].Seq)) })
	if done := Prune(t, s, state.Bounds{Before: 300}); done.Forgotten != 2 {
		t.Errorf("after their messages were gone: %+v", done)
	}
	if done := Prune(t, s, state.Bounds{Before: 300}); done.Forgotten != 0 {
		t.Errorf("the day itself: %+v", done)
	}
}

// testPruneProperty: exactly those go that may, however many there are and however small the limit is.
func testPruneProperty(t *testing.T, k Backend) {
	s := k.open(t)
	random := rand.New(rand.NewPCG(7, 9))
	me := Me(t, s)
	names := Names{}
	a := &state.Admission{Names: []state.Identities{names}}
	kept, want := state.Kept{}, []string{}
	for i := range 700 {
		subject, day := fmt.Sprintf("s%04d", i), random.Int64N(100)
		a.Records = append(a.Records, RecordOf(t, s, subject, day, 1, names))
		stays := day >= 60
		switch random.IntN(8) {
		case 0:
			kept.Add(subject)
			stays = true
		case 1:
			e := Entry(subject, subject)
			e.Subject = subject
			a.Entries = append(a.Entries, e)
			stays = true
		}
		if stays {
			want = append(want, subject)
		}
	}
	Update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, a) })
	left := 700
	for range 100 {
		done := Prune(t, s, state.Bounds{Before: 60, Limit: 90, Kept: kept})
		left -= done.Forgotten
		if done.Forgotten > 90 || Totals(t, s).Subjects != left {
			t.Fatalf("%+v, %d left", done, left)
		}
		if !done.Limited {
			break
		}
	}
	if diff := cmp.Diff(want, Subjects(t, s)); diff != "" {
		t.Error(diff)
	}
	Sound(t, s)
}

func testPruneTakesReceipts(t *testing.T, k Backend) {
	b := k.open(t)
	me := Me(t, b)
	threads := 0
	for _, target := range []string{"r", "elsewhere", "unknown"} {
		Remember(t, b, "s-"+target, 5, 1)
		e := Entry(target, target)
		e.Subject, e.Thread = "s-"+target, "r\x00"+target+"\x00s-"+target
		if _, err := Settle(t, b, me, state.Settlement{Entry: Admit(t, b, me, e)[0], Receipt: []byte("ref")}); err != nil {
			t.Fatal(err)
		}
	}
	Prune(t, b, state.Bounds{Before: 9, Targets: map[string][]string{"r": {"elsewhere"}}})
	View(t, b, func(tx state.Tx) error {
		for _, err := range tx.Range("thread", "") {
			if err != nil {
				return err
			}
			threads++
		}
		return nil
	})
	if threads != 1 {
		t.Errorf("%d receipts stay, want that of the target that nobody names", threads)
	}
}

// testPruneSeesOthers: a message that another process admits between two transactions keeps its subject.
func testPruneSeesOthers(t *testing.T, k Backend) {
	if k.Second == nil {
		t.Skip("no other process can have the state")
	}
	mine := k.Open(t)
	other := k.Second(t, mine)
	names := Names{}
	a := &state.Admission{Names: []state.Identities{names}}
	for i := range 600 {
		a.Records = append(a.Records, RecordOf(t, mine, fmt.Sprintf("s%04d", i), int64(i), 1, names))
	}
	Update(t, mine, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
	updates := 0
	s := state.Faulty(mine, func(op string) error {
		if updates++; updates == 2 {
			e := Entry("x", "x")
			e.Subject = "s0500"
			Admit(t, other, Me(t, other), e)
		}
		return nil
	})
	if done := Prune(t, s, state.Bounds{Before: 600}); done.Forgotten != 599 {
		t.Errorf("%+v", done)
	}
	if diff := cmp.Diff([]string{"s0500"}, Subjects(t, mine)); diff != "" {
		t.Error(diff)
	}
}
