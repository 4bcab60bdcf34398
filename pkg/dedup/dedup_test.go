package dedup

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
)

var salt = Salt{1, 2, 3}

// all is the kinds that the reports made here prove.
var all = scan.CoverageOf(scan.Vulnerability, scan.Misconfiguration, scan.Secret)

// gen makes a report of up to 12 rows out of a universe small enough that reports overlap.
func gen(r *rand.Rand) *scan.Report {
	report := &scan.Report{Scanner: "s", Covers: all}
	for range r.IntN(13) {
		f := scan.Finding{
			Kind: scan.Kind(r.IntN(3)), Severity: scan.Severity(r.IntN(6)), ID: fmt.Sprintf("CVE-%d", r.IntN(4)),
			Title: fmt.Sprint("t", r.IntN(3)), Installed: fmt.Sprint("1.", r.IntN(2)),
		}
		if f.Kind == scan.Vulnerability {
			f.Package = fmt.Sprint("p", r.IntN(3))
		} else {
			f.Location = fmt.Sprint("f", r.IntN(3))
		}
		if r.IntN(2) == 0 {
			f.Fixed = "2"
		}
		if r.IntN(6) == 0 {
			report.Suppressed = append(report.Suppressed, f)
		} else {
			report.Findings = append(report.Findings, f)
		}
	}
	report.Compliance = scan.Compliance(r.IntN(3))
	return report
}

// world follows one subject through its scans, as a route does.
type world struct {
	printer *Fingerprinter
	base    Baseline
	names   map[Fingerprint]Identity
}

func newWorld() *world {
	return &world{NewFingerprinter(salt), Baseline{First: true}, map[Fingerprint]Identity{}}
}

func (w *world) name(p Fingerprint) (Identity, bool) { id, ok := w.names[p]; return id, ok }

// scan compares r with the baseline and advances it.
func (w *world) scan(r *scan.Report) Delta {
	d := NewFindingSet(w.printer, r)
	delta, next := Diff(&w.base, d, w.name)
	for _, p := range next.Entered {
		w.names[p], _ = d.Identity(p)
	}
	w.base = Baseline{Own: next.Marks, Others: w.base.Others, Compliance: next.Compliance, Packages: r.Packages, Today: w.base.Today}
	return delta
}

