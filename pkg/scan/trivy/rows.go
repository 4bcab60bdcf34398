package trivy

import (
	"slices"

	"github.com/postee/postee/pkg/scan"
)

// rows puts what results list into a report, and what shows what was looked for into the evidence, one row after the other.
type rows struct {
	report   *scan.Report
	places   places
	evidence *evidence
	// dropped are the rows that had to be left out because they do not say what they are.
	dropped int

	// result is the result at hand, of this class of vulnerabilities; manifest is where these are, location where its other rows are.
	result             *result
	class              scan.Class
	manifest, location string
	// before is dropped as it was before the result.
	before int
	// vulnerable is that the result lists a vulnerability, suppressed or not.
	vulnerable bool
}

// addResults adds what the results list.
func (w *rows) addResults(results []result) {
	size := 0
	for i := range results {
		size += len(results[i].Vulnerabilities) + len(results[i].Misconfigurations) + len(results[i].Secrets) + len(results[i].Licenses)
	}
	w.report.Findings = slices.Grow(w.report.Findings, size)
	for i := range results {
		t := &results[i]
		w.begin(t)
		for j := range t.Vulnerabilities {
			w.addVulnerability(&t.Vulnerabilities[j])
		}
		for j := range t.Misconfigurations {
			w.addMisconfiguration(&t.Misconfigurations[j])
		}
		for j := range t.Secrets {
			w.addSecret(&t.Secrets[j])
		}
		for j := range t.Licenses {
			w.addLicence(&t.Licenses[j])
		}
		for j := range t.Modified {
			w.addModified(&t.Modified[j])
		}
		w.end()
	}
}

// begin begins a result; its rows follow.
func (w *rows) begin(t *result) {
	w.result, w.class, w.before, w.vulnerable = t, t.class(), w.dropped, false
	w.manifest, w.location = w.places.ofPackage(t.Target), w.places.of(t.Target)
}

// end ends a result. By now it has its packages, and lists that are there, though empty, are not nil.
func (w *rows) end() { w.evidence.add(w.result, w.vulnerable, w.dropped > w.before) }

// warn says of how many rows nothing is known.
func (w *rows) warn(doc *scan.Document) {
	if w.dropped > 0 {
		doc.Warnf("skipped findings without an ID: %d", w.dropped)
	}
}

// keep adds a row, unless it does not say what it is.
func (w *rows) keep(list *[]scan.Finding, f *scan.Finding) {
	if f.ID == "" {
		w.dropped++
		return
	}
	*list = append(*list, *f)
}

func (w *rows) addVulnerability(v *vulnerability) {
	w.vulnerable = true
	f := v.finding(w.class, w.manifest)
	if v.PkgPath != "" {
		f.Location = w.places.ofPackage(v.PkgPath)
	}
	w.keep(&w.report.Findings, &f)
}

func (w *rows) addMisconfiguration(m *misconfiguration) {
	if m.failed() {
		f := m.finding(w.location)
		w.keep(&w.report.Findings, &f)
	}
}

func (w *rows) addSecret(s *secret) {
	f := s.finding(w.location)
	w.keep(&w.report.Findings, &f)
}

func (w *rows) addLicence(l *licence) {
	f := l.finding(w.location, &w.places)
	w.keep(&w.report.Findings, &f)
}

func (w *rows) addModified(m *modified) {
	w.vulnerable = w.vulnerable || m.Type == "vulnerability"
	f := m.finding(w.result, &w.places)
	w.keep(&w.report.Suppressed, &f)
}
