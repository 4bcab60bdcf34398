package aqua

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// options read with the format of this package.
func options() scan.Options { return scan.Options{Formats: []scan.Format{Format()}} }

func TestImage(t *testing.T) {
	doc := scantest.One(t, options(), "testdata/image.json")
	r := doc.Reports[0]
	artifact := scan.Artifact{Type: "image", Name: "library/app:1.2", Host: "index.docker.io", Registry: "Docker Hub", Repository: "library/app", Tag: "1.2", Digest: "sha256:" + strings.Repeat("3", 64)}
	if diff := cmp.Diff(artifact, r.Artifact); diff != "" {
		t.Error(diff)
	}
	want := []scan.Finding{
		{Kind: scan.Vulnerability, Severity: scan.High, ID: "CVE-2026-1", Package: "bash", Installed: "5", Fixed: "5.1", Title: "First sentence.", URL: "https://example.com/1", Location: "/bin/bash"},
		{Kind: scan.Vulnerability, Severity: scan.Negligible, ID: "CVE-2026-2", Package: "bash", Installed: "5", URL: "https://example.com/2", Location: "/bin/bash"},
		{Kind: scan.Sensitive, ID: "/home/app/.ssh/id_rsa", Location: "/bin/bash"},
		{Kind: scan.Sensitive, ID: "key", Location: "/k.pem"},
		{Kind: scan.Vulnerability, Severity: scan.Critical, ID: "CVE-2026-4", Package: "/usr/bin/tool", Installed: "1", Location: "/usr/bin/tool"},
		{Kind: scan.Control, ID: "max_severity", Location: "Default"},
	}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Error(diff)
	}
	if len(r.Suppressed) != 1 || r.Suppressed[0].ID != "CVE-2026-3" || r.Summary != nil || r.Compliance != scan.NonCompliant {
		t.Errorf("suppressed %v, summary %v, compliance %v", r.Suppressed, r.Summary, r.Compliance)
	}
	if diff := cmp.Diff([]string{"a@example.com", "b@example.com"}, r.Owners); diff != "" || len(doc.Warnings) != 1 {
		t.Error(diff, doc.Warnings)
	}
	if r.Variant != "" || r.Time.Unix() != 1 || r.Unscanned != nil {
		t.Errorf("variant %q, time %v, not scanned %q", r.Variant, r.Time, r.Unscanned)
	}
	if want := scan.CoverageOf(scan.Vulnerability, scan.Malware, scan.Sensitive, scan.Control); r.Covers != want {
		t.Errorf("covers %v", r.Covers.Names())
	}
}

func TestSummary(t *testing.T) {
	in := `{"image":"a","vulnerability_summary":{"critical":1,"high":"2","total":5}}`
	docs, _, _ := scantest.Text(t, options(), in)
	want := [scan.SeverityCount]int{scan.Critical: 1, scan.High: 2, scan.Unknown: 2}
	if got := docs[0].Reports[0].Summary; got == nil || *got != want || docs[0].Reports[0].Compliance != scan.Unsaid {
		t.Errorf("summary %v", got)
	}
}

// TestContradictions holds the words for documents that claim a format, and which oddities are no contradiction.
func TestContradictions(t *testing.T) {
	const aqua = `{"image":"a:1","resources":[]`
	scantest.Contradictions(t, options(), map[string]string{
		`{"image":null,"Image":1,"resources":[],"x":{"a":1,"a":2}}`:                            `duplicate key "a": which one holds is not defined`,
		`{"image":true,"resources":[]}`:                                                        `image: expected a string, found a boolean`,
		`{"image":"a","image_assurance_results":{"disallowed":"true"}}`:                        `image_assurance_results.disallowed: expected a boolean, found a string`,
		aqua + `,"vulnerability_summary":{"total":"x","critical":-1,"high":1e999,"low":null}}`: ``,
		aqua + `,"vulnerability_summary":[],"application_scope_owners":"me@example.com"}`:      ``,
		aqua + `,"application_scope_owners":{"a":1},"malware":7,"sensitive_data":[1,[],{}]}`:   ``,
	})
}
