package trivy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// TestLegacy holds what the array of early versions is about, and what it proves.
func TestLegacy(t *testing.T) {
	const row = `"Vulnerabilities":[{"VulnerabilityID":"CVE-2020-1","PkgName":"musl","Severity":"HIGH"}]`
	system, library := scan.CoverageOfClass(scan.OSPackage), scan.CoverageOfClass(scan.Library)
	for _, test := range []struct {
		in, subject string
		findings    int
		covers      scan.Coverage
	}{
		{`[{"Target":"till/web:7 (alpine 3.10)","Type":"alpine",` + row + `}]`, "docker.io/till/web:7", 1, system},
		{`[{"Target":"app/go.sum","Type":"gomod","Vulnerabilities":null},{"Target":"till/web:7 (amazon 2 (Karoo))",` + row + `}]`, "docker.io/till/web:7", 1, system | library},
		{`[{"Target":"till/web:7 (debian 10)","Type":"debian","Vulnerabilities":null}]`, "docker.io/till/web:7", 0, system},
		{`[{"Target":"out/web.tar (alpine 3)","Class":"os-pkgs","Type":"alpine",` + row + `}]`, "out/web.tar", 1, system},
		{`[{"Target":"go.sum","Type":"gomod",` + row + `}]`, ".", 1, library},
		{`[{"Target":"Dockerfile","Class":"config","Misconfigurations":[{"ID":"DS002","Status":"FAIL"},{"ID":"DS001","Status":"PASS"}]}]`, ".", 1, scan.CoverageOf(scan.Misconfiguration)},
	} {
		docs, errs, _ := scantest.Text(t, options(), test.in)
		if len(docs) != 1 {
			t.Fatalf("%s: %v", test.in, errs)
		}
		scantest.Check(t, docs[0])
		r := &docs[0].Reports[0]
		if got := r.Artifact.Subject(); got != test.subject || len(r.Findings) != test.findings || r.Covers != test.covers || string(r.Raw) != test.in {
			t.Errorf("%s: %q, %d findings, covers %q", test.in, got, len(r.Findings), r.Covers.Names())
		}
	}
	o := options()
	o.Components = true
	docs, _, _ := scantest.Text(t, o, `[{"Target":"till/web:7 (alpine 3.10)","Type":"alpine",`+row+`}]`)
	if c := docs[0].Reports[0].Components; len(c) != 1 || c[0].Name != "musl" {
		t.Errorf("components %v", c)
	}
}

// TestAccount holds that a report about a cloud account, which has no SchemaVersion, is read.
func TestAccount(t *testing.T) {
	docs, errs, _ := scantest.Text(t, options(), `{"ArtifactName":"0123","ArtifactType":"aws_account","Metadata":{},"Results":[{"Target":"arn:aws:s3:::till","Class":"config","Type":"cloud","Misconfigurations":[{"ID":"AVD-AWS-0086","Status":"FAIL"}]}]}`)
	if len(docs) != 1 {
		t.Fatal(errs)
	}
	r := docs[0].Reports[0]
	if r.Artifact.Subject() != "account:0123" || len(r.Findings) != 1 || r.Findings[0].Location != "arn:aws:s3:::till" || len(docs[0].Warnings) > 0 {
		t.Errorf("%q %+v %q", r.Artifact.Subject(), r.Findings, docs[0].Warnings)
	}
}

// TestCosign holds that a report in a cosign predicate is read as if it stood alone.
func TestCosign(t *testing.T) {
	const report = `{"SchemaVersion":2,"CreatedAt":"2026-11-01T00:00:00Z","ArtifactName":"till/web:7","ArtifactType":"container_image","Results":[` + systemVulnerable + `]}`
	o := scan.Options{Formats: []scan.Format{Format(), Cosign()}, Components: true}
	docs, errs, _ := scantest.Text(t, o, `{"invocation":{},"scanner":{"uri":"x","result": `+report+`},"metadata":{}}`)
	alone, _, _ := scantest.Text(t, o, report)
	if len(docs) != 1 {
		t.Fatal(errs)
	}
	scantest.Check(t, docs[0])
	if diff := cmp.Diff(alone[0].Reports, docs[0].Reports); diff != "" || docs[0].Format != "cosign-vuln" {
		t.Error(docs[0].Format, diff)
	}
	for _, in := range []string{`{"invocation":{},"scanner":{"result":{"matches":[]}}}`, `{"invocation":{},"scanner":{}}`, `{"scanner":{"result":{"SchemaVersion":2}}}`} {
		if docs, errs, _ := scantest.Text(t, o, in); len(docs) != 0 || len(errs) != 1 {
			t.Errorf("%s is read", in)
		}
	}
}

// TestKubernetesSummary holds that the summary has the same rows as the full report, and that all workloads show what was looked for.
func TestKubernetesSummary(t *testing.T) {
	const workloads = `[{"Namespace":"till","Kind":"Deployment","Name":"web","Results":[` + systemVulnerable + `]},{"Namespace":"till","Kind":"Pod","Name":"clean","Results":[` + systemListed + `]}]`
	full, _, _ := scantest.Text(t, options(), `{"ClusterName":"prod","Resources":`+workloads+`}`)
	summary, errs, _ := scantest.Text(t, options(), `{"ClusterName":"prod","Findings":`+workloads+`}`)
	if len(full) != 1 || len(summary) != 1 {
		t.Fatal(errs)
	}
	if diff := cmp.Diff(full[0].Reports, summary[0].Reports); diff != "" {
		t.Error(diff)
	}
	r := summary[0].Reports
	if len(r) != 2 || len(r[0].Findings) != 1 || r[1].Covers != scan.CoverageOfClass(scan.OSPackage) {
		t.Errorf("%+v", r)
	}
	secrets, _, _ := scantest.Text(t, options(), `{"ClusterName":"prod","Resources":[{"Kind":"Pod","Name":"a","Results":[`+systemListed+`]},{"Kind":"Pod","Name":"b","Results":[`+secretFound+`]}]}`)
	if r := secrets[0].Reports; r[0].Covers != 0 || r[0].CoversIfChanged != 0 || r[1].Covers != scan.CoverageOf(scan.Secret) {
		t.Errorf("%+v", r)
	}
	ended := strings.Replace(workloads, `"Results":[`+systemVulnerable+`]`, `"Metadata":[{"OS":{"EOSL":true}}],"Results":[`+systemListed+","+secretFound+`]`, 1)
	old, _, _ := scantest.Text(t, options(), `{"ClusterName":"prod","Resources":`+ended+`}`)
	if r := old[0].Reports; !r[0].Covers.Has(scan.Vulnerability, scan.OSPackage) || r[1].Covers != 0 {
		t.Errorf("%+v", r)
	}
}
