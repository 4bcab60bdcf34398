package dedup

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/postee/postee/pkg/scan"
)

// NormalisedReport is the normalised view of one report and one difference: the same for every scanner. Policies and templates see it as
// input.postee, and diff --output json prints it. Its JSON is stable.
type NormalisedReport struct {
	Format   string             `json:"format"`
	Source   string             `json:"source"`
	Subject  string             `json:"subject,omitzero"`
	Artifact NormalisedArtifact `json:"artifact"`
	Summary  Summary            `json:"summary"`
	Scanner  string             `json:"scanner"`
	// Variant is what of the artifact was scanned: "linux/arm64", "branch main". Scanned is when, RFC 3339 in UTC.
	Variant string   `json:"variant,omitzero"`
	Scanned string   `json:"scanned,omitzero"`
	Covers  []string `json:"covers"`
	// Findings has one element for each distinct kind, ID, package and installed version (vulnerabilities), or kind, ID and place.
	Findings []Item   `json:"findings"`
	New      []Item   `json:"new"`
	Changed  []Change `json:"changed"`
	Fixed    []Item   `json:"fixed"`
	Known    int      `json:"known"`
	// Suppressed counts findings that somebody accepted.
	Suppressed int  `json:"suppressed"`
	First      bool `json:"first"`
	// Compliant is null when the document does not say.
	Compliant         *bool    `json:"compliant"`
	ComplianceChanged bool     `json:"compliance_changed"`
	Owners            []string `json:"owners"`
	AquaServer        string   `json:"aqua_server,omitzero"`
}

// NormalisedArtifact is the artifact as the normalised view names it.
type NormalisedArtifact struct {
	Type       string `json:"type"`
	Name       string `json:"name"`
	Registry   string `json:"registry"`
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
	Digest     string `json:"digest"`
}

// Summary counts the open findings: one for each fingerprint, as messages and the gate count them.
type Summary struct {
	Total      int `json:"total"`
	Critical   int `json:"critical"`
	High       int `json:"high"`
	Medium     int `json:"medium"`
	Low        int `json:"low"`
	Negligible int `json:"negligible"`
	Unknown    int `json:"unknown"`
	Fixable    int `json:"fixable"`
}

// Normalise builds the view of a report whose difference is delta, and what becomes of its baseline next, which knows since when
// each finding has been there. Its lists are never null. Those of findings are empty unless they are asked for by their keys in JSON;
// asked may be nil, which asks for all.
func Normalise(doc *scan.Document, subject string, d *FindingSet, delta *Delta, next *Next, asked func(key string) bool) *NormalisedReport {
	r := d.Report
	v := NormaliseDifference(&r.Artifact, delta)
	v.Format, v.Source, v.Subject, v.Scanner, v.Covers = doc.Format, doc.Source, subject, r.Scanner, r.Covers.Names()
	v.Owners, v.Variant = notNil(r.Owners), r.Variant
	if asked == nil || asked("findings") {
		v.Findings = d.rowsByVersion(next)
	}
	if asked != nil {
		v.leaveOut(asked)
	}
	if !r.Time.IsZero() {
		v.Scanned = r.Time.UTC().Format(time.RFC3339)
	}
	return v
}

// leaveOut empties the lists of a difference that nobody asks for.
func (v *NormalisedReport) leaveOut(asked func(key string) bool) {
	if !asked("new") {
		v.New = []Item{}
	}
	if !asked("changed") {
		v.Changed = []Change{}
	}
	if !asked("fixed") {
		v.Fixed = []Item{}
	}
}

// NormaliseDifference builds as much of a view as a difference tells: no findings but those of the difference, and a summary that
// counts each fingerprint once.
func NormaliseDifference(a *scan.Artifact, delta *Delta) *NormalisedReport {
	v := &NormalisedReport{
		Artifact: normaliseArtifact(a), Covers: []string{}, Findings: []Item{}, New: notNil(delta.New), Changed: notNil(delta.Changed), Fixed: []Item{},
		Known: delta.Known, Suppressed: delta.Suppressed, First: delta.First, ComplianceChanged: delta.ComplianceChanged, Owners: []string{},
	}
	for _, c := range delta.Fixed {
		v.Fixed = append(v.Fixed, c.Item)
	}
	if delta.Compliance != scan.Unsaid {
		compliant := delta.Compliance == scan.Compliant
		v.Compliant = &compliant
	}
	v.Summary = summaryOf(delta.Open)
	v.Summary.Fixable = delta.Fixable
	return v
}

// rowsByVersion folds the report's rows as NormalisedReport.Findings has them, worst first; next knows since when each is there.
func (d *FindingSet) rowsByVersion(next *Next) []Item {
	items, room := make([]Item, 0, len(d.Marks)), make([]string, len(d.Report.Findings))
	for i := range d.Marks {
		day := next.day(d.Marks[i].Fingerprint)
		for _, rows := range d.byVersion(d.findings(i)) {
			at := len(items)
			items = append(items, fold(d.Report.Findings, rows, worst(d.Report.Findings, rows), room[at:at:at+1]))
			items[at].FirstSeen = day
		}
	}
	slices.SortFunc(items, func(a, b Item) int {
		return cmp.Or(compareItems(&a, &b), cmp.Compare(a.Installed, b.Installed))
	})
	return items
}

// byVersion divides rows with the same fingerprint by ID and installed version.
func (d *FindingSet) byVersion(rows []int32) [][]int32 {
	if len(rows) == 1 {
		return [][]int32{rows}
	}
	type place struct{ id, version string }
	groups := map[place][]int32{}
	for _, r := range rows {
		f := &d.Report.Findings[r]
		groups[place{f.ID, f.Installed}] = append(groups[place{f.ID, f.Installed}], r)
	}
	return slices.Collect(maps.Values(groups))
}

// normaliseArtifact names an artifact the same for every scanner: images by registry, repository and tag.
func normaliseArtifact(a *scan.Artifact) NormalisedArtifact {
	v := NormalisedArtifact{Type: a.Type, Name: a.Name, Digest: a.Digest}
	if v.Registry, v.Repository, v.Tag = a.Image(); v.Repository != "" {
		v.Name = a.Subject()
	}
	return v
}

// summaryOf names counts by severity.
func summaryOf(n [scan.SeverityCount]int) Summary {
	s := Summary{
		Critical: n[scan.Critical], High: n[scan.High], Medium: n[scan.Medium], Low: n[scan.Low],
		Negligible: n[scan.Negligible], Unknown: n[scan.Unknown],
	}
	for _, count := range n {
		s.Total += count
	}
	return s
}

// notNil makes an absent list an empty one, which JSON writes as [].
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
