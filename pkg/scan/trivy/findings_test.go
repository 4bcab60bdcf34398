package trivy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// TestStatus holds that a check counts only when it has failed.
func TestStatus(t *testing.T) {
	for status, want := range map[string]int{"FAIL": 1, "PASS": 0, "EXCEPTION": 0, "": 0, "fail": 0, "SKIP": 0, "UNKNOWN": 0} {
		r := reported(t, "", `{"Target":"Dockerfile","Class":"config","Misconfigurations":[{"ID":"DS-0002","Severity":"HIGH","Status":"`+status+`"}]}`)
		if len(r.Findings) != want {
			t.Errorf("%q: %v", status, r.Findings)
		}
	}
}

// TestCheckNames holds what a check is called.
func TestCheckNames(t *testing.T) {
	for in, want := range map[string]string{
		`"ID":"DS002","AVDID":"AVD-DS-0002"`: "DS-0002",
		`"ID":"KSV-0014"`:                    "KSV-0014",
		`"Namespace":"user.till","Query":"data.user.till.deny_latest"`:       "user.till.deny_latest",
		`"ID":"N/A","Namespace":"user.till","Query":"data.user.till.deny"`:   "user.till.deny",
		`"ID":"N/A","Namespace":"user.till","Query":"data.other"`:            "user.till.other",
		`"ID":"N/A","Namespace":"user.till"`:                                 "user.till",
		`"ID":"","Query":"data.user.till.warn"`:                              "user.till.warn",
		`"ID":"DS-0001","Namespace":"builtin.x","Query":"data.builtin.deny"`: "DS-0001",
	} {
		r := reported(t, "", `{"Target":"Dockerfile","Class":"config","Misconfigurations":[{`+in+`,"Status":"FAIL"}]}`)
		if len(r.Findings) != 1 || r.Findings[0].ID != want {
			t.Errorf("%s: %+v", in, r.Findings)
		}
	}
}

// TestPlaces holds where a finding is, and what tells rows apart that are alike otherwise.
func TestPlaces(t *testing.T) {
	const results = `"Results":[
		{"Target":"till-1.2.0.tgz:templates/web.yaml","Class":"config","Misconfigurations":[
			{"ID":"KSV-0001","Status":"FAIL","Message":"container a","CauseMetadata":{"StartLine":4,"EndLine":9}},
			{"ID":"KSV-0001","Status":"FAIL","Message":"container b"}]},
		{"Target":"git.test/m?ref=v2/main.tf","Class":"config","Misconfigurations":[{"ID":"AWS-0001","Status":"FAIL"}]},
		{"Target":"/builds/9/till/.env","Class":"secret","Secrets":[{"RuleID":"key","StartLine":2,"EndLine":2,"Offset":40,"Match":"K=***"},{"RuleID":"key","StartLine":2,"EndLine":2,"Offset":80,"Match":"K=***"}]},
		{"Target":"Java","Class":"lang-pkgs","Type":"jar","Vulnerabilities":[
			{"VulnerabilityID":"GHSA-1","VendorIDs":["CVE-2026-9"],"PkgName":"core","PkgPath":"lib/core-2.1.jar","Status":"will_not_fix"}]},
		{"Target":"web/go.sum","Class":"lang-pkgs","Type":"gomod","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-8","VendorIDs":"GHSA-8","PkgName":"net"}]}]}`
	docs, errs, _ := scantest.Text(t, options(), `{"SchemaVersion":2,"ArtifactName":"/builds/9/till","ArtifactType":"filesystem",`+results)
	if len(docs) != 1 {
		t.Fatal(errs)
	}
	want := []scan.Finding{
		{Kind: scan.Misconfiguration, ID: "KSV-0001", Title: "container a", Location: "till.tgz:templates/web.yaml", Lines: "4-9 container a"},
		{Kind: scan.Misconfiguration, ID: "KSV-0001", Title: "container b", Location: "till.tgz:templates/web.yaml", Lines: "container b"},
		{Kind: scan.Misconfiguration, ID: "AWS-0001", Location: "git.test/m/main.tf"},
		{Kind: scan.Secret, ID: "key", Location: ".env", Match: "K=***", Lines: "2-2@40"},
		{Kind: scan.Secret, ID: "key", Location: ".env", Match: "K=***", Lines: "2-2@80"},
		{Kind: scan.Vulnerability, ID: "CVE-2026-9", Aliases: []string{"GHSA-1"}, Class: scan.Library, Package: "core", Status: "will_not_fix", Location: "lib/core.jar"},
		{Kind: scan.Vulnerability, ID: "CVE-2026-8", Aliases: []string{"GHSA-8"}, Class: scan.Library, Package: "net", Location: "web/go.sum"},
	}
	if diff := cmp.Diff(want, docs[0].Reports[0].Findings); diff != "" {
		t.Error(diff)
	}
}

