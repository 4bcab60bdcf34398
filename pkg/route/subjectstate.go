package route

import (
	"cmp"
	"slices"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// subjectState is one subject while a batch is decided: the record as viewed, and what the batch has made of it so far, so that
// several reports of one subject see each other.
type subjectState struct {
	record  state.Record
	views   []view
	names   map[dedup.Fingerprint]dedup.Identity
	entered map[uint64][]byte
	changed bool
}

// view is the marks of one scanner, shared by the routes that have said the same.
type view struct {
	scanner string
	routes  []string
	marks   []dedup.Mark
}

// decodeSubject decodes a record.
func decodeSubject(record state.Record) (*subjectState, error) {
	m := &subjectState{record: record, names: map[dedup.Fingerprint]dedup.Identity{}, entered: map[uint64][]byte{}}
	for _, v := range record.Views {
		marks, err := dedup.DecodeMarks(v.Marks)
		if err != nil {
			return nil, err
		}
		m.views = append(m.views, view{v.Scanner, v.Routes, marks})
	}
	return m, nil
}

// route returns what a route has said about the subject, nil when it never spoke.
func (m *subjectState) route(name string) *state.RouteState {
	for i := range m.record.Routes {
		if m.record.Routes[i].Route == name {
			return &m.record.Routes[i]
		}
	}
	return nil
}

// baseline returns what a route has said, as seen by a scanner.
func (m *subjectState) baseline(route, scanner string) dedup.Baseline {
	said := m.route(route)
	if said == nil {
		return dedup.Baseline{First: true}
	}
	b := dedup.Baseline{Compliance: scan.Compliance(said.Compliance)}
	for i := range m.views {
		v := &m.views[i]
		switch {
		case !slices.Contains(v.routes, route):
		case v.scanner == scanner:
			b.Own = v.marks
		default:
			b.Others = append(b.Others, v.marks)
		}
	}
	return b
}

// gone lists what stands in a view of the report's scanner and not in the report.
func (m *subjectState) gone(d *dedup.FindingSet) (all []dedup.Fingerprint) {
	for i := range m.views {
		if m.views[i].scanner == d.Report.Scanner {
			all = append(all, d.Gone(m.views[i].marks)...)
		}
	}
	return all
}

// advance makes next the baseline of a route and scanner. It reports whether anything moved.
func (m *subjectState) advance(route, scanner string, next *dedup.Next, digest *dedup.FindingSet) bool {
	said := m.route(route)
	moved := said == nil
	if moved {
		m.record.Routes = append(m.record.Routes, state.RouteState{Route: route})
		said = &m.record.Routes[len(m.record.Routes)-1]
	}
	if said.Compliance != uint8(next.Compliance) {
		said.Compliance, moved = uint8(next.Compliance), true
	}
	if m.shareView(route, scanner, next.Marks) {
		moved = true
	}
	for _, p := range next.Entered {
		id, ok := digest.Identity(p)
		if _, stored := m.names[p]; ok && !stored {
			m.names[p], m.entered[uint64(p)] = id, id.Encode()
		}
	}
	m.changed = m.changed || moved
	return moved
}

// shareView puts the route into the view that has those marks, taking it out of the one it was in.
func (m *subjectState) shareView(route, scanner string, marks []dedup.Mark) bool {
	target := -1
	for i := range m.views {
		v := &m.views[i]
		if v.scanner != scanner {
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
		m.views[target].routes = append(slices.Clone(m.views[target].routes), route)
	} else {
		m.views = append(m.views, view{scanner, []string{route}, marks})
	}
	m.views = slices.DeleteFunc(m.views, func(v view) bool { return len(v.routes) == 0 })
	return true
}

// encode returns the record to store.
func (m *subjectState) encode(today int64) state.Record {
	r := m.record
	r.Day = today
	r.Views = make([]state.View, len(m.views))
	for i, v := range m.views {
		routes := slices.Sorted(slices.Values(v.routes))
		r.Views[i] = state.View{Scanner: v.scanner, Routes: routes, Marks: dedup.EncodeMarks(v.marks)}
	}
	slices.SortFunc(r.Views, func(a, b state.View) int {
		return cmp.Or(cmp.Compare(a.Scanner, b.Scanner), slices.Compare(a.Routes, b.Routes))
	})
	return r
}
