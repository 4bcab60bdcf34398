package dedup

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/postee/postee/pkg/scan"
)

// Next is what a baseline becomes when a difference has been said.
type Next struct {
	// Marks are the own view's, by ascending Fingerprint.
	Marks []Mark
	// Entered are the fingerprints that the own view's baseline did not have: their identities must be stored.
	Entered []Fingerprint
	// Compliance is the last word.
	Compliance scan.Compliance
}

// day returns since when a finding has been there; 0 where the baseline does not have it.
func (n *Next) day(p Fingerprint) Day {
	if i, ok := Find(n.Marks, p); ok {
		return n.Marks[i].Day
	}
	return 0
}

// Diff compares a report with what was said before, finding by finding.
//
// New is in no view's baseline. Changed rose in severity, or can be mended now, against its own view's baseline.
// Fixed is in its own view's baseline, is of a kind and class whose absence the report proves, is not suppressed, and is in no
// other view's baseline. What only another view said enters silently. Diff(next, d) is empty.
//
// names returns the identity of a finding that the report does not list.
func Diff(b *Baseline, d *FindingSet, names func(Fingerprint) (Identity, bool)) (Delta, Next) {
	c := newComparison(b, d, names)
	delta, next := &c.delta, &c.next
	*delta = Delta{First: b.First, Suppressed: len(d.suppressed), Compliance: d.Report.Compliance}
	delta.Open, delta.Fixable = d.Open()
	if said := d.Report.Compliance; said != scan.Unsaid {
		// An image that was never called non-compliant does not become compliant "again".
		delta.ComplianceChanged = !b.First && said != b.Compliance && (said == scan.NonCompliant || b.Compliance == scan.NonCompliant)
		next.Compliance = said
	}
	var fresh []picked
	i := 0
	for k, m := range d.Marks {
		for ; i < len(c.own) && c.own[i].Fingerprint < m.Fingerprint; i++ {
			c.leave(c.own[i])
		}
		if i < len(c.own) && c.own[i].Fingerprint == m.Fingerprint {
			c.stay(k, c.own[i])
			i++
			continue
		}
		known := c.inOthers(m.Fingerprint)
		m.Day = c.firstSeen(m.Fingerprint)
		next.Marks, next.Entered = append(next.Marks, m), append(next.Entered, m.Fingerprint)
		if known {
			delta.Known++
			continue
		}
		fresh = append(fresh, picked{mark: int32(k), day: m.Day})
	}
	for ; i < len(c.own); i++ {
		c.leave(c.own[i])
	}
	delta.sort()
	delta.New = d.itemsOf(fresh)
	return *delta, *next
}

// comparison is one report beside one baseline.
type comparison struct {
	baseline *Baseline
	set      *FindingSet
	// own and others are the baseline's marks, each under the fingerprint that the report's finding has.
	own    []Mark
	others [][]Mark
	// renamed are own marks whose finding has another ID in the report than in the baseline.
	renamed map[Fingerprint]bool
	// covers is what the report proves beside this baseline.
	covers scan.Coverage
	names  func(Fingerprint) (Identity, bool)
	delta  Delta
	next   Next
}

// newComparison begins a comparison.
func newComparison(b *Baseline, d *FindingSet, names func(Fingerprint) (Identity, bool)) *comparison {
	c := &comparison{baseline: b, set: d, own: b.Own, others: b.Others, covers: d.Report.Covers, names: names}
	c.next = Next{Marks: make([]Mark, 0, len(d.Marks)), Compliance: b.Compliance}
	for class := range scan.ClassCount {
		was, is := b.Packages[class], d.Report.Packages[class]
		if was != 0 && is != 0 && was != is {
			c.covers |= d.Report.CoversIfChanged & scan.CoverageOfClass(class)
		}
	}
	if d.aliases == nil {
		return c
	}
	c.own, c.renamed = d.rename(b.Own)
	c.others = make([][]Mark, len(b.Others))
	for i, marks := range b.Others {
		c.others[i], _ = d.rename(marks)
	}
	return c
}

