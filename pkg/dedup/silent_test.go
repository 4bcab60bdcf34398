package dedup

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHeldDifferenceSaysNothing: what changes when a difference is held back leaves the difference as it is, and what all scanners
// together have said; doing it again changes nothing.
func TestHeldDifferenceSaysNothing(t *testing.T) {
	moved := 0
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		w, p := newWorld(), NewFingerprinter(salt)
		w.base.Others = [][]Mark{NewFindingSet(p, gen(r)).Marks}
		w.scan(gen(r))
		report := NewFindingSet(p, gen(r))
		quiet, changed := MergeSilently(&w.base, report, w.name)
		if !changed {
			return
		}
		moved++
		after := Baseline{Own: quiet.Marks, Others: w.base.Others, Compliance: quiet.Compliance}
		want, _ := Diff(&w.base, report, w.name)
		got, _ := Diff(&after, report, w.name)
		want.Known, got.Known = 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the difference is another: %s", diff)
		}
		if diff := cmp.Diff(together(&w.base), together(&after)); diff != "" {
			t.Errorf("something was said or forgotten: %s", diff)
		}
		if again, changed := MergeSilently(&after, report, w.name); changed {
			t.Errorf("again: %+v", again)
		}
	})
	if moved < cases/100 {
		t.Errorf("only %d of the baselines moved", moved)
	}
}

// together are the fingerprints that any scanner has.
func together(b *Baseline) map[Fingerprint]bool {
	all := map[Fingerprint]bool{}
	for _, marks := range append([][]Mark{b.Own}, b.Others...) {
		for _, m := range marks {
			all[m.Fingerprint] = true
		}
	}
	return all
}
