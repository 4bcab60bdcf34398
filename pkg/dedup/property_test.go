package dedup

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
)

// rich makes a report with everything that an identity is made of: classes, manifests, aliases, masked secrets, equal rows in several
// places, packages that name their version.
func rich(r *rand.Rand, artifact string) *scan.Report {
	report := &scan.Report{Artifact: scan.Artifact{Type: artifact}, Scanner: "s", Covers: all}
	packages := []string{"openssl", "linux-image-6.1.0-18-amd64", "kernel-devel-5.14.0-362", "postgresql-15"}
	for range r.IntN(13) {
		f := scan.Finding{
			Kind: scan.Kind(r.IntN(4)), Severity: scan.Severity(r.IntN(6)), ID: fmt.Sprintf("CVE-%d", r.IntN(4)),
			Title: "title", Installed: "1.0", URL: "https://example.com", Status: "affected", Location: fmt.Sprint("dir/f", r.IntN(3)),
		}
		switch f.Kind {
		case scan.Vulnerability:
			f.Package, f.Class = packages[r.IntN(len(packages))], scan.Class(r.IntN(3))
			if r.IntN(3) == 0 {
				f.Aliases = []string{"GHSA-" + f.ID}
			}
		case scan.Licence:
			f.Package = packages[r.IntN(len(packages))]
		case scan.Secret:
			f.Match, f.Lines = fmt.Sprintf("key=***%d", r.IntN(2)), fmt.Sprint(r.IntN(4), "-", 5)
		default:
			f.Resource, f.Lines = fmt.Sprint("r", r.IntN(2)), fmt.Sprint(r.IntN(4), "-", 5)
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
	return report
}

// renamed changes in a copy of a report all that is never part of a finding: texts, versions, the kernel's version, the order, and
// the lines, which all move by as much.
func renamed(r *rand.Rand, report *scan.Report) *scan.Report {
	c := *report
	moved := r.IntN(2000)
	for _, list := range []*[]scan.Finding{&c.Findings, &c.Suppressed} {
		*list = slices.Clone(*list)
		for i := range *list {
			f := &(*list)[i]
			f.Title, f.URL, f.Status, f.Installed = fmt.Sprint("title ", r.IntN(99)), fmt.Sprint("https://example.com/", r.IntN(99)), "fixed", fmt.Sprint("1.", r.IntN(99))
			switch f.Package {
			case "linux-image-6.1.0-18-amd64":
				f.Package = "linux-image-6.1.0-21-amd64"
			case "kernel-devel-5.14.0-362":
				f.Package = "kernel-devel-5.14.0-427.13.1"
			}
			if f.Lines != "" {
				var from, to int
				_, _ = fmt.Sscanf(f.Lines, "%d-%d", &from, &to)
				f.Lines = fmt.Sprintf("%d-%d", from+moved, to+moved)
			}
		}
		r.Shuffle(len(*list), func(i, k int) { (*list)[i], (*list)[k] = (*list)[k], (*list)[i] })
	}
	c.Artifact.Digest = fmt.Sprint("sha256:", r.IntN(99))
	return &c
}

// TestWhatIsNeverPartOfAFinding: rewording, other versions, moved lines, another order, a kernel's next release: no news.
func TestWhatIsNeverPartOfAFinding(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		w := newWorld()
		report := rich(r, []string{"image", "repository"}[r.IntN(2)])
		w.scan(report)
		base := w.base
		if delta := w.scan(renamed(r, report)); !delta.Empty() {
			t.Errorf("%+v", delta)
		}
		if diff := cmp.Diff(base.Own, w.base.Own); diff != "" {
			t.Errorf("the baseline moved: %s", diff)
		}
	})
}