// rename returns marks under the fingerprints that the set's findings have, and those that had another. Marks that are one finding
// become one.
func (d *FindingSet) rename(marks []Mark) (renamed []Mark, which map[Fingerprint]bool) {
	for i, m := range marks {
		has, ok := d.aliases[m.Fingerprint]
		if _, listed := Find(d.Marks, m.Fingerprint); !ok || listed || has == m.Fingerprint {
			continue
		}
		if which == nil {
			renamed, which = slices.Clone(marks), make(map[Fingerprint]bool)
		}
		renamed[i].Fingerprint = has
		which[has] = true
	}
	if which == nil {
		return marks, nil
	}
	slices.SortStableFunc(renamed, func(a, b Mark) int { return cmp.Compare(a.Fingerprint, b.Fingerprint) })
	merged := renamed[:0]
	for _, m := range renamed {
		if n := len(merged); n > 0 && merged[n-1].Fingerprint == m.Fingerprint {
			merged[n-1].Level = merged[n-1].Level.Worst(m.Level)
			merged[n-1].Day = min(merged[n-1].Day, m.Day)
			continue
		}
		merged = append(merged, m)
	}
	return merged, which
}

// firstSeen returns the day of a finding that enters the baseline.
func (c *comparison) firstSeen(p Fingerprint) Day {
	if c.baseline.FirstSeen != nil {
		if day := c.baseline.FirstSeen(p); day > 0 {
			return day
		}
	}
	return c.baseline.Today
}

// stay says what became of a finding that the baseline and the report both have.
func (c *comparison) stay(k int, was Mark) {
	now := c.set.Marks[k]
	c.next.Marks = append(c.next.Marks, Mark{now.Fingerprint, now.Level.Worst(was.Level), was.Day})
	if c.renamed[now.Fingerprint] {
		c.next.Entered = append(c.next.Entered, now.Fingerprint)
	}
	if !now.Level.Above(was.Level) {
		c.delta.Known++
		return
	}
	item := c.set.itemsOf([]picked{{mark: int32(k), day: was.Day}})[0]
	c.delta.Changed = append(c.delta.Changed, Change{item, Was{was.Level.Severity(), was.Level.Fix()}})
}

// leave says what became of a finding that the baseline has and the report does not list as open.
func (c *comparison) leave(m Mark) {
	if !c.lacks(m) {
		c.keep(m)
		return
	}
	if c.inOthers(m.Fingerprint) {
		return // the other view will say it when it no longer sees it
	}
	id, ok := c.names(m.Fingerprint)
	if !ok {
		id = Identity{Kind: m.Level.Kind(), ID: fmt.Sprintf("(name lost: %016x)", uint64(m.Fingerprint))}
	}
	f := id.Finding()
	f.Class, f.Severity = m.Level.Class(), m.Level.Severity()
	item := Item{Finding: &f, FirstSeen: m.Day, Ordinal: id.Ordinal}
	if f.Location != "" {
		item.Locations = []string{f.Location}
	}
	if id.Kind != scan.Misconfiguration {
		item.Detail = id.Detail
	}
	c.delta.Fixed = append(c.delta.Fixed, Change{item, Was{m.Level.Severity(), m.Level.Fix()}})
}

// keep leaves a mark in the baseline as it is.
func (c *comparison) keep(m Mark) {
	c.next.Marks = append(c.next.Marks, m)
	if c.renamed[m.Fingerprint] {
		c.next.Entered = append(c.next.Entered, m.Fingerprint)
	}
}

// lacks reports whether a finding which the report does not list as open is gone: it is not suppressed, and the report would list
// it.
func (c *comparison) lacks(m Mark) bool {
	if _, suppressed := slices.BinarySearch(c.set.suppressed, m.Fingerprint); suppressed || !c.covers.Has(m.Level.Kind(), m.Level.Class()) {
		return false
	}
	if c.set.unscanned == nil {
		return true
	}
	id, named := c.names(m.Fingerprint)
	return named && !c.set.unscanned[id.Where]
}

// inOthers reports whether another view has said it.
func (c *comparison) inOthers(p Fingerprint) bool {
	for _, marks := range c.others {
		if _, ok := Find(marks, p); ok {
			return true
		}
	}
	return false
}

// sort puts the worst first in each list.
func (d *Delta) sort() {
	changes := func(a, b Change) int { return compareItems(&a.Item, &b.Item) }
	slices.SortFunc(d.New, func(a, b Item) int { return compareItems(&a, &b) })
	slices.SortFunc(d.Changed, changes)
	slices.SortFunc(d.Fixed, changes)
}
