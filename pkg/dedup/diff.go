package dedup

import (
	"fmt"
	"slices"

	"github.com/postee/postee/pkg/scan"
)

// Next is what a baseline becomes when a difference has been said.
type Next struct {
	// Marks are the own scanner's, by ascending Fingerprint.
	Marks []Mark
	// Entered are the fingerprints that the own scanner's baseline did not have: their identities must be stored.
	Entered []Fingerprint
	// Compliance is the last word.
	Compliance scan.Compliance
}

// Diff compares a report with what was said before, finding by finding.
//
// New is in no scanner's baseline. Changed rose in severity, or can be mended now, against its own scanner's baseline.
// Fixed is in its own scanner's baseline, is of a kind whose absence the report proves, is not suppressed, and is in no other
// scanner's baseline. What only another scanner said enters silently. Diff(next, d) is empty.
//
// names returns the identity of a fixed finding, which no document has any more.
func Diff(b *Baseline, d *FindingSet, names func(Fingerprint) (Identity, bool)) (Delta, Next) {
	delta := Delta{First: b.First, Suppressed: len(d.suppressed), Compliance: d.Report.Compliance}
	delta.Open, delta.Fixable = d.Open()
	next := Next{Marks: make([]Mark, 0, len(d.Marks)), Compliance: b.Compliance}
	if said := d.Report.Compliance; said != scan.Unsaid {
		// An image that was never called non-compliant does not become compliant "again".
		delta.ComplianceChanged = !b.First && said != b.Compliance && (said == scan.NonCompliant || b.Compliance == scan.NonCompliant)
		next.Compliance = said
	}
	i := 0
	for k, m := range d.Marks {
		for ; i < len(b.Own) && b.Own[i].Fingerprint < m.Fingerprint; i++ {
			leave(b, d, b.Own[i], names, &delta, &next)
		}
		if i < len(b.Own) && b.Own[i].Fingerprint == m.Fingerprint {
			stay(d, k, b.Own[i], &delta, &next)
			i++
			continue
		}
		next.Marks, next.Entered = append(next.Marks, m), append(next.Entered, m.Fingerprint)
		if inAny(b.Others, m.Fingerprint) {
			delta.Known++
		} else {
			delta.New = append(delta.New, d.item(k))
		}
	}
	for ; i < len(b.Own); i++ {
		leave(b, d, b.Own[i], names, &delta, &next)
	}
	delta.sort()
	return delta, next
}

// stay says what became of a finding that the baseline and the report both have.
func stay(d *FindingSet, k int, was Mark, delta *Delta, next *Next) {
	now := d.Marks[k]
	next.Marks = append(next.Marks, Mark{now.Fingerprint, was.Level.Worst(now.Level)})
	if !now.Level.Above(was.Level) {
		delta.Known++
		return
	}
	delta.Changed = append(delta.Changed, Change{d.item(k), Was{was.Level.Severity(), was.Level.Fix()}})
}

// leave says what became of a finding that the baseline has and the report does not list as open.
func leave(b *Baseline, d *FindingSet, m Mark, names func(Fingerprint) (Identity, bool), delta *Delta, next *Next) {
	if !d.lacks(m) {
		next.Marks = append(next.Marks, m)
		return
	}
	if inAny(b.Others, m.Fingerprint) {
		return // the other scanner will say it when it no longer sees it
	}
	id, ok := names(m.Fingerprint)
	if !ok {
		id = Identity{Kind: m.Level.Kind(), ID: fmt.Sprintf("(name lost: %016x)", uint64(m.Fingerprint))}
	}
	f := id.Finding()
	f.Severity = m.Level.Severity()
	delta.Fixed = append(delta.Fixed, Change{Item{Finding: f}, Was{m.Level.Severity(), m.Level.Fix()}})
}

// lacks reports whether a finding which the report does not list as open is gone: it is not suppressed, and the report would list it.
func (d *FindingSet) lacks(m Mark) bool {
	_, suppressed := slices.BinarySearch(d.suppressed, m.Fingerprint)
	return !suppressed && d.covers(m.Level.Kind())
}

// covers reports whether the report covers a kind. Marks have no class: of vulnerabilities, one class is enough.
func (d *FindingSet) covers(kind scan.Kind) bool {
	for c := range scan.ClassCount {
		if d.Report.Covers.Has(kind, c) {
			return true
		}
	}
	return false
}

// sort puts the worst first in each list.
func (d *Delta) sort() {
	changes := func(a, b Change) int { return compareItems(a.Item, b.Item) }
	slices.SortFunc(d.New, compareItems)
	slices.SortFunc(d.Changed, changes)
	slices.SortFunc(d.Fixed, changes)
}

// inAny reports whether another scanner has said it.
func inAny(others [][]Mark, p Fingerprint) bool {
	for _, marks := range others {
		if _, ok := Find(marks, p); ok {
			return true
		}
	}
	return false
}
