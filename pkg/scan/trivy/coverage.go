package trivy

import (
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// evidence is what the results of one report show about what was looked for.
//
// Trivy writes the result of an operating system's packages even when nothing is wrong with them, and since 0.67 it lists the packages
// whatever it was told to look for: a scan for secrets then differs from one that found no vulnerabilities in nothing. It omits the
// result of a secret or licence scan that found nothing: those kinds are then not covered, because such a report looks like one for
// which they were not scanned. For the same reason a report without any result (absent, null, empty) covers nothing: an image
// whose distribution Trivy does not know has none either.
type evidence struct {
	sort
	// listed are the classes of which there is a result, looked those that a result itself shows to have been looked for, and bare
	// those of which a result lists neither packages nor vulnerabilities.
	listed, looked, bare [scan.ClassCount]bool
	packages             [scan.ClassCount]packages
	// others are the kinds whose results are there.
	others scan.Coverage
	// doubtful is what a row without an ID was found of.
	doubtful scan.Coverage
	// system is that the vulnerabilities of the operating system were looked for.
	system bool
}

// sort is what results show about the whole run, whichever report they are in.
type sort struct {
	// vulnerabilities is that one is listed, packages that packages are, other that there is a result of another kind.
	vulnerabilities, packages, other bool
}

// join adds what other results of the run show.
func (s *sort) join(o sort) {
	s.vulnerabilities = s.vulnerabilities || o.vulnerabilities
	s.packages = s.packages || o.packages
	s.other = s.other || o.other
}

// add takes a result in; vulnerable says that it lists a vulnerability, suppressed or not, doubtful that a row of it had to be left out.
func (e *evidence) add(t *result, vulnerable, doubtful bool) {
	covers := scan.Coverage(0)
	if t.Misconfigurations != nil && t.Class == "" || t.Class == "config" {
		covers |= scan.CoverageOf(scan.Misconfiguration)
	}
	if t.Secrets != nil && t.Class == "" || t.Class == "secret" {
		covers |= scan.CoverageOf(scan.Secret)
	}
	if t.Licenses != nil && t.Class == "" || t.Class == "license" || t.Class == "license-file" {
		covers |= scan.CoverageOf(scan.Licence)
	}
	e.others |= covers
	if t.Class == "custom" || covers != 0 {
		e.other = true
	}
	if t.listsPackages() {
		c := t.class()
		e.listed[c] = true
		e.looked[c] = e.looked[c] || t.Vulnerabilities != nil
		e.bare[c] = e.bare[c] || t.Packages.count == 0
		e.packages[c].join(t.Packages)
		e.sort.packages = e.sort.packages || t.Packages.count > 0
		e.vulnerabilities = e.vulnerabilities || vulnerable
		covers |= scan.CoverageOfClass(c)
	}
	if doubtful {
		e.doubtful |= covers
	}
}

// cover sets what the report proves, given what all results of the run show.
func (e *evidence) cover(r *scan.Report, run sort) {
	r.Covers, r.CoversIfChanged = e.others, 0
	for c := range scan.ClassCount {
		r.Packages[c] = e.packages[c].digest()
		switch {
		case !e.listed[c]:
		case run.vulnerabilities, e.looked[c], c == scan.OSPackage && e.system, e.bare[c] && !run.packages: // before 0.67
			r.Covers |= scan.CoverageOfClass(c)
		case c != scan.NoClass && !run.other && r.Packages[c] != 0:
			r.CoversIfChanged |= scan.CoverageOfClass(c)
		}
	}
	r.Covers &^= e.doubtful
	r.CoversIfChanged &^= e.doubtful | r.Covers
}

// listsPackages reports whether the result is of packages. Reports before Trivy 0.20 have no Class.
func (t *result) listsPackages() bool {
	switch t.Class {
	case "os-pkgs", "lang-pkgs":
		return true
	case "":
		return t.Vulnerabilities != nil
	}
	return false
}

// class returns the class of the result's vulnerabilities; where it has no Class, by the type.
func (t *result) class() scan.Class {
	switch {
	case t.Class == "os-pkgs":
		return scan.OSPackage
	case t.Class == "lang-pkgs":
		return scan.Library
	case t.Class != "":
		return scan.NoClass
	case isSystem(t.Type), t.Type == "" && strings.HasSuffix(t.Target, ")") && strings.Contains(t.Target, " ("):
		return scan.OSPackage
	case t.Type != "":
		return scan.Library
	}
	return scan.NoClass
}

// isSystem reports whether a result's type is an operating system; the others are package managers of languages.
//
// Source: Trivy's pkg/fanal/types/const.go and pkg/fanal/analyzer/const.go.
func isSystem(kind string) bool {
	switch kind {
	case "alma", "alpine", "amazon", "azurelinux", "bottlerocket", "cbl-mariner", "centos", "chainguard", "coreos", "debian", "echo",
		"fedora", "minimos", "openeuler", "oracle", "photon", "redhat", "rocky", "rootio", "slem", "sles", "ubuntu", "windows", "wolfi":
		return true
	}
	return strings.HasPrefix(kind, "opensuse") || strings.HasPrefix(kind, "suse")
}