func eachSeed(t *testing.T, check func(t *testing.T, r *rand.Rand)) {
	for seed := range uint64(cases) {
		check(t, rand.New(rand.NewPCG(seed, 7)))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestOrderAndRepeatsDoNotMatter(t *testing.T) {
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		before, now := gen(r), gen(r)
		a, b := newWorld(), newWorld()
		a.scan(before)
		b.scan(before)
		shuffled := *now
		shuffled.Findings = append(slices.Clone(now.Findings), now.Findings...)
		r.Shuffle(len(shuffled.Findings), func(i, j int) {
			f := shuffled.Findings
			f[i], f[j] = f[j], f[i]
		})
		if diff := cmp.Diff(a.scan(now), b.scan(&shuffled)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(a.base, b.base); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAgainstItselfIsNothing(t *testing.T) {
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		w := newWorld()
		w.scan(gen(r))
		report := gen(r)
		w.scan(report)
		base := w.base
		if delta := w.scan(report); !delta.Empty() {
			t.Errorf("again: %+v", delta)
		}
		if diff := cmp.Diff(base, w.base); diff != "" {
			t.Errorf("the baseline moved: %s", diff)
		}
	})
}

// apply says a difference over a baseline, knowing nothing of the report.
func apply(p *Fingerprinter, marks map[Fingerprint]Level, d *Delta) {
	put := func(it *Item) {
		id := it.Identity()
		mark := p.Fingerprint(&id)
		level := levelOf(it.Finding)
		if was, ok := marks[mark]; ok {
			level = was.Worst(level)
		}
		marks[mark] = level
	}
	for i := range d.New {
		put(&d.New[i])
	}
	for i := range d.Changed {
		put(&d.Changed[i].Item)
	}
	for i := range d.Fixed {
		id := d.Fixed[i].Identity()
		delete(marks, p.Fingerprint(&id))
	}
}

func TestReplayingDifferencesYieldsTheBaseline(t *testing.T) {
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		w, replayed := newWorld(), map[Fingerprint]Level{}
		for range 5 {
			report := gen(r)
			if r.IntN(3) == 0 {
				report.Covers = scan.CoverageOf(scan.Secret)
			}
			delta := w.scan(report)
			apply(w.printer, replayed, &delta)
		}
		kept := map[Fingerprint]Level{}
		for _, m := range w.base.Own {
			kept[m.Fingerprint] = m.Level
		}
		if diff := cmp.Diff(kept, replayed); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMergeIsTheNetDifference(t *testing.T) {
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		w := newWorld()
		w.scan(gen(r))
		first := levels(w)
		d1 := w.scan(gen(r))
		last := gen(r)
		d2 := w.scan(last)
		net := Merge(&d1, &d2)
		second := levels(w)
		want := map[string][]Identity{}
		for id, l := range second {
			if was, ok := first[id]; !ok {
				want["new"] = append(want["new"], id)
			} else if l.Above(was) {
				want["changed"] = append(want["changed"], id)
			}
		}
		for id := range first {
			if _, ok := second[id]; !ok {
				want["fixed"] = append(want["fixed"], id)
			}
		}
		got := map[string][]Identity{}
		for _, i := range net.New {
			got["new"] = append(got["new"], i.Identity())
		}
		for _, c := range net.Changed {
			got["changed"] = append(got["changed"], c.Identity())
			if was := first[c.Identity()]; was.Severity() != c.Was.Severity || was.Fix() != c.Was.Fixed {
				t.Errorf("%v was %v, the difference says %v", c.ID, was, c.Was)
			}
		}
		for _, i := range net.Fixed {
			got["fixed"] = append(got["fixed"], i.Identity())
		}
		for _, m := range []map[string][]Identity{want, got} {
			for _, list := range m {
				slices.SortFunc(list, func(a, b Identity) int { return bytes.Compare(a.Encode(), b.Encode()) })
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// levels is a world's baseline by identity.
func levels(w *world) map[Identity]Level {
	m := map[Identity]Level{}
	for _, mark := range w.base.Own {
		m[w.names[mark.Fingerprint]] = mark.Level
	}
	return m
}

func vuln(id, pkg string, s scan.Severity, installed, fixed string) scan.Finding {
	return scan.Finding{Kind: scan.Vulnerability, Severity: s, ID: id, Package: pkg, Installed: installed, Fixed: fixed}
}

func report(findings ...scan.Finding) *scan.Report {
	return &scan.Report{Scanner: "trivy", Covers: all, Findings: findings}
}

func TestDifference(t *testing.T) {
	base := report(vuln("CVE-1", "openssl", scan.High, "1.0", ""), vuln("CVE-2", "zlib", scan.Low, "1.2", ""))
	for name, c := range map[string]struct {
		now                  *scan.Report
		isNew, changed, gone int
		known                int
	}{
		"replaced by another of the same severity": {report(vuln("CVE-1", "openssl", scan.High, "1.0", ""), vuln("CVE-3", "zlib", scan.Low, "1.2", "")), 1, 0, 1, 1},
		"version bump that keeps the CVE":          {report(vuln("CVE-1", "openssl", scan.High, "1.1", ""), vuln("CVE-2", "zlib", scan.Low, "1.3", "")), 0, 0, 0, 2},
		"severity rises":                           {report(vuln("CVE-1", "openssl", scan.Critical, "1.0", ""), vuln("CVE-2", "zlib", scan.Low, "1.2", "")), 0, 1, 0, 1},
		"severity falls":                           {report(vuln("CVE-1", "openssl", scan.Low, "1.0", ""), vuln("CVE-2", "zlib", scan.Low, "1.2", "")), 0, 0, 0, 2},
		"a fix appears":                            {report(vuln("CVE-1", "openssl", scan.High, "1.0", "1.1"), vuln("CVE-2", "zlib", scan.Low, "1.2", "")), 0, 1, 0, 1},
		"the same CVE in another package":          {report(vuln("CVE-1", "openssl", scan.High, "1.0", ""), vuln("CVE-1", "libssl", scan.High, "1.0", ""), vuln("CVE-2", "zlib", scan.Low, "1.2", "")), 1, 0, 0, 2},
		"all gone":                                 {report(), 0, 0, 2, 0},
		"a partial scan proves nothing":            {&scan.Report{Scanner: "trivy"}, 0, 0, 0, 0},
		"suppressed is not fixed":                  {&scan.Report{Scanner: "trivy", Covers: all, Suppressed: base.Findings}, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.scan(base)
			d := w.scan(c.now)
			if len(d.New) != c.isNew || len(d.Changed) != c.changed || len(d.Fixed) != c.gone || d.Known != c.known {
				t.Errorf("new %d, changed %d, fixed %d, known %d; want %d, %d, %d, %d",
					len(d.New), len(d.Changed), len(d.Fixed), d.Known, c.isNew, c.changed, c.gone, c.known)
			}
			// Whatever went, coming back to the first scan says only what really is new again.
			if again := w.scan(base); len(again.New) != c.gone {
				t.Errorf("back again: %d new, want %d", len(again.New), c.gone)
			}
		})
	}
}

func TestTwoScanners(t *testing.T) {
	p := NewFingerprinter(salt)
	trivy := NewFindingSet(p, report(vuln("CVE-1", "a", scan.High, "1", ""), vuln("CVE-2", "b", scan.Low, "1", "")))
	none := func(Fingerprint) (Identity, bool) { return Identity{}, false }
	first, next := Diff(&Baseline{First: true}, trivy, none)
	if len(first.New) != 2 {
		t.Fatalf("first scan: %d new", len(first.New))
	}
	aqua := NewFindingSet(p, report(vuln("CVE-1", "a", scan.Critical, "1", ""), vuln("CVE-3", "c", scan.Low, "1", "")))
	d, aquaNext := Diff(&Baseline{Others: [][]Mark{next.Marks}}, aqua, none)
	if len(d.New) != 1 || d.New[0].ID != "CVE-3" || d.Known != 1 || len(d.Changed) != 0 {
		t.Errorf("the second scanner says %+v", d)
	}
	// Trivy no longer sees CVE-1, Aqua does: not fixed. CVE-2 is seen by nobody: fixed.
	empty := NewFindingSet(p, report())
	d, _ = Diff(&Baseline{Own: next.Marks, Others: [][]Mark{aquaNext.Marks}}, empty, func(q Fingerprint) (Identity, bool) { return trivy.Identity(q) })
	if len(d.Fixed) != 1 || d.Fixed[0].ID != "CVE-2" || d.Fixed[0].Package != "b" {
		t.Errorf("fixed: %+v", d.Fixed)
	}
}

func TestCompliance(t *testing.T) {
	at := func(c scan.Compliance) *scan.Report { return &scan.Report{Scanner: "aqua", Compliance: c} }
	w := newWorld()
	for i, step := range []struct {
		now     scan.Compliance
		changed bool
	}{
		{scan.Compliant, false}, {scan.NonCompliant, true}, {scan.NonCompliant, false}, {scan.Unsaid, false},
		{scan.NonCompliant, false}, {scan.Compliant, true}, {scan.Compliant, false},
	} {
		if d := w.scan(at(step.now)); d.ComplianceChanged != step.changed {
			t.Errorf("step %d: changed %v, want %v", i, d.ComplianceChanged, step.changed)
		}
	}
	w = newWorld()
	w.scan(at(scan.Unsaid))
	if d := w.scan(at(scan.Compliant)); d.ComplianceChanged {
		t.Error("an image nobody called non-compliant became compliant")
	}
}

func TestPrintsDifferByEveryPart(t *testing.T) {
	p := NewFingerprinter(salt)
	seen := map[Fingerprint]Identity{}
	for _, id := range []Identity{
		{scan.Vulnerability, "a", "bc", "", 0}, {scan.Vulnerability, "ab", "c", "", 0}, {scan.Secret, "a", "bc", "", 0},
		{scan.Misconfiguration, "a", "b", "c", 0}, {scan.Misconfiguration, "a", "bc", "", 0}, {scan.Vulnerability, "", "", "", 0},
		{scan.Misconfiguration, "a", "b", "c", 1}, {scan.Misconfiguration, "a", "b", "c", 256},
	} {
		mark := p.Fingerprint(&id)
		if other, ok := seen[mark]; ok {
			t.Errorf("%v and %v share a print", id, other)
		}
		seen[mark] = id
		if NewFingerprinter(Salt{9}).Fingerprint(&id) == mark {
			t.Errorf("%v: the salt makes no difference", id)
		}
	}
}

func FuzzIdentity(f *testing.F) {
	f.Add((&Identity{scan.Misconfiguration, "DS-0002", "Dockerfile", "x", 3}).Encode())
	f.Fuzz(func(t *testing.T, p []byte) {
		id, err := DecodeIdentity(p)
		if err != nil {
			return
		}
		again, err := DecodeIdentity(id.Encode())
		if err != nil || again != id {
			t.Errorf("%v became %v, %v", id, again, err)
		}
	})
}

func FuzzMarks(f *testing.F) {
	f.Add(EncodeMarks([]Mark{{1, 2, 3}, {3, 4, 3}, {5, 2, 20_000}}))
	f.Add(EncodeMarks([]Mark{{7, 1, 1}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, p []byte) {
		marks, err := DecodeMarks(p)
		if err != nil {
			return
		}
		again, err := DecodeMarks(EncodeMarks(marks))
		if err != nil || !slices.Equal(marks, again) {
			t.Errorf("%v became %v, %v", marks, again, err)
		}
	})
}

// TestMarksAreSmall: nine bytes a finding, and some for what they have in common; any cut or added byte is damage.
func TestMarksAreSmall(t *testing.T) {
	for _, kinds := range []int{1, 2, 200, 300, 70_000} {
		var marks []Mark
		for i := range max(kinds, 210) {
			marks = append(marks, Mark{Fingerprint(i) << 40, Level(i % kinds % 8), Day(20_000 + i%kinds)})
		}
		p := EncodeMarks(marks)
		got, err := DecodeMarks(p)
		if err != nil || !slices.Equal(marks, got) {
			t.Fatalf("%d kinds do not come back: %v", kinds, err)
		}
		if kinds <= 2 && len(p) > 9*len(marks)+16 {
			t.Errorf("%d marks take %d bytes", len(marks), len(p))
		}
		for _, bad := range [][]byte{p[:len(p)-1], append(slices.Clone(p), 0), p[:len(p)/2], p[:1]} {
			if _, err := DecodeMarks(bad); err == nil {
				t.Errorf("%d kinds: %d bytes of %d are taken for whole", kinds, len(bad), len(p))
			}
		}
	}
}