// TestLessCoverageNeverSaysFixed: nothing of a kind or class that a scan does not cover is fixed or forgotten, and what it covers is
// what it would be without the rest.
func TestLessCoverageNeverSaysFixed(t *testing.T) {
	t.Parallel()
	parts := []scan.Coverage{
		0, scan.CoverageOfClass(scan.OSPackage), scan.CoverageOfClass(scan.Library), scan.CoverageOf(scan.Secret), scan.CoverageOf(scan.Misconfiguration, scan.Licence),
	}
	fixed := 0
	eachSeed(t, func(t *testing.T, r *rand.Rand) {
		w := newWorld()
		w.scan(rich(r, "image"))
		before := w.base.Own
		now, covers := rich(r, "image"), scan.Coverage(0)
		for range 2 {
			covers |= parts[r.IntN(len(parts))]
		}
		now.Covers = covers
		delta := w.scan(now)
		fixed += len(delta.Fixed)
		for _, c := range delta.Fixed {
			if !now.Covers.Has(c.Kind, c.Class) {
				t.Errorf("%v of class %q is fixed by a scan that covers %v", c.Identity(), c.Class, now.Covers.Names())
			}
		}
		for _, m := range before {
			if _, kept := Find(w.base.Own, m.Fingerprint); !kept && !now.Covers.Has(m.Level.Kind(), m.Level.Class()) {
				id, _ := w.name(m.Fingerprint)
				if !aliasOf(now, id) {
					t.Errorf("%v is forgotten by a scan that covers %v", id, now.Covers.Names())
				}
			}
		}
	})
	if fixed < cases/100 {
		t.Errorf("only %d findings were fixed", fixed)
	}
}

// aliasOf reports whether the report has the finding under another ID.
func aliasOf(r *scan.Report, id Identity) bool {
	for _, list := range [][]scan.Finding{r.Findings, r.Suppressed} {
		for i := range list {
			if slices.Contains(list[i].Aliases, id.ID) {
				return true
			}
		}
	}
	return false
}

// TestAliasIsTheSameFinding: a flaw that was known by one of its other IDs is known, in whatever order the IDs come, and is fixed once.
func TestAliasIsTheSameFinding(t *testing.T) {
	advisory := vuln("GHSA-1", "p", scan.High, "1", "")
	cve := vuln("CVE-1", "p", scan.High, "1", "")
	cve.Aliases = []string{"GHSA-1"}
	w := newWorld()
	w.scan(report(advisory))
	if d := w.scan(report(cve)); !d.Empty() || d.Known != 1 {
		t.Errorf("an advisory that got a CVE: %+v", d)
	}
	if d := w.scan(report(cve)); !d.Empty() || d.Known != 1 {
		t.Errorf("again: %+v", d)
	}
	d := w.scan(report())
	if len(d.Fixed) != 1 || d.Fixed[0].ID != "CVE-1" {
		t.Errorf("fixed: %+v", d.Fixed)
	}
	// Both as rows of their own are two findings, and stay two.
	w = newWorld()
	w.scan(report(advisory, cve))
	if d := w.scan(report(advisory, cve)); !d.Empty() || d.Known != 2 {
		t.Errorf("two rows: %+v", d)
	}
	// Another view knows it by the other ID.
	w = newWorld()
	w.base.First, w.base.Others = false, [][]Mark{NewFindingSet(w.printer, report(advisory)).Marks}
	if d := w.scan(report(cve)); len(d.New) != 0 || d.Known != 1 {
		t.Errorf("beside another view: %+v", d)
	}
}

// TestEqualRowsAreCounted: a second key of one rule, a second container, a second manifest are findings of their own; fewer of them
// are fixed; a row that is listed twice is one.
func TestEqualRowsAreCounted(t *testing.T) {
	key := func(lines string) scan.Finding {
		return scan.Finding{Kind: scan.Secret, Severity: scan.Critical, ID: "aws", Location: ".env", Match: "KEY=****", Lines: lines}
	}
	w := newWorld()
	w.scan(report(key("3-3")))
	if d := w.scan(report(key("13-13"))); !d.Empty() {
		t.Errorf("moved: %+v", d)
	}
	d := w.scan(report(key("13-13"), key("2-2"), key("2-2")))
	if len(d.New) != 1 || d.Known != 1 || d.Open[scan.Critical] != 2 {
		t.Errorf("a second one: %+v", d)
	}
	if d = w.scan(report(key("5-5"))); len(d.Fixed) != 1 || d.Known != 1 {
		t.Errorf("one is gone: %+v", d)
	}
	accepted := &scan.Report{Scanner: "trivy", Covers: all, Findings: []scan.Finding{key("5-5")}, Suppressed: []scan.Finding{key("9-9")}}
	if d = w.scan(accepted); !d.Empty() || d.Known != 1 || d.Suppressed != 1 {
		t.Errorf("one beside it is accepted: %+v", d)
	}
	lock := func(file string, class scan.Class) scan.Finding {
		f := vuln("CVE-1", "lodash", scan.High, "4", "")
		f.Location, f.Class = file, class
		return f
	}
	for artifact, want := range map[string]int{"repository": 2, "filesystem": 2, "image": 1, "vm": 1} {
		set := NewFindingSet(NewFingerprinter(salt), &scan.Report{Artifact: scan.Artifact{Type: artifact}, Findings: []scan.Finding{lock("a/package-lock.json", scan.Library), lock("b/package-lock.json", scan.Library)}})
		if len(set.Marks) != want {
			t.Errorf("%s: %d findings, want %d", artifact, len(set.Marks), want)
		}
		system := NewFindingSet(NewFingerprinter(salt), &scan.Report{Artifact: scan.Artifact{Type: artifact}, Findings: []scan.Finding{lock("debian 12", scan.OSPackage), lock("debian 13", scan.OSPackage)}})
		if len(system.Marks) != 1 {
			t.Errorf("%s: %d findings of the system, want 1", artifact, len(system.Marks))
		}
	}
}