// TestImageConfiguration holds that what is wrong with an image's configuration has one place, whatever was scanned.
func TestImageConfiguration(t *testing.T) {
	for _, name := range []string{"web-1001.tar", "till/web:7"} {
		in := `{"SchemaVersion":2,"ArtifactName":"` + name + `","ArtifactType":"container_image","Metadata":{"RepoTags":["till/web:7"]},"Results":[
			{"Target":"` + name + `","Class":"config","Type":"dockerfile","Misconfigurations":[{"ID":"DS-0002","Status":"FAIL"}],"ExperimentalModifiedFindings":[{"Type":"misconfiguration","Finding":{"ID":"DS-0026"}}]},
			{"Target":"` + name + `","Class":"secret","Secrets":[{"RuleID":"key"}]},
			{"Target":"app/Dockerfile","Class":"config","Misconfigurations":[{"ID":"DS-0002","Status":"FAIL"}]}]}`
		docs, errs, _ := scantest.Text(t, options(), in)
		if len(docs) != 1 {
			t.Fatal(errs)
		}
		r := docs[0].Reports[0]
		got := []string{r.Findings[0].Location, r.Findings[1].Location, r.Suppressed[0].Location, r.Findings[2].Location}
		if diff := cmp.Diff([]string{imageConfiguration, imageConfiguration, imageConfiguration, "app/Dockerfile"}, got); diff != "" {
			t.Error(name, diff)
		}
	}
}

// TestSuppressedRows holds that a suppressed row is told apart as an open one is.
func TestSuppressedRows(t *testing.T) {
	r := reported(t, "", `{"Target":".env","Class":"secret","Secrets":[{"RuleID":"key","StartLine":2,"EndLine":3,"Offset":4,"Match":"K=***"}],
		"ExperimentalModifiedFindings":[{"Type":"secret","Finding":{"RuleID":"key","StartLine":2,"EndLine":3,"Offset":4,"Match":"K=***"}}]}`,
		`{"Target":"a.yaml","Class":"config","Misconfigurations":[{"ID":"N/A","Namespace":"u","Query":"data.u.deny","Status":"FAIL","Message":"m","CauseMetadata":{"StartLine":1,"EndLine":2}}],
		"ExperimentalModifiedFindings":[{"Type":"misconfiguration","Finding":{"ID":"N/A","Namespace":"u","Query":"data.u.deny","Message":"m","CauseMetadata":{"StartLine":1,"EndLine":2}}}]}`,
		`{"Target":"go.sum","Class":"license","Licenses":[{"Name":"GPL","PkgName":"net","FilePath":"x"}],"ExperimentalModifiedFindings":[{"Type":"license","Finding":{"Name":"GPL","PkgName":"net","FilePath":"x"}}]}`,
		`{"Target":"go.sum","Class":"lang-pkgs","Vulnerabilities":[{"VulnerabilityID":"GHSA-1","VendorIDs":["CVE-2026-1"],"PkgName":"net","PkgPath":"p"}],
		"ExperimentalModifiedFindings":[{"Type":"vulnerability","Finding":{"VulnerabilityID":"GHSA-1","VendorIDs":["CVE-2026-1"],"PkgName":"net","PkgPath":"p"}}]}`)
	for i := range r.Suppressed {
		r.Findings[i].Title = r.Suppressed[i].Title
	}
	if diff := cmp.Diff(r.Findings, r.Suppressed); diff != "" || len(r.Suppressed) != 4 {
		t.Error(diff)
	}
}
