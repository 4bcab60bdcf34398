package statetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

// someMark marks a document of one report of which two routes had something to say.
func someMark(document byte, r *state.Record) *state.Known {
	return &state.Known{
		Document: state.DocumentHash{document}, Subjects: []state.KnownSubject{{Record: *r}},
		Decided: []state.Decided{{Status: 1, Rule: 2, Findings: 210}, {Status: 2, Rule: 300}},
	}
}

// marking is a state, and what a test of its marks does with it.
type marking struct {
	*testing.T
	s state.Store
}

func (m *marking) admit(a *state.Admission) {
	m.Helper()
	Update(m, m.s, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
}

func (m *marking) recall(day int64, documents ...byte) (marks []*state.Known) {
	m.Helper()
	View(m, m.s, func(tx state.Tx) (err error) {
		var hashes []state.DocumentHash
		for _, d := range documents {
			hashes = append(hashes, state.DocumentHash{d})
		}
		marks, err = state.Recall(tx, day, hashes)
		return err
	})
	return marks
}

func (m *marking) load() (r state.Record) {
	m.Helper()
	View(m, m.s, func(tx state.Tx) (err error) {
		r, err = state.Load(tx, someRecord().Subject)
		return err
	})
	return r
}

// testKnown: a mark holds on its day, while the record is what it was.
func testKnown(t *testing.T, k Backend) {
	m := &marking{t, k.open(t)}
	r := someRecord()
	m.admit(&state.Admission{Records: []state.Record{r}, Known: []*state.Known{someMark(1, &r)}, Day: 20779})
	marks := m.recall(20779, 1, 2)
	if marks[0] == nil || marks[1] != nil {
		t.Fatalf("the marks of a document that has one, and of one that has none: %v", marks)
	}
	if diff := cmp.Diff(someMark(1, &r).Decided, marks[0].Decided); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(m.load(), marks[0].Subjects[0].Record); diff != "" {
		t.Errorf("its record: %s", diff)
	}
	if m.recall(20780, 1)[0] != nil || m.recall(20778, 1)[0] != nil {
		t.Error("a mark holds on another day")
	}
	// A mark without a record beside it holds when the record is what was viewed.
	now := m.load()
	stale := now
	stale.Generation--
	m.admit(&state.Admission{Known: []*state.Known{someMark(2, &now), someMark(3, &stale)}, Day: 20779})
	if marks := m.recall(20779, 1, 2, 3); marks[0] == nil || marks[1] == nil || marks[2] != nil {
		t.Errorf("marks beside a record that stays: %v", marks)
	}
}

// testKnownBesideNothing: a mark that something is not remembered of a subject holds until it is.
func testKnownBesideNothing(t *testing.T, k Backend) {
	m := &marking{t, k.open(t)}
	r := someRecord()
	other := state.Record{Subject: "another", Day: 20779}
	mark := someMark(1, &r)
	mark.Subjects = append(mark.Subjects, state.KnownSubject{Record: state.Record{Subject: other.Subject}})
	m.admit(&state.Admission{Records: []state.Record{r}, Known: []*state.Known{mark}, Day: 20779})
	marks := m.recall(20779, 1)
	if marks[0] == nil {
		t.Fatal("the document is not known")
	}
	if diff := cmp.Diff(state.Record{}, marks[0].Subjects[1].Record); diff != "" {
		t.Errorf("the record of a subject that is not remembered: %s", diff)
	}
	m.admit(&state.Admission{Records: []state.Record{other}, Day: 20779})
	if m.recall(20779, 1)[0] != nil {
		t.Error("the document is known although a subject of it is remembered now")
	}
}

// testKnownNoMore: whatever writes the record ends all marks but those that come along.
func testKnownNoMore(t *testing.T, k Backend) {
	m := &marking{t, k.open(t)}
	r := someRecord()
	m.admit(&state.Admission{Records: []state.Record{r}, Known: []*state.Known{someMark(1, &r)}, Day: 20779})
	now := m.load()
	m.admit(&state.Admission{Records: []state.Record{now}, Known: []*state.Known{someMark(4, &now)}, Day: 20779})
	if marks := m.recall(20779, 1, 4); marks[0] != nil || marks[1] == nil {
		t.Errorf("marks after the record was written: %v", marks)
	}
	Update(t, m.s, func(tx state.Tx) error {
		_, err := state.Forget(tx, r.Subject)
		return err
	})
	if m.recall(20779, 4)[0] != nil {
		t.Error("a document is known whose subject was forgotten")
	}
	r = m.load()
	r.Day = 20779
	m.admit(&state.Admission{Records: []state.Record{r}, Day: 20779})
	if m.recall(20779, 4)[0] != nil {
		t.Error("a document is known because its subject was seen again")
	}
}

// testKnownOfOtherDays: marks of days that are over, or have not come, are taken out by and by.
func testKnownOfOtherDays(t *testing.T, k Backend) {
	s := k.open(t)
	r := someRecord()
	for day := range int64(4) {
		Update(t, s, func(tx state.Tx) error {
			var err error
			if r, err = state.Load(tx, r.Subject); err != nil {
				return err
			}
			return state.Admit(tx, state.Claimant{}, &state.Admission{
				Records: []state.Record{r}, Known: []*state.Known{someMark(byte(day), &r)}, Day: []int64{20780, 20778, 20781, 20779}[day],
			})
		})
	}
	View(t, s, func(tx state.Tx) error {
		n := 0
		for _, err := range tx.Range(state.BucketKnown, "") {
			if err != nil {
				return err
			}
			n++
		}
		if n != 1 {
			t.Errorf("%d marks, of them 1 of today", n)
		}
		there, err := state.MayKnow(tx, 20779, []state.DocumentHash{{3}, {2}})
		if diff := cmp.Diff([]bool{true, false}, there); diff != "" || err != nil {
			t.Error(diff, err)
		}
		return nil
	})
}
