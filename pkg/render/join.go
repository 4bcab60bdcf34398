package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// usualNames is Options.Names where it is not given.
const usualNames = 80

// lister makes the rows of a section's lists.
type lister struct {
	section *message.Section
	options *Options
	// marks tells which of all open findings are new or changed, in a section that lists all and is no first one; else nil.
	marks map[dedup.Identity]string
	// manifests is true when vulnerabilities stand in several manifests: the package alone does not say which is meant.
	manifests bool
	names     int
}

func newLister(s *message.Section, o *Options) *lister {
	l := &lister{section: s, options: o, marks: marksOf(s), manifests: severalManifests(s), names: o.Names}
	if l.names <= 0 {
		l.names = usualNames
	}
	return l
}

// marksOf makes the marks of a lister.
func marksOf(s *message.Section) map[dedup.Identity]string {
	d := &s.Delta
	if s.All == nil || d.First || len(d.New)+len(d.Changed) == 0 {
		return nil
	}
	marks := make(map[dedup.Identity]string, len(d.New)+len(d.Changed))
	for i := range d.New {
		marks[d.New[i].Identity()] = "NEW"
	}
	for i := range d.Changed {
		marks[d.Changed[i].Identity()] = "CHANGED"
	}
	return marks
}

// severalManifests reports whether the vulnerabilities of a section stand in more than one manifest.
func severalManifests(s *message.Section) bool {
	first := ""
	another := func(item *dedup.Item) bool {
		if item.Kind != scan.Vulnerability || item.Detail == "" || item.Detail == first {
			return false
		}
		was := first
		first = item.Detail
		return was != ""
	}
	for _, items := range [...][]dedup.Item{s.All, s.Delta.New} {
		for i := range items {
			if another(&items[i]) {
				return true
			}
		}
	}
	for _, changes := range [...][]dedup.Change{s.Delta.Changed, s.Delta.Fixed} {
		for i := range changes {
			if another(&changes[i].Item) {
				return true
			}
		}
	}
	return false
}

// joined is what one row of a list says: one finding, or a vulnerability that several packages of one source have.
type joined struct {
	*dedup.Item
	// more are the others of which the row speaks.
	more []*dedup.Item
	// at is where in the list Item stands.
	at int
}

// count is how many findings the row stands for.
func (t *joined) count() int { return 1 + len(t.more) }

// since is the day from which the row's findings have been there.
func (t *joined) since() dedup.Day {
	day := t.FirstSeen
	for _, item := range t.more {
		if item.FirstSeen > 0 && (day == 0 || item.FirstSeen < day) {
			day = item.FirstSeen
		}
	}
	return day
}

// sameFlaw is what findings have in common that one row may say, beside their ID and severity.
type sameFlaw struct{ installed, fixed, state string }

// join returns what the rows of a list of n findings say. Vulnerabilities with one ID, severity and state become one row when they
// are in the same version and mended by the same one: packages that are built from one source. The list is sorted, so that they
// follow one another; state may be nil.
func join(n int, item func(int) *dedup.Item, state func(int) string) []joined {
	rows := make([]joined, 0, n)
	var places map[sameFlaw]int
	for from := 0; from < n; {
		first, to := item(from), from+1
		for to < n && alike(first, item(to)) {
			to++
		}
		if to == from+1 {
			rows = append(rows, joined{Item: first, at: from})
			from = to
			continue
		}
		if places == nil {
			places = map[sameFlaw]int{}
		}
		clear(places)
		for ; from < to; from++ {
			it := item(from)
			flaw := sameFlaw{installed: it.Installed, fixed: it.Fixed}
			if state != nil {
				flaw.state = state(from)
			}
			if row, ok := places[flaw]; ok {
				rows[row].more = append(rows[row].more, it)
				continue
			}
			places[flaw] = len(rows)
			rows = append(rows, joined{Item: it, at: from})
		}
	}
	return rows
}

// alike reports whether two findings may be of one row. Other kinds are mended place by place: each has a row of its own.
func alike(a, b *dedup.Item) bool {
	return a.Kind == scan.Vulnerability && b.Kind == scan.Vulnerability && a.ID == b.ID && a.Severity == b.Severity
}

// where is the packages, or the places, of a row.
func (l *lister) where(t *joined) string {
	if len(t.more) == 0 {
		return l.whereOf(t.Item)
	}
	var packages, manifests []string
	for i := range t.count() {
		item := t.Item
		if i > 0 {
			item = t.more[i-1]
		}
		name := item.Package
		if name == "" {
			name = l.whereOf(item)
		}
		packages, manifests = append(packages, name), append(manifests, item.Detail)
	}
	slices.Sort(packages)
	if packages = slices.Compact(packages); len(packages) == 1 && l.manifests {
		return packages[0] + " (" + few(manifests, l.names-runewidth.StringWidth(packages[0])-3) + ")"
	}
	return few(packages, l.names)
}

// whereOf is the package, or the place, with the resource in it.
func (l *lister) whereOf(item *dedup.Item) string {
	where := item.Package
	switch {
	case where == "" && len(item.Locations) > 1:
		where = few(item.Locations, l.names)
	case where == "":
		where = item.Location
	case l.manifests && item.Kind == scan.Vulnerability && item.Detail != "":
		where += " (" + item.Detail + ")"
	}
	if item.Resource != "" {
		where = strings.TrimSpace(where + " " + item.Resource)
	}
	return where
}

// few lists names in so many columns, and counts those for which there is no room: "linux-headers, linux-image and 7 more". The
// first is always there, cut where it has to be.
func few(names []string, room int) string {
	list, best := names[0], ""
	for n := 1; n < len(names) && runewidth.StringWidth(list) <= room; n++ {
		if text := list + andMore(len(names)-n); runewidth.StringWidth(text) <= room {
			best = text
		}
		list += ", " + names[n]
		if n == len(names)-1 && runewidth.StringWidth(list) <= room {
			return list
		}
	}
	switch rest := andMore(len(names) - 1); {
	case len(names) == 1:
		return list
	case best == "":
		return runewidth.Truncate(names[0], max(room-len(rest), 8), "…") + rest
	}
	return best
}

// andMore counts what is not listed.
func andMore(n int) string { return fmt.Sprintf(" and %d more", n) }

// openFor says how long a finding has been open: "open for 34 days". Of what is of today, and where it is not known, it says nothing.
func (l *lister) openFor(first dedup.Day) string {
	if l.options.Now.IsZero() || first == 0 {
		return ""
	}
	switch days := dedup.DayOf(l.options.Now) - first; {
	case days <= 0:
		return ""
	case days < 100:
		return "open for " + plural(int(days), "day")
	}
	return "open since " + first.Time().Format("2 Jan 2006")
}
