package route

import (
	"cmp"
	"iter"
	"slices"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

const (
	// holdsOpen is for how many days after its last scan a view keeps others from calling a finding fixed.
	holdsOpen = 30
	// maxScans is how many scanners and variants are kept of a subject: of a repository with many branches, those seen last.
	maxScans = 64
)

// subjectState is one subject while a batch is decided: the record as viewed, and what the batch has made of it so far, so that
// several reports of one subject see each other.
type subjectState struct {
	record state.Record
	views  []view
	names  map[dedup.Fingerprint]dedup.Identity
	// entered are the findings that the batch has brought in.
	entered []entered
	changed bool
	// edits counts what was changed, also in what need not be remembered.
	edits int
}

// edit notes a change that has to be remembered.
func (s *subjectState) edit() {
	s.changed = true
	s.edits++
}

// viewKey is what is compared with its own past: one scanner on one variant of the subject.
type viewKey struct{ scanner, variant string }

// viewOf returns the view that a report belongs to.
func viewOf(r *scan.Report) viewKey { return viewKey{r.Scanner, r.Variant} }

// view is the marks of one scanner on one variant, shared by the routes that have said the same.
type view struct {
	viewKey
	routes []string
	marks  []dedup.Mark
}

// decodeSubject decodes a record.
func decodeSubject(record state.Record) (*subjectState, error) {
	s := &subjectState{record: record, names: map[dedup.Fingerprint]dedup.Identity{}}
	for _, v := range record.Views {
		marks, err := dedup.DecodeMarks(v.Marks)
		if err != nil {
			return nil, err
		}
		s.views = append(s.views, view{viewKey{v.Scanner, v.Variant}, v.Routes, marks})
	}
	return s, nil
}

// route returns what a route has said about the subject, nil when it never spoke.
func (s *subjectState) route(name string) *state.RouteState {
	for i := range s.record.Routes {
		if s.record.Routes[i].Route == name {
			return &s.record.Routes[i]
		}
	}
	return nil
}

// lastScan returns what is kept of the last scan of a view, nil when there was none.
func (s *subjectState) lastScan(key viewKey) *state.Scan {
	for i := range s.record.Scans {
		if c := &s.record.Scans[i]; c.Scanner == key.scanner && c.Variant == key.variant {
			return c
		}
	}
	return nil
}

// baseline returns what a route has said, as seen by a report's view, on a day.
func (s *subjectState) baseline(route string, r *scan.Report, today dedup.Day) dedup.Baseline {
	b := dedup.Baseline{First: true, Today: today, FirstSeen: s.firstSeen}
	said := s.route(route)
	if said == nil {
		return b
	}
	b.First, b.Compliance = false, scan.Compliance(said.Compliance)
	own := viewOf(r)
	if last := s.lastScan(own); last != nil {
		b.Packages[scan.OSPackage], b.Packages[scan.Library] = last.Packages[0], last.Packages[1]
	}
	for i := range s.views {
		v := &s.views[i]
		switch {
		case !slices.Contains(v.routes, route):
		case v.viewKey == own:
			b.Own = v.marks
		default:
			if last := s.lastScan(v.viewKey); last == nil || last.Day >= int64(today)-holdsOpen {
				b.Others = append(b.Others, v.marks)
			}
		}
	}
	return b
}

// firstSeen returns the day on which a finding was first in a scan of the subject, whatever the route and view; 0 is never.
func (s *subjectState) firstSeen(p dedup.Fingerprint) (first dedup.Day) {
	for i := range s.views {
		marks := s.views[i].marks
		if at, ok := dedup.Find(marks, p); ok && (first == 0 || marks[at].Day < first) {
			first = marks[at].Day
		}
	}
	return first
}

// name returns the identity of a finding that some view has.
func (s *subjectState) name(p dedup.Fingerprint) (dedup.Identity, bool) {
	if id, ok := s.names[p]; ok {
		return id, true
	}
	for _, e := range s.entered {
		if id, ok := e.set.Identity(p); ok {
			return id, true
		}
	}
	return dedup.Identity{}, false
}

// entered are findings that a report has brought into the subject's baselines.
type entered struct {
	set    *dedup.FindingSet
	prints []dedup.Fingerprint
}

// Fingerprints walks them.
func (e *entered) Fingerprints() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for _, p := range e.prints {
			if !yield(uint64(p)) {
				return
			}
		}
	}
}

