package dedup

// MergeSilently is what a baseline becomes when a difference is held back: only what another scanner has said enters, and only what
// another one still sees goes, as Diff would have it too. Otherwise the other scanner would call fixed what this report has, or
// leave to this one what it sees no more. changed is false when that is nothing.
func MergeSilently(b *Baseline, d *FindingSet) (next Next, changed bool) {
	if b.First || len(b.Others) == 0 {
		return next, false
	}
	next = Next{Marks: make([]Mark, 0, len(b.Own)), Compliance: b.Compliance}
	i := 0
	keep := func(m Mark) {
		if d.lacks(m) && inAny(b.Others, m.Fingerprint) {
			changed = true
			return
		}
		next.Marks = append(next.Marks, m)
	}
	for _, m := range d.Marks {
		for ; i < len(b.Own) && b.Own[i].Fingerprint < m.Fingerprint; i++ {
			keep(b.Own[i])
		}
		switch {
		case i < len(b.Own) && b.Own[i].Fingerprint == m.Fingerprint:
			next.Marks = append(next.Marks, b.Own[i])
			i++
		case inAny(b.Others, m.Fingerprint):
			next.Marks, next.Entered = append(next.Marks, m), append(next.Entered, m.Fingerprint)
			changed = true
		}
	}
	for ; i < len(b.Own); i++ {
		keep(b.Own[i])
	}
	return next, changed
}
