package trivy

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// options read with the formats of this package.
func options() scan.Options { return scan.Options{Formats: []scan.Format{Format(), Kubernetes()}} }

func TestImage(t *testing.T) {
	doc := scantest.One(t, options(), "testdata/image.json")
	raw, _ := os.ReadFile("testdata/image.json")
	r := doc.Reports[0]
	if got := strings.TrimSpace(string(raw)); doc.Format != "trivy" || string(doc.Raw) != got || string(r.Raw) != got || r.Scanner != "trivy" {
		t.Errorf("format %q, scanner %q, or the bytes differ", doc.Format, r.Scanner)
	}
	if got, want := r.Artifact.Subject(), "registry.example.com/team/app:1.2"; got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	if want := "sha256:" + strings.Repeat("2", 64); r.Artifact.Digest != want {
		t.Errorf("digest %q, want %q", r.Artifact.Digest, want)
	}
	if want := scan.CoverageOf(scan.Vulnerability, scan.Misconfiguration, scan.Secret, scan.Licence); r.Covers != want || r.Compliance != scan.Unsaid {
		t.Errorf("covers %v, compliance %v", r.Covers.Names(), r.Compliance)
	}
	if r.Variant != "" || !r.Time.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("variant %q, time %v", r.Variant, r.Time)
	}
	want := []scan.Finding{
		{Kind: scan.Vulnerability, Severity: scan.Critical, ID: "CVE-2026-1", Class: scan.OSPackage, Package: "openssl", Installed: "3.0.1", Fixed: "3.0.2, 3.1.0", Title: "openssl: overflow", URL: "https://example.com/CVE-2026-1", Location: "app (debian 12)"},
		{Kind: scan.Vulnerability, ID: "CVE-2026-2", Class: scan.OSPackage, Package: "zlib", Installed: "1.2", Location: "app (debian 12)"},
		{Kind: scan.Vulnerability, Severity: scan.Low, ID: "CVE-2026-4", Class: scan.Library, Package: "debug", Installed: "3", Location: "srv/node_modules/debug/package.json"},
		{Kind: scan.Misconfiguration, Severity: scan.High, ID: "DS-0002", Title: "root user", URL: "https://example.com/ds002", Location: "Dockerfile", Resource: "stage 1", Lines: "3-0 add USER"},
		{Kind: scan.Secret, Severity: scan.High, ID: "private-key", Title: "Private key", Location: "/etc/key.pem", Match: "*****", Lines: "1-0"},
		{Kind: scan.Licence, Severity: scan.High, ID: "GPL-3.0", Package: "lib", Title: "restricted", Location: "Java"},
	}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Error(diff)
	}
	suppressed := []scan.Finding{
		{Kind: scan.Vulnerability, Severity: scan.Low, ID: "CVE-2026-3", Class: scan.OSPackage, Package: "curl", Installed: "8", Location: "app (debian 12)"},
		{Kind: scan.Misconfiguration, Severity: scan.Medium, ID: "DS-0001", Title: "latest tag", Location: "app (debian 12)"},
	}
	if diff := cmp.Diff(suppressed, r.Suppressed); diff != "" {
		t.Error(diff)
	}
}

// TestContradictions holds the words for documents that claim a format, and which oddities are no contradiction.
func TestContradictions(t *testing.T) {
	scantest.Contradictions(t, options(), map[string]string{
		`{"SchemaVersion":2,"Results":"none"}`:                                             `Results: expected an array, found a string`,
		`{"SchemaVersion":2,"Results":[{"Vulnerabilities":{}}]}`:                           `Results[0].Vulnerabilities: expected an array, found an object`,
		`{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"Severity":7}]}]}`:             `Results[0].Vulnerabilities[0].Severity: expected a string, found a number`,
		`{"ClusterName":"","Resources":{}}`:                                                `Resources: expected an array, found an object`,
		`{"ClusterName":"","Resources":[{"Name":1}]}`:                                      `Resources[0].Name: expected a string, found a number`,
		`{"SchemaVersion":2.0,"ArtifactName":"a","Results":null,"Metadata":null}`:          ``,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[null,{"Vulnerabilities":null}]}`: ``,
	})
}