// Identity returns the encoded identity of one of them, nil where the report does not tell it.
func (e *entered) Identity(p uint64) []byte {
	id, ok := e.set.Identity(dedup.Fingerprint(p))
	if !ok {
		return nil
	}
	return id.Encode()
}

// gone lists what stands in the report's view and not in the report.
func (s *subjectState) gone(d *dedup.FindingSet) (all []dedup.Fingerprint) {
	for i := range s.views {
		if s.views[i].viewKey == viewOf(d.Report) {
			all = append(all, d.Gone(s.views[i].marks)...)
		}
	}
	return all
}

// advance makes next the baseline of a route, as seen by the view of a report.
func (s *subjectState) advance(route string, next *dedup.Next, set *dedup.FindingSet) {
	said := s.route(route)
	if said == nil {
		s.record.Routes = append(s.record.Routes, state.RouteState{Route: route, Number: s.record.Base})
		said = &s.record.Routes[len(s.record.Routes)-1]
		s.edit()
	}
	if said.Compliance != uint8(next.Compliance) {
		said.Compliance = uint8(next.Compliance)
		s.edit()
	}
	if s.shareView(route, viewOf(set.Report), next.Marks) {
		s.edit()
	}
	if len(next.Entered) > 0 {
		s.entered = append(s.entered, entered{set, next.Entered})
	}
}

// shareView puts the route into the view that has those marks, taking it out of the one it was in. It reports whether that is
// another one.
func (s *subjectState) shareView(route string, key viewKey, marks []dedup.Mark) bool {
	target := -1
	for i := range s.views {
		v := &s.views[i]
		if v.viewKey != key {
			continue
		}
		same := slices.Equal(v.marks, marks)
		at := slices.Index(v.routes, route)
		if same && at >= 0 {
			return false
		}
		if same {
			target = i
		}
		if at >= 0 {
			v.routes = slices.Delete(slices.Clone(v.routes), at, at+1)
		}
	}
	if target >= 0 {
		s.views[target].routes = append(slices.Clone(s.views[target].routes), route)
	} else {
		s.views = append(s.views, view{key, []string{route}, marks})
	}
	s.views = slices.DeleteFunc(s.views, func(v view) bool { return len(v.routes) == 0 })
	return true
}

// encode returns the record to store.
func (s *subjectState) encode(today int64) state.Record {
	r := s.record
	r.Day = today
	r.Scans = slices.Clone(r.Scans)
	if slices.SortFunc(r.Scans, func(a, b state.Scan) int {
		return cmp.Or(-cmp.Compare(a.Day, b.Day), cmp.Compare(a.Scanner, b.Scanner), cmp.Compare(a.Variant, b.Variant))
	}); len(r.Scans) > maxScans {
		r.Scans = r.Scans[:maxScans]
	}
	kept := make(map[viewKey]bool, len(r.Scans))
	for _, c := range r.Scans {
		kept[viewKey{c.Scanner, c.Variant}] = true
	}
	r.Views = make([]state.View, 0, len(s.views))
	for _, v := range s.views {
		if kept[v.viewKey] {
			routes := slices.Sorted(slices.Values(v.routes))
			r.Views = append(r.Views, state.View{Scanner: v.scanner, Variant: v.variant, Routes: routes, Marks: dedup.EncodeMarks(v.marks)})
		}
	}
	slices.SortFunc(r.Views, func(a, b state.View) int {
		return cmp.Or(cmp.Compare(a.Scanner, b.Scanner), cmp.Compare(a.Variant, b.Variant), slices.Compare(a.Routes, b.Routes))
	})
	return r
}
