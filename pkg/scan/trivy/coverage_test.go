package trivy

import (
	"strings"
	"testing"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// Results of a report, to be put together.
const (
	systemVulnerable  = `{"Target":"till (alpine 3)","Class":"os-pkgs","Packages":[{"Name":"musl","Version":"1"}],"Vulnerabilities":[{"VulnerabilityID":"CVE-2026-1","PkgName":"musl"}]}`
	systemListed      = `{"Target":"till (alpine 3)","Class":"os-pkgs","Type":"alpine","Packages":[{"Name":"musl","Version":"1"}]}`
	systemBare        = `{"Target":"till (alpine 3)","Class":"os-pkgs","Type":"alpine"}`
	systemSuppressed  = `{"Target":"till (alpine 3)","Class":"os-pkgs","Packages":[{"Name":"musl","Version":"1"}],"ExperimentalModifiedFindings":[{"Type":"vulnerability","Finding":{"VulnerabilityID":"CVE-2026-1"}}]}`
	libraryListed     = `{"Target":"go.sum","Class":"lang-pkgs","Type":"gomod","Packages":[{"Name":"net","Version":"1"}]}`
	libraryVulnerable = `{"Target":"go.sum","Class":"lang-pkgs","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-2","PkgName":"net"}]}`
	secretFound       = `{"Target":"a.env","Class":"secret","Secrets":[{"RuleID":"key"}]}`
	configPassed      = `{"Target":"Dockerfile","Class":"config","Misconfigurations":[{"ID":"DS-0001","Status":"PASS"}]}`
	licenceFound      = `{"Target":"go.sum","Class":"license","Licenses":[{"Name":"GPL","PkgName":"net"}]}`
)

// reported reads a report about an image with these results, and what is put before them.
func reported(t *testing.T, before string, results ...string) *scan.Report {
	t.Helper()
	docs, errs, _ := scantest.Text(t, options(), `{"SchemaVersion":2,"ArtifactName":"till/web:1","ArtifactType":"container_image",`+before+`"Results":[`+strings.Join(results, ",")+`]}`)
	if len(docs) != 1 {
		t.Fatal(errs)
	}
	scantest.Check(t, docs[0])
	return &docs[0].Reports[0]
}

// TestCovers holds what proves the absence of findings, and what does only when packages have changed.
func TestCovers(t *testing.T) {
	system, library := scan.CoverageOfClass(scan.OSPackage), scan.CoverageOfClass(scan.Library)
	secrets, licences, checks := scan.CoverageOf(scan.Secret), scan.CoverageOf(scan.Licence), scan.CoverageOf(scan.Misconfiguration)
	for _, test := range []struct {
		name, before      string
		results           []string
		covers, ifChanged scan.Coverage
	}{
		{"nothing", "", nil, 0, 0},
		{"vulnerable", "", []string{systemVulnerable}, system, 0},
		{"one vulnerable, another listed", "", []string{systemVulnerable, libraryListed}, system | library, 0},
		{"libraries vulnerable, the system not there", "", []string{libraryVulnerable}, library, 0},
		{"a vulnerability is suppressed", "", []string{systemSuppressed, libraryListed}, system | library, 0},
		{"bare, as before 0.67", "", []string{systemBare}, system, 0},
		{"bare beside a secret, as before 0.67", "", []string{systemBare, secretFound}, system | secrets, 0},
		{"bare beside listed", "", []string{systemBare, libraryListed}, 0, library},
		{"listed", "", []string{systemListed, libraryListed}, 0, system | library},
		{"listed beside a secret", "", []string{systemListed, libraryListed, secretFound}, secrets, 0},
		{"listed beside a check", "", []string{systemListed, configPassed}, checks, 0},
		{"listed beside a licence", "", []string{libraryListed, licenceFound}, licences, 0},
		{"vulnerable beside all", "", []string{systemVulnerable, secretFound, configPassed, licenceFound}, system | secrets | checks | licences, 0},
		{"end of life", `"Metadata":{"OS":{"Family":"alpine","EOSL":true}},`, []string{systemListed, libraryListed, secretFound}, system | secrets, 0},
		{"still maintained", `"Metadata":{"OS":{"Family":"alpine","EOSL":false}},`, []string{systemListed, secretFound}, secrets, 0},
		{"a row without an ID", "", []string{strings.Replace(systemVulnerable, "CVE-2026-1", "", 1), libraryVulnerable}, library, 0},
		{"a licence of a file", "", []string{`{"Class":"license-file"}`}, licences, 0},
		{"another class", "", []string{`{"Class":"custom"}`, systemListed}, 0, 0},
		{"no classes", "", []string{`{"Vulnerabilities":[],"Secrets":[]}`}, scan.CoverageOf(scan.Vulnerability) | secrets, 0},
		{"no class, but a type", "", []string{`{"Type":"npm","Vulnerabilities":[]}`}, library, 0},
		{"no class, a system", "", []string{`{"Type":"opensuse.leap","Vulnerabilities":[]}`}, system, 0},
	} {
		r := reported(t, test.before, test.results...)
		if r.Covers != test.covers || r.CoversIfChanged != test.ifChanged {
			t.Errorf("%s: covers %q, if changed %q", test.name, r.Covers.Names(), r.CoversIfChanged.Names())
		}
	}
}

// TestPackages holds what changes the digest of the packages, and what does not.
func TestPackages(t *testing.T) {
	digest := func(packages string) [scan.ClassCount]uint64 {
		return reported(t, "", `{"Target":"x (alpine 3)","Class":"os-pkgs","Packages":`+packages+`}`).Packages
	}
	base := digest(`[{"ID":"Name","Name":"musl","Version":"1","Release":"r2","Epoch":3},{"Name":"zlib","Version":"1"}]`)
	if base[scan.OSPackage] == 0 || base[scan.Library] != 0 || base[scan.NoClass] != 0 {
		t.Errorf("digests %v", base)
	}
	for packages, same := range map[string]bool{
		`[{"Version":"1","Name":"zlib"}, {"Epoch":3, "Release":"r2", "Version":"1", "Name":"musl", "Licenses":["MIT"], "Layer":{"Name":"x"}}]`: true,
		`[{"Name":"musl","Version":"1","Release":"r3","Epoch":3},{"Name":"zlib","Version":"1"}]`:                                               false,
		`[{"Name":"musl","Version":"1","Release":"r2"},{"Name":"zlib","Version":"1"}]`:                                                         false,
		`[{"Name":"musl","Version":"1","Release":"r2","Epoch":3},{"Name":"zlib","Version":"2"}]`:                                               false,
		`[{"Name":"zlib","Version":"1","Release":"r2","Epoch":3},{"Name":"musl","Version":"1"}]`:                                               false,
		`[{"Name":"musl","Version":"1","Release":"r2","Epoch":3}]`:                                                                             false,
	} {
		if got := digest(packages); (got == base) != same {
			t.Errorf("%s: %v, same as %v: %v", packages, got, base, !same)
		}
	}
	if got := digest(`{"Name":"musl"}`); got[scan.OSPackage] != 0 {
		t.Errorf("no list: %v", got)
	}
	if got := reported(t, "", systemVulnerable).Packages; got[scan.OSPackage] == 0 {
		t.Error("the packages of a scan for vulnerabilities have no digest")
	}
	if a, b := digest(`[null,[],"x",{"Name":"a"}]`), digest(`[{"Name":"a"}]`); a != b {
		t.Error("what is no package counts")
	}
}
