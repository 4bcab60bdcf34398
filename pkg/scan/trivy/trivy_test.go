package trivy

import (
	"os"
	"strings"
	"testing"

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
	if want := scan.KindsOf(scan.Vulnerability, scan.Misconfiguration, scan.Secret, scan.Licence); r.Covers != want || r.Compliance != scan.Unsaid {
		t.Errorf("covers %v, compliance %v", r.Covers.Names(), r.Compliance)
	}
	want := []scan.Finding{
		{Kind: scan.Vulnerability, Severity: scan.Critical, ID: "CVE-2026-1", Package: "openssl", Installed: "3.0.1", Fixed: "3.0.2, 3.1.0", Title: "openssl: overflow", URL: "https://example.com/CVE-2026-1", Location: "app (debian 12)"},
		{Kind: scan.Vulnerability, ID: "CVE-2026-2", Package: "zlib", Installed: "1.2", Location: "app (debian 12)"},
		{Kind: scan.Vulnerability, Severity: scan.Low, ID: "CVE-2026-4", Package: "debug", Installed: "3", Location: "srv/node_modules/debug/package.json"},
		{Kind: scan.Misconfiguration, Severity: scan.High, ID: "DS-0002", Title: "root user", URL: "https://example.com/ds002", Location: "Dockerfile", Resource: "stage 1"},
		{Kind: scan.Secret, Severity: scan.High, ID: "private-key", Title: "Private key", Location: "/etc/key.pem"},
		{Kind: scan.Licence, Severity: scan.High, ID: "GPL-3.0", Package: "lib", Title: "restricted", Location: "Java"},
	}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Error(diff)
	}
	suppressed := []scan.Finding{
		{Kind: scan.Vulnerability, Severity: scan.Low, ID: "CVE-2026-3", Package: "curl", Installed: "8", Location: "app (debian 12)"},
		{Kind: scan.Misconfiguration, Severity: scan.Medium, ID: "DS-0001", Title: "latest tag", Location: "app (debian 12)"},
	}
	if diff := cmp.Diff(suppressed, r.Suppressed); diff != "" {
		t.Error(diff)
	}
}

// TestContradictions holds the words for documents that claim a format, and which oddities are no contradiction.
func TestContradictions(t *testing.T) {
	for in, want := range map[string]string{
		`{"SchemaVersion":2,"Results":"none"}`:                                             `Results: expected an array, found a string`,
		`{"SchemaVersion":2,"Results":[{"Vulnerabilities":{}}]}`:                           `Results[0].Vulnerabilities: expected an array, found an object`,
		`{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"Severity":7}]}]}`:             `Results[0].Vulnerabilities[0].Severity: expected a string, found a number`,
		`{"ClusterName":"","Resources":{}}`:                                                `Resources: expected an array, found an object`,
		`{"ClusterName":"","Resources":[{"Name":1}]}`:                                      `Resources[0].Name: expected a string, found a number`,
		`{"SchemaVersion":2.0,"ArtifactName":"a","Results":null,"Metadata":null}`:          ``,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[null,{"Vulnerabilities":null}]}`: ``,
	} {
		docs, errs, _ := scantest.Text(t, options(), in)
		switch {
		case want == "" && (len(docs) != 1 || len(errs) != 0):
			t.Errorf("%s: %v", in, errs)
		case want != "" && (len(errs) != 1 || errs[0].Err.Error() != want):
			t.Errorf("%s:\n got %v\nwant %s", in, errs, want)
		}
	}
}

// TestCovers holds what proves the absence of findings, and what does not.
func TestCovers(t *testing.T) {
	for in, want := range map[string]scan.Kinds{
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[]}`:                                           0,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"os-pkgs"}]}`:                        scan.KindsOf(scan.Vulnerability),
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"os-pkgs","Vulnerabilities":[{}]}]}`: 0,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"license-file"}]}`:                   scan.KindsOf(scan.Licence),
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"custom"}]}`:                         0,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Vulnerabilities":[],"Secrets":[]}]}`:        scan.KindsOf(scan.Vulnerability, scan.Secret),
	} {
		docs, errs, _ := scantest.Text(t, options(), in)
		if len(docs) != 1 || docs[0].Reports[0].Covers != want {
			t.Errorf("%s: %v %v, want %v", in, docs, errs, want.Names())
		}
	}
}

func TestOtherSubjects(t *testing.T) {
	for in, want := range map[string]string{
		`"ArtifactName":".","ArtifactType":"filesystem"`:                                                                                            "filesystem:.",
		`"ArtifactName":"/srv/app","ArtifactType":"filesystem"`:                                                                                     "filesystem:/srv/app",
		`"ArtifactName":".","ArtifactType":"repository","Metadata":{"RepoURL":"https://token@git.example.com/a/b"}`:                                 "repository:https://git.example.com/a/b",
		`"ArtifactName":"./sub/","ArtifactType":"filesystem","Metadata":{"RepoURL":"https://git.example.com/a"}`:                                    "filesystem:https://git.example.com/a/sub",
		`"ArtifactName":"https://u:p@git.example.com/a","ArtifactType":"repository"`:                                                                "repository:https://git.example.com/a",
		`"ArtifactName":"bom.json","ArtifactType":"cyclonedx"`:                                                                                      "sbom:bom.json",
		`"ArtifactName":"disk.img","ArtifactType":"vm"`:                                                                                             "vm:disk.img",
		`"ArtifactName":"","ArtifactType":"container_image","Metadata":{"RepoTags":[""],"RepoDigests":["@sha256:` + strings.Repeat("1", 64) + `"]}`: "image:sha256:" + strings.Repeat("1", 64),
	} {
		docs, errs, _ := scantest.Text(t, options(), `{"SchemaVersion":2,`+in+`}`)
		if len(docs) != 1 {
			t.Fatalf("%s: %v", in, errs)
		}
		if got := docs[0].Reports[0].Artifact.Subject(); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
		if relative := strings.Contains(want, ":.") || strings.HasSuffix(want, "bom.json") || strings.HasSuffix(want, "img"); relative != (len(docs[0].Warnings) == 1) {
			t.Errorf("%s: warnings %q", in, docs[0].Warnings)
		}
	}
}
