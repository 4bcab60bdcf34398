package dedup

import (
	"cmp"
	"slices"

	"github.com/postee/postee/pkg/scan"
)

// FindingSet is a report with its rows fingerprinted under one state's salt and folded: made once per report, used by every route.
type FindingSet struct {
	Report *scan.Report
	// Marks are the open findings, one for each fingerprint, by ascending Fingerprint. They have no day.
	Marks []Mark
	// rows are the report's findings in the order of Marks; ends[i] is where mark i's rows end.
	rows []int32
	ends []int32
	// ordinals are the ordinals of the marks that have one above 0.
	ordinals map[Fingerprint]int
	// suppressed are the fingerprints that somebody accepted, ascending, without those that are open too.
	suppressed []Fingerprint
	// accepted are identities of suppressed findings that may have been known under another fingerprint.
	accepted map[Fingerprint]Identity
	// aliases are fingerprints under which a finding of the set may have been known, each with the one that it has.
	aliases map[Fingerprint]Fingerprint
	// perManifest says that vulnerabilities of libraries are told apart by their manifest.
	perManifest bool
	// unscanned are the packages about which the report proves nothing.
	unscanned map[string]bool
}

// row is one finding while a set is made.
type row struct {
	fingerprint Fingerprint
	index       int32
	level       Level
}

// NewFindingSet fingerprints and folds r. Neither the order of the rows nor repeats make a difference.
func NewFindingSet(p *Fingerprinter, r *scan.Report) *FindingSet {
	d := &FindingSet{Report: r, perManifest: hasManifests(r.Artifact.Type)}
	for _, name := range r.Unscanned {
		if d.unscanned == nil {
			d.unscanned = make(map[string]bool, len(r.Unscanned))
		}
		d.unscanned[unversioned(name)] = true
	}
	places := d.placesOfEquals()
	rows := make([]row, len(r.Findings))
	for i := range r.Findings {
		f := &r.Findings[i]
		id := d.identity(f, places)
		rows[i] = row{p.Fingerprint(&id), int32(i), levelOf(f)}
		d.addOrdinal(rows[i].fingerprint, id.Ordinal)
		d.addAliases(p, id, f.Aliases, rows[i].fingerprint)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.fingerprint, b.fingerprint), cmp.Compare(a.index, b.index))
	})
	d.foldRows(rows)
	for i := range r.Suppressed {
		id := d.identity(&r.Suppressed[i], places)
		accepted := p.Fingerprint(&id)
		if d.addAliases(p, id, r.Suppressed[i].Aliases, accepted); len(r.Suppressed[i].Aliases) > 0 {
			if d.accepted == nil {
				d.accepted = make(map[Fingerprint]Identity)
			}
			d.accepted[accepted] = id
		}
		if _, open := Find(d.Marks, accepted); !open {
			d.suppressed = append(d.suppressed, accepted)
		}
	}
	slices.Sort(d.suppressed)
	d.suppressed = slices.Compact(d.suppressed)
	return d
}

// foldRows makes the marks of sorted rows.
func (d *FindingSet) foldRows(rows []row) {
	d.Marks = make([]Mark, 0, len(rows))
	d.rows, d.ends = make([]int32, len(rows)), make([]int32, 0, len(rows))
	for i, row := range rows {
		d.rows[i] = row.index
		if n := len(d.Marks); n > 0 && d.Marks[n-1].Fingerprint == row.fingerprint {
			d.Marks[n-1].Level = d.Marks[n-1].Level.Worst(row.level)
			d.ends[n-1] = int32(i + 1)
			continue
		}
		d.Marks = append(d.Marks, Mark{Fingerprint: row.fingerprint, Level: row.level})
		d.ends = append(d.ends, int32(i+1))
	}
}

// addOrdinal keeps the ordinal of a mark that is not the first of its equals.
func (d *FindingSet) addOrdinal(p Fingerprint, ordinal int) {
	if ordinal == 0 {
		return
	}
	if d.ordinals == nil {
		d.ordinals = make(map[Fingerprint]int)
	}
	d.ordinals[p] = ordinal
}

// addAliases keeps the fingerprints that a finding would have under its other IDs.
func (d *FindingSet) addAliases(p *Fingerprinter, id Identity, aliases []string, has Fingerprint) {
	for _, alias := range aliases {
		if alias == id.ID || alias == "" {
			continue
		}
		other := id
		other.ID = alias
		if d.aliases == nil {
			d.aliases = make(map[Fingerprint]Fingerprint)
		}
		// Several flaws may share an alias, a vendor's advisory for instance: one of them, the same in any order of the rows, is the known one.
		if before, taken := d.aliases[p.Fingerprint(&other)]; !taken || has < before {
			d.aliases[p.Fingerprint(&other)] = has
		}
	}
}

// identity returns the identity of a row of the report.
func (d *FindingSet) identity(f *scan.Finding, places map[Identity]equals) Identity {
	id := identityOf(f, d.perManifest)
	if hasOrdinal(f.Kind) {
		id.Ordinal = places[id][f.Lines]
	}
	return id
}

// identityAt returns the identity of mark i.
func (d *FindingSet) identityAt(i int) Identity {
	id := identityOf(&d.Report.Findings[d.findings(i)[0]], d.perManifest)
	id.Ordinal = d.ordinals[d.Marks[i].Fingerprint]
	return id
}

// findings returns mark i's rows.
func (d *FindingSet) findings(i int) []int32 {
	from := int32(0)
	if i > 0 {
		from = d.ends[i-1]
	}
	return d.rows[from:d.ends[i]]
}

// Identity returns what stands behind a fingerprint of the report.
func (d *FindingSet) Identity(p Fingerprint) (Identity, bool) {
	if i, ok := Find(d.Marks, p); ok {
		return d.identityAt(i), true
	}
	id, ok := d.accepted[p]
	return id, ok
}

// Gone returns the marks of a baseline that the report does not list, open or suppressed.
func (d *FindingSet) Gone(own []Mark) (gone []Fingerprint) {
	i := 0
	for _, m := range own {
		for i < len(d.Marks) && d.Marks[i].Fingerprint < m.Fingerprint {
			i++
		}
		if i < len(d.Marks) && d.Marks[i].Fingerprint == m.Fingerprint {
			continue
		}
		if _, ok := slices.BinarySearch(d.suppressed, m.Fingerprint); !ok {
			gone = append(gone, m.Fingerprint)
		}
	}
	return gone
}

// Open counts the open findings by severity, and how many of them have a fix. Where a report only counts what it found, its counts
// stand beside what it lists.
func (d *FindingSet) Open() (open [scan.SeverityCount]int, fixable int) {
	if d.Report.Summary != nil {
		open = *d.Report.Summary
	}
	for _, m := range d.Marks {
		open[m.Level.Severity()]++
		if m.Level.Fix() {
			fixable++
		}
	}
	return open, fixable
}

// distinct sorts, and drops repeats and blanks.
func distinct(values []string) []string {
	slices.Sort(values)
	values = slices.Compact(values)
	if len(values) > 0 && values[0] == "" {
		values = values[1:]
	}
	if len(values) == 0 {
		return nil
	}
	return values
}

// compareRows orders rows of one fingerprint: the one that speaks for all comes first.
func compareRows(a, b *scan.Finding) int {
	return cmp.Or(
		-cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Title, b.Title),
		cmp.Compare(a.URL, b.URL),
		cmp.Compare(a.Location, b.Location),
		cmp.Compare(a.Class, b.Class),
		cmp.Compare(a.Status, b.Status),
		cmp.Compare(a.Package, b.Package),
		compareLines(a.Lines, b.Lines),
	)
}
