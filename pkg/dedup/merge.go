package dedup

import "github.com/postee/postee/pkg/scan"

// Merge returns the net difference of two that were said of one subject, a before b: what came and went is not mentioned, what
// went and came back is known unless it is worse than it was. Counts are those of b, the later report.
func Merge(a, b *Delta) Delta {
	m := Delta{
		First: a.First, Known: b.Known, Suppressed: b.Suppressed, Open: b.Open, Fixable: b.Fixable,
		Compliance:        laterCompliance(b.Compliance, a.Compliance),
		ComplianceChanged: a.ComplianceChanged != b.ComplianceChanged,
	}
	if a.First {
		m.ComplianceChanged = false
	}
	was := byIdentity(a)
	for _, item := range b.New {
		before, ok := was[item.Identity()]
		switch {
		case !ok || before.event == isNew:
			m.New = append(m.New, item)
		case levelOf(item.Finding).Above(before.level):
			m.Changed = append(m.Changed, Change{item, before.was})
		default:
			m.Known++
		}
		delete(was, item.Identity())
	}
	for _, change := range b.Changed {
		id := change.Identity()
		before, ok := was[id]
		switch {
		case ok && before.event == isNew:
			m.New = append(m.New, change.Item)
		case ok:
			m.Changed = append(m.Changed, Change{change.Item, before.was})
		default:
			m.Changed = append(m.Changed, change)
		}
		delete(was, id)
	}
	for _, gone := range b.Fixed {
		id := gone.Identity()
		before, ok := was[id]
		switch {
		case ok && before.event == isNew: // came and went
		case ok:
			m.Fixed = append(m.Fixed, Change{gone.Item, before.was})
		default:
			m.Fixed = append(m.Fixed, gone)
		}
		delete(was, id)
	}
	m.carry(a, was)
	return m
}

// event is what a difference says of one finding.
type event uint8

const (
	isNew event = iota
	isChanged
	isFixed
)

// earlier is one finding of the earlier difference: what it was before it.
type earlier struct {
	event event
	level Level
	was   Was
}

// byIdentity lists an earlier difference by identity.
func byIdentity(d *Delta) map[Identity]earlier {
	l := make(map[Identity]earlier, len(d.New)+len(d.Changed)+len(d.Fixed))
	for i := range d.New {
		l[d.New[i].Identity()] = earlier{event: isNew}
	}
	for i := range d.Changed {
		c := &d.Changed[i]
		l[c.Identity()] = earlier{isChanged, LevelOf(c.Kind, c.Class, c.Was.Severity, c.Was.Fixed), c.Was}
	}
	for i := range d.Fixed {
		c := &d.Fixed[i]
		l[c.Identity()] = earlier{isFixed, LevelOf(c.Kind, c.Class, c.Was.Severity, c.Was.Fixed), c.Was}
	}
	return l
}

// carry adds what the earlier difference said and the later one did not touch.
func (d *Delta) carry(a *Delta, untouched map[Identity]earlier) {
	keep := func(it *Item) bool { _, ok := untouched[it.Identity()]; return ok }
	for i := range a.New {
		if keep(&a.New[i]) {
			d.New = append(d.New, a.New[i])
			d.Known--
		}
	}
	for i := range a.Changed {
		if keep(&a.Changed[i].Item) {
			d.Changed = append(d.Changed, a.Changed[i])
			d.Known--
		}
	}
	for i := range a.Fixed {
		if keep(&a.Fixed[i].Item) {
			d.Fixed = append(d.Fixed, a.Fixed[i])
		}
	}
	d.Known = max(d.Known, 0)
	d.sort()
}

// laterCompliance returns the later word where there is one.
func laterCompliance(later, earlier scan.Compliance) scan.Compliance {
	if later != scan.Unsaid {
		return later
	}
	return earlier
}
