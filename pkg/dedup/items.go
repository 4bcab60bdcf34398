package dedup

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// picked is a mark of a set that becomes an item: its place among the marks, and since when it is there.
type picked struct {
	// worst is the row that speaks for the mark.
	worst   *scan.Finding
	mark    int32
	ordinal int32
	day     Day
}

// All returns every open finding, worst first. next, the baseline that the report leads to, knows since when each has been there; it
// may be nil.
func (d *FindingSet) All(next *Next) []Item {
	marks := make([]picked, len(d.Marks))
	for i := range marks {
		marks[i].mark = int32(i)
		if next != nil {
			marks[i].day = next.day(d.Marks[i].Fingerprint)
		}
	}
	return d.itemsOf(marks)
}

// itemsOf makes items of marks, worst first; marks is put in that order. Each has its rows folded into one: the worst speaks, versions
// and places of all are listed.
func (d *FindingSet) itemsOf(marks []picked) []Item {
	if len(marks) == 0 {
		return nil
	}
	for i := range marks {
		p := &marks[i]
		p.worst = worst(d.Report.Findings, d.findings(int(p.mark)))
		if d.ordinals != nil {
			p.ordinal = int32(d.ordinals[d.Marks[p.mark].Fingerprint])
		}
	}
	slices.SortFunc(marks, func(a, b picked) int {
		return cmp.Or(compareFindings(a.worst, b.worst), cmp.Compare(a.ordinal, b.ordinal))
	})
	items, room := make([]Item, len(marks)), make([]string, len(marks))
	for i := range marks {
		p, item := &marks[i], &items[i]
		*item = fold(d.Report.Findings, d.findings(int(p.mark)), p.worst, room[i:i:i+1])
		item.FirstSeen, item.Ordinal = p.day, int(p.ordinal)
		if item.Kind != scan.Misconfiguration {
			item.Detail = identityOf(p.worst, d.perManifest).Detail
		}
	}
	return items
}

// worst returns the row that speaks for rows with the same fingerprint. It does not depend on their order.
func worst(findings []scan.Finding, rows []int32) *scan.Finding {
	w := &findings[rows[0]]
	for _, r := range rows[1:] {
		if f := &findings[r]; compareRows(f, w) < 0 {
			w = f
		}
	}
	return w
}

// fold makes one item of rows with the same fingerprint, for which the worst of them speaks. The result does not depend on the order
// of the rows. room is where a single location goes.
func fold(findings []scan.Finding, rows []int32, worst *scan.Finding, room []string) Item {
	if len(rows) == 1 {
		item := Item{Finding: worst}
		if worst.Location != "" {
			item.Locations = append(room, worst.Location)
		}
		return item
	}
	var installed, fixed, locations, aliases []string
	for _, r := range rows {
		f := &findings[r]
		installed, fixed, locations = append(installed, f.Installed), append(fixed, f.Fixed), append(locations, f.Location)
		aliases = append(aliases, f.Aliases...)
	}
	f := *worst
	f.Aliases, f.Installed, f.Fixed = distinct(aliases), strings.Join(distinct(installed), ", "), strings.Join(distinct(fixed), ", ")
	return Item{Finding: &f, Locations: distinct(locations)}
}

// compareFindings orders rows of different fingerprints as compareItems orders items.
func compareFindings(a, b *scan.Finding) int {
	if a.Severity != b.Severity {
		return -cmp.Compare(a.Severity, b.Severity)
	}
	if a.Kind != b.Kind {
		return cmp.Compare(a.Kind, b.Kind)
	}
	if c := strings.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	if c := strings.Compare(a.Package, b.Package); c != 0 {
		return c
	}
	if c := strings.Compare(a.Location, b.Location); c != 0 {
		return c
	}
	return strings.Compare(a.Resource, b.Resource)
}

// compareItems orders items for people: worst first, then by kind, name and place.
func compareItems(a, b *Item) int {
	return cmp.Or(compareFindings(a.Finding, b.Finding), cmp.Compare(a.Ordinal, b.Ordinal), strings.Compare(a.Detail, b.Detail))
}