// TestPackagesThatChanged: where packages are merely listed, their absence is proven only when they are others than at the last scan.
func TestPackagesThatChanged(t *testing.T) {
	f := vuln("CVE-1", "p", scan.High, "1", "")
	f.Class = scan.OSPackage
	at := func(digest uint64, findings ...scan.Finding) *scan.Report {
		r := &scan.Report{Scanner: "trivy", Findings: findings, CoversIfChanged: scan.CoverageOfClass(scan.OSPackage)}
		r.Packages[scan.OSPackage] = digest
		return r
	}
	for name, c := range map[string]struct {
		before, now uint64
		fixed       int
	}{"the same packages": {1, 1, 0}, "others": {1, 2, 1}, "not listed before": {0, 2, 0}, "not listed now": {1, 0, 0}} {
		w := newWorld()
		w.scan(at(c.before, f))
		if d := w.scan(at(c.now)); len(d.Fixed) != c.fixed {
			t.Errorf("%s: %d fixed, want %d", name, len(d.Fixed), c.fixed)
		}
	}
	unscanned := at(2)
	unscanned.Unscanned = []string{"p"}
	w := newWorld()
	w.scan(at(1, f))
	if d := w.scan(unscanned); len(d.Fixed) != 0 {
		t.Errorf("a package that was not looked at is fixed: %+v", d)
	}
}

// TestFirstSeenStays: a finding keeps the day on which any route first had it, and gets a new one when it comes back.
func TestFirstSeenStays(t *testing.T) {
	w := newWorld()
	w.base.Today = 100
	f := vuln("CVE-1", "p", scan.Low, "1", "")
	if d := w.scan(report(f)); d.New[0].FirstSeen != 100 {
		t.Errorf("first seen on day %d", d.New[0].FirstSeen)
	}
	w.base.Today = 134
	f.Severity = scan.High
	if d := w.scan(report(f)); d.Changed[0].FirstSeen != 100 {
		t.Errorf("risen: first seen on day %d", d.Changed[0].FirstSeen)
	}
	w.base.Today = 150
	if d := w.scan(report()); d.Fixed[0].FirstSeen != 100 {
		t.Errorf("fixed: first seen on day %d", d.Fixed[0].FirstSeen)
	}
	if d := w.scan(report(f)); d.New[0].FirstSeen != 150 {
		t.Errorf("back: first seen on day %d", d.New[0].FirstSeen)
	}
	w.base = Baseline{First: true, Today: 160, FirstSeen: func(Fingerprint) Day { return 155 }}
	if d := w.scan(report(f)); d.New[0].FirstSeen != 155 {
		t.Errorf("another route had it: first seen on day %d", d.New[0].FirstSeen)
	}
}

func TestUnversioned(t *testing.T) {
	for name, want := range map[string]string{
		"linux-image-6.1.0-18-amd64": "linux-image-amd64", "linux-image-6.1.0-21-amd64": "linux-image-amd64",
		"linux-headers-5.15.0-91-generic": "linux-headers-generic", "linux-modules-extra-5.15.0-91-generic": "linux-modules-extra-generic",
		"linux-libc-dev": "linux-libc-dev", "kernel-core": "kernel-core", "postgresql-15": "postgresql-15", "gcc-12": "gcc-12",
		"python3.11": "python3.11", "linux-headers-6.1.0-18-common": "linux-headers-common", "kernel-devel-5.14.0-427.13.1.el9_4": "kernel-devel.el9_4",
	} {
		if got := unversioned(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
