package dedup

// MergeSilently returns what a baseline becomes when a difference is held back: only what another view has said enters, and only
// what another one still sees goes, as Diff would have it too. Otherwise the other view would call fixed what this report has, or
// leave to this one what it sees no more. changed is false when that is nothing.
func MergeSilently(b *Baseline, d *FindingSet, names func(Fingerprint) (Identity, bool)) (next Next, changed bool) {
	if b.First || len(b.Others) == 0 {
		return next, false
	}
	c := newComparison(b, d, names)
	i := 0
	keep := func(m Mark) {
		if c.lacks(m) && c.inOthers(m.Fingerprint) {
			changed = true
			return
		}
		c.keep(m)
	}
	for _, m := range d.Marks {
		for ; i < len(c.own) && c.own[i].Fingerprint < m.Fingerprint; i++ {
			keep(c.own[i])
		}
		switch {
		case i < len(c.own) && c.own[i].Fingerprint == m.Fingerprint:
			c.keep(c.own[i])
			i++
		case c.inOthers(m.Fingerprint):
			m.Day = c.firstSeen(m.Fingerprint)
			c.next.Marks, c.next.Entered = append(c.next.Marks, m), append(c.next.Entered, m.Fingerprint)
			changed = true
		}
	}
	for ; i < len(c.own); i++ {
		keep(c.own[i])
	}
	return c.next, changed
}
