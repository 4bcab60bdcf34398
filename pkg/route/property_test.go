package route

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// eachCase tries a property on generated cases.
func eachCase(t *testing.T, check func(t *testing.T, r *rand.Rand)) {
	t.Helper()
	t.Parallel()
	for seed := range uint64(cases) {
		check(t, rand.New(rand.NewPCG(seed, 11)))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// history is one subject under several views, scan after scan: what was told, finding by finding.
type history struct {
	t           *testing.T
	engine      *Engine
	told, fixed map[string]int
	news        int
}

func newHistory(t *testing.T) *history {
	return &history{t: t, engine: newEngine(state.Memory(), "a"), told: map[string]int{}, fixed: map[string]int{}}
}

// admit lets the engine decide documents together, on a day, and counts what is told.
func (h *history) admit(day int, docs ...*scan.Document) *Admitted {
	a, err := h.engine.Admit(h.t.Context(), noon.AddDate(0, 0, day), docs)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range a.Entries {
		m, err := message.Decode(e.Message)
		if err != nil {
			h.t.Fatal(err)
		}
		d := &m.Sections[0].Delta
		for i := range d.New {
			h.told[d.New[i].ID]++
		}
		for i := range d.Fixed {
			h.fixed[d.Fixed[i].ID]++
		}
		if len(d.New)+len(d.Changed)+len(d.Fixed) > 0 {
			h.news++
		}
	}
	return a
}

// sort is what tells two scans of one subject apart: another scanner, another variant, or another class that it covers.
type sort struct {
	scanner, variant string
	class            scan.Class
}

// document is a scan of one sort with findings CVE-0 … that are set in bits; which class a finding has follows from its number
// where the sort has one.
func (s sort) document(bits uint, at time.Time) *scan.Document {
	r := scan.Report{
		Artifact: scan.Artifact{Type: "image", Name: "app", Repository: "app", Tag: "1"}, Scanner: s.scanner, Variant: s.variant, Time: at,
		Covers: scan.CoverageOfClass(s.class), Raw: []byte("{}"),
	}
	for i := range 6 {
		if bits&(1<<i) == 0 {
			continue
		}
		f := scan.Finding{ID: fmt.Sprintf("CVE-%d", i), Package: "p", Severity: scan.High, Class: s.class}
		if s.class != scan.NoClass {
			f.ID += "-" + s.class.String() // a finding is of one class
		}
		r.Findings = append(r.Findings, f)
	}
	return &scan.Document{Source: "app#1", Format: s.scanner, Raw: r.Raw, Reports: []scan.Report{r}}
}

// TestInterleavedViewsTellOnce: two variants, two scanners or two classes of one subject, in any order: what any of them has is told
// once while any of them has it, and fixed once when the last has it no more.
func TestInterleavedViewsTellOnce(t *testing.T) {
	pairs := [][]sort{
		{{"trivy", "linux/amd64", 0}, {"trivy", "linux/arm64", 0}},
		{{"trivy", "", 0}, {"grype", "", 0}},
		{{"trivy", "", scan.OSPackage}, {"trivy", "", scan.Library}},
		{{"trivy", "linux/amd64", 0}, {"grype", "linux/amd64", 0}, {"trivy", "linux/arm64", 0}},
	}
	eachCase(t, func(t *testing.T, r *rand.Rand) {
		views := pairs[r.IntN(len(pairs))]
		h := newHistory(t)
		told, fixed := map[string]int{}, map[string]int{}
		open := make([]map[string]bool, len(views))
		for range 8 {
			which, bits := r.IntN(len(views)), uint(r.IntN(64))
			doc := views[which].document(bits, time.Time{})
			h.admit(0, doc)
			if r.IntN(3) == 0 {
				if again := h.admit(0, doc); len(again.Entries) > 0 {
					t.Errorf("said again: %v", said(t, again))
				}
			}
			seen := func(id string) bool {
				return slices.ContainsFunc(open, func(have map[string]bool) bool { return have[id] })
			}
			now := map[string]bool{}
			for _, f := range doc.Reports[0].Findings {
				now[f.ID] = true
				if !seen(f.ID) {
					told[f.ID]++
				}
			}
			before := open[which]
			open[which] = now
			for id := range before {
				if !seen(id) {
					fixed[id]++
				}
			}
		}
		if diff := cmp.Diff(told, h.told); diff != "" {
			t.Errorf("told (-want +got): %s", diff)
		}
		if diff := cmp.Diff(fixed, h.fixed); diff != "" {
			t.Errorf("fixed (-want +got): %s", diff)
		}
	})
}

// TestOlderScansChangeNothing: the newest scan of a view decides, in whatever order and however often its scans come: afterwards a
// replay of all of them says nothing, and the baseline is that of the newest.
func TestOlderScansChangeNothing(t *testing.T) {
	eachCase(t, func(t *testing.T, r *rand.Rand) {
		one := sort{"trivy", "", 0}
		var docs []*scan.Document
		for i := range 2 + r.IntN(4) {
			docs = append(docs, one.document(uint(r.IntN(64)), noon.Add(time.Duration(i)*time.Hour)))
		}
		newest := docs[len(docs)-1]
		h := newHistory(t)
		r.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
		for rest := docs; len(rest) > 0; { // some together, some after one another
			n := 1 + r.IntN(len(rest))
			h.admit(0, rest[:n]...)
			rest = rest[n:]
		}
		h.admit(0, newest)
		before, record := h.news, load(t, h.engine.Store, "docker.io/app:1")
		for range 3 {
			r.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
			h.admit(0, docs...)
		}
		if h.news != before {
			t.Errorf("a replay was told %d times", h.news-before)
		}
		if diff := cmp.Diff(record, load(t, h.engine.Store, "docker.io/app:1")); diff != "" {
			t.Errorf("the record moved: %s", diff)
		}
		alone := newHistory(t)
		alone.admit(0, newest)
		if got, want := len(record.Views), len(load(t, alone.engine.Store, "docker.io/app:1").Views); got != want {
			t.Errorf("%d views, want %d", got, want)
		}
		open := map[string]int{}
		for id, n := range h.told {
			if n -= h.fixed[id]; n != 0 {
				open[id] = n
			}
		}
		want := map[string]int{}
		for _, f := range newest.Reports[0].Findings {
			want[f.ID] = 1
		}
		if diff := cmp.Diff(want, open); diff != "" {
			t.Errorf("told and not fixed (-want +got): %s", diff)
		}
	})
}

// TestOrderOfDocumentsDoesNotMatter: documents about different subjects, or with times of their own, give the same messages in any
// order.
func TestOrderOfDocumentsDoesNotMatter(t *testing.T) {
	eachCase(t, func(t *testing.T, r *rand.Rand) {
		var docs []*scan.Document
		for i := range 2 + r.IntN(4) {
			doc := sort{"trivy", "", 0}.document(uint(r.IntN(64)), noon.Add(time.Duration(i)*time.Hour))
			doc.Reports[0].Artifact.Tag = fmt.Sprint(r.IntN(3))
			docs = append(docs, doc)
		}
		one, other := newHistory(t), newHistory(t)
		one.admit(0, docs...)
		shuffled := slices.Clone(docs)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		other.admit(0, shuffled...)
		if diff := cmp.Diff(one.told, other.told); diff != "" {
			t.Errorf("told: %s", diff)
		}
		if diff := cmp.Diff(one.fixed, other.fixed); diff != "" {
			t.Errorf("fixed: %s", diff)
		}
	})
}

// TestViewsThatAreGoneHoldNothingOpen: a view that was not scanned for more than 30 days no longer keeps others from saying fixed, and
// still knows what it has said itself.
func TestViewsThatAreGoneHoldNothingOpen(t *testing.T) {
	amd, arm := sort{"trivy", "linux/amd64", 0}, sort{"trivy", "linux/arm64", 0}
	for days, fixed := range map[int]int{30: 0, 31: 1} {
		h := newHistory(t)
		h.admit(0, amd.document(1, time.Time{}), arm.document(1, time.Time{}))
		h.admit(days, amd.document(0, time.Time{}))
		if h.fixed["CVE-0"] != fixed {
			t.Errorf("after %d days: fixed %d times, want %d", days, h.fixed["CVE-0"], fixed)
		}
		before := h.news
		if h.admit(days, arm.document(1, time.Time{})); h.news != before {
			t.Errorf("after %d days the other view says again what it has said", days)
		}
	}
}

// TestManyBranchesAreBounded: of a subject with very many variants, those seen last are remembered.
func TestManyBranchesAreBounded(t *testing.T) {
	h := newHistory(t)
	for i := range 3 * maxScans {
		h.admit(i, sort{"trivy", fmt.Sprint("branch ", i), 0}.document(1, time.Time{}))
	}
	r := load(t, h.engine.Store, "docker.io/app:1")
	if len(r.Scans) != maxScans || len(r.Views) != maxScans {
		t.Errorf("%d scans, %d views, want %d", len(r.Scans), len(r.Views), maxScans)
	}
}

// TestStale: an older scan is said to be one, is not judged by a ratchet, and --any-age compares it.
func TestStale(t *testing.T) {
	one := sort{"trivy", "", 0}
	h := newHistory(t)
	h.engine.Gate = Gate{Mode: GateNew, At: scan.Low}
	h.admit(0, one.document(1, noon))
	a := h.admit(0, one.document(3, noon.Add(-time.Hour)))
	if len(a.Results) != 1 || a.Results[0].Status != Stale || a.Results[0].Reason != "age" || len(a.Tripped) != 0 {
		t.Errorf("results %+v, tripped %+v", a.Results, a.Tripped)
	}
	h.engine.AnyAge = true
	if a := h.admit(0, one.document(3, noon.Add(-time.Hour))); len(a.Entries) != 1 || len(a.Tripped) != 1 {
		t.Errorf("--any-age: %d entries, tripped %+v", len(a.Entries), a.Tripped)
	}
}

// TestGateVouchesForWhatItUnderstands: what is no scan, and counts before a ratchet, are not judged.
func TestGateVouchesForWhatItUnderstands(t *testing.T) {
	generic := &scan.Document{Source: "x#1", Format: scan.Generic, Raw: []byte("{}"), Reports: []scan.Report{{Artifact: scan.Artifact{Type: scan.Generic, Name: "1"}}}}
	counts := sort{"aqua", "", 0}.document(0, time.Time{})
	counts.Reports[0].Summary = &[scan.SeverityCount]int{scan.High: 5}
	for name, c := range map[string]struct {
		mode              GateMode
		doc               *scan.Document
		tripped, unjudged int
	}{
		"no gate": {GateOff, generic, 0, 0}, "no scan": {GateAny, generic, 0, 1}, "no scan, ratchet": {GateNew, generic, 0, 1},
		"counts": {GateAny, counts, 1, 0}, "counts, ratchet": {GateNew, counts, 0, 1},
	} {
		h := newHistory(t)
		h.engine.Gate = Gate{Mode: c.mode, At: scan.High}
		if a := h.admit(0, c.doc); len(a.Tripped) != c.tripped || len(a.Unjudged) != c.unjudged {
			t.Errorf("%s: tripped %+v, unjudged %+v", name, a.Tripped, a.Unjudged)
		}
	}
}
