package scan

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readOne reads a file of testdata that holds one document.
func readOne(t *testing.T, name string, o Options) *Document {
	t.Helper()
	docs, errs, _ := gather(t, o, "testdata/"+name)
	if len(docs) != 1 || len(errs) > 0 {
		t.Fatalf("%s: %d documents, errors %v", name, len(docs), errs)
	}
	return docs[0]
}

func TestTrivyImage(t *testing.T) {
	doc := readOne(t, "trivy-image.json", Options{})
	raw, _ := os.ReadFile("testdata/trivy-image.json")
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
	if want := KindsOf(Vulnerability, Misconfiguration, Secret, Licence); r.Covers != want || r.Compliance != Unsaid {
		t.Errorf("covers %v, compliance %v", r.Covers.Names(), r.Compliance)
	}
	want := []Finding{
		{Kind: Vulnerability, Severity: Critical, ID: "CVE-2026-1", Package: "openssl", Installed: "3.0.1", Fixed: "3.0.2, 3.1.0", Title: "openssl: overflow", URL: "https://example.com/CVE-2026-1", Location: "app (debian 12)"},
		{Kind: Vulnerability, ID: "CVE-2026-2", Package: "zlib", Installed: "1.2", Location: "app (debian 12)"},
		{Kind: Vulnerability, Severity: Low, ID: "CVE-2026-4", Package: "debug", Installed: "3", Location: "srv/node_modules/debug/package.json"},
		{Kind: Misconfiguration, Severity: High, ID: "DS-0002", Title: "root user", URL: "https://example.com/ds002", Location: "Dockerfile", Resource: "stage 1"},
		{Kind: Secret, Severity: High, ID: "private-key", Title: "Private key", Location: "/etc/key.pem"},
		{Kind: Licence, Severity: High, ID: "GPL-3.0", Package: "lib", Title: "restricted", Location: "Java"},
	}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Error(diff)
	}
	suppressed := []Finding{
		{Kind: Vulnerability, Severity: Low, ID: "CVE-2026-3", Package: "curl", Installed: "8", Location: "app (debian 12)"},
		{Kind: Misconfiguration, Severity: Medium, ID: "DS-0001", Title: "latest tag", Location: "app (debian 12)"},
	}
	if diff := cmp.Diff(suppressed, r.Suppressed); diff != "" {
		t.Error(diff)
	}
}

func TestAquaImage(t *testing.T) {
	doc := readOne(t, "aqua-image.json", Options{})
	r := doc.Reports[0]
	artifact := Artifact{Type: "image", Name: "library/app:1.2", Host: "index.docker.io", Registry: "Docker Hub", Repository: "library/app", Tag: "1.2", Digest: "sha256:" + strings.Repeat("3", 64)}
	if diff := cmp.Diff(artifact, r.Artifact); diff != "" {
		t.Error(diff)
	}
	want := []Finding{
		{Kind: Vulnerability, Severity: High, ID: "CVE-2026-1", Package: "bash", Installed: "5", Fixed: "5.1", Title: "First sentence.", URL: "https://example.com/1", Location: "/bin/bash"},
		{Kind: Vulnerability, Severity: Negligible, ID: "CVE-2026-2", Package: "bash", Installed: "5", URL: "https://example.com/2", Location: "/bin/bash"},
		{Kind: Sensitive, ID: "/home/app/.ssh/id_rsa", Location: "/bin/bash"},
		{Kind: Sensitive, ID: "key", Location: "/k.pem"},
		{Kind: Vulnerability, Severity: Critical, ID: "CVE-2026-4", Package: "/usr/bin/tool", Installed: "1", Location: "/usr/bin/tool"},
		{Kind: Control, ID: "max_severity", Location: "Default"},
	}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Error(diff)
	}
	if len(r.Suppressed) != 1 || r.Suppressed[0].ID != "CVE-2026-3" || r.Summary != nil || r.Compliance != NonCompliant {
		t.Errorf("suppressed %v, summary %v, compliance %v", r.Suppressed, r.Summary, r.Compliance)
	}
	if diff := cmp.Diff([]string{"a@example.com", "b@example.com"}, r.Owners); diff != "" || len(doc.Warnings) != 1 {
		t.Error(diff, doc.Warnings)
	}
	if want := KindsOf(Vulnerability, Malware, Sensitive, Control); r.Covers != want {
		t.Errorf("covers %v", r.Covers.Names())
	}
}

func TestKubernetes(t *testing.T) {
	doc := readOne(t, "trivy-kubernetes.json", Options{})
	type row struct {
		Subject  string
		Findings int
		Covers   Kinds
		Raw      string
	}
	var got []row
	for _, r := range doc.Reports {
		got = append(got, row{r.Artifact.Subject(), len(r.Findings), r.Covers, string(r.Raw[:2]) + string(r.Raw[len(r.Raw)-1:])})
	}
	want := []row{
		{"kubernetes:shop/Deployment/web", 2, KindsOf(Vulnerability, Misconfiguration), `{"}`},
		{"kubernetes:Node/n1", 0, KindsOf(Misconfiguration), `{"}`},
		{"kubernetes:shop/Pod/p", 0, 0, `{"}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "Pod p could not be scanned") {
		t.Errorf("warnings %q", doc.Warnings)
	}
	old := readOne(t, "trivy-kubernetes-old.json", Options{})
	if len(old.Reports) != 1 || len(old.Reports[0].Findings) != 2 || old.Reports[0].Artifact.Subject() != "kubernetes:prod/shop/Deployment/web" {
		t.Errorf("old form: %+v", old.Reports)
	}
}

// TestWorkloadBytes holds when a workload's bytes are themselves one JSON value with the workload's name in it.
func TestWorkloadBytes(t *testing.T) {
	for _, r := range readOne(t, "trivy-kubernetes.json", Options{}).Reports {
		_, name, _ := strings.Cut(r.Artifact.Name, "/")
		if _, err := Canonical(r.Raw); err != nil || !strings.Contains(string(r.Raw), fmt.Sprintf(`"Name": %q`, name)) {
			t.Errorf("%s: %s: %v", r.Artifact.Name, r.Raw, err)
		}
	}
}

func TestOptions(t *testing.T) {
	if r := readOne(t, "trivy-image.json", Options{Covers: KindsOf(Malware)}).Reports[0]; !r.Covers.Has(Malware) || !r.Covers.Has(Secret) {
		t.Errorf("covers %v", r.Covers.Names())
	}
	if r := readOne(t, "trivy-image.json", Options{Covers: KindsOf(Malware), Partial: true}).Reports[0]; r.Covers != 0 {
		t.Errorf("partial: covers %v", r.Covers.Names())
	}
	if doc := readOne(t, "trivy-image.json", Options{Format: "generic"}); doc.Format != "generic" || doc.Reports[0].Findings != nil {
		t.Errorf("forced generic: %q", doc.Format)
	}
	if _, errs, _ := gather(t, Options{Format: "trivvy"}, "testdata/trivy-image.json"); len(errs) != 1 || !strings.Contains(errs[0].Error(), "one of auto, trivy") {
		t.Errorf("unknown format: %v", errs)
	}
}

// TestContradictions holds the words for documents that claim a format, and which oddities are no contradiction.
func TestContradictions(t *testing.T) {
	const aqua = `{"image":"a:1","resources":[]`
	for in, want := range map[string]string{
		`{"SchemaVersion":2,"Results":"none"}`:                                 `Results: expected an array, found a string`,
		`{"SchemaVersion":2,"Results":[{"Vulnerabilities":{}}]}`:               `Results[0].Vulnerabilities: expected an array, found an object`,
		`{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"Severity":7}]}]}`: `Results[0].Vulnerabilities[0].Severity: expected a string, found a number`,
		`{"image":null,"Image":1,"resources":[],"x":{"a":1,"a":2}}`:            `duplicate key "a": which one holds is not defined`,
		`{"image":true,"resources":[]}`:                                        `image: expected a string, found a boolean`,
		`{"image":"a","image_assurance_results":{"disallowed":"true"}}`:        `image_assurance_results.disallowed: expected a boolean, found a string`,
		`{"ClusterName":"","Resources":{}}`:                                    `Resources: expected an array, found an object`,
		`{"ClusterName":"","Resources":[{"Name":1}]}`:                          `Resources[0].Name: expected a string, found a number`,
		`{"a":01}`: `invalid JSON: invalid character '1' after object value (expecting ',' or '}')`,
		`{"SchemaVersion":2.0,"ArtifactName":"a","Results":null,"Metadata":null}`:              ``,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[null,{"Vulnerabilities":null}]}`:     ``,
		aqua + `,"vulnerability_summary":{"total":"x","critical":-1,"high":1e999,"low":null}}`: ``,
		aqua + `,"vulnerability_summary":[],"application_scope_owners":"me@example.com"}`:      ``,
		aqua + `,"application_scope_owners":{"a":1},"malware":7,"sensitive_data":[1,[],{}]}`:   ``,
	} {
		docs, errs, _ := gather(t, Options{Stdin: strings.NewReader(in)}, "-")
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
	for in, want := range map[string]Kinds{
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[]}`:                                                    0,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"os-pkgs"}]}`:                                 KindsOf(Vulnerability),
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"os-pkgs","Vulnerabilities":[{}]}]}`:          0,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"license-file"}]}`:                            KindsOf(Licence),
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Class":"custom"}]}`:                                  0,
		`{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Vulnerabilities":[],"Secrets":[]}]}`:                 KindsOf(Vulnerability, Secret),
		`{"image":"a","resources":null,"vulnerability_summary":{"critical":1}}`:                                  0,
		`{"image":"a","resources":[],"vulnerability_summary":{"critical":1}}`:                                    0,
		`{"image":"a","resources":[],"vulnerability_summary":{"critical":0,"malware":1,"sensitive":0}}`:          KindsOf(Vulnerability, Sensitive),
		`{"image":"a","image_assurance_results":{}}`:                                                             KindsOf(Control),
		`{"image":"a","resources":[{"resource":{"name":"p"},"vulnerabilities":[{"aqua_severity":"critical"}]}]}`: 0,
		`{"whatever":1}`: 0,
	} {
		docs, errs, _ := gather(t, Options{Stdin: strings.NewReader(in)}, "-")
		if len(docs) != 1 || docs[0].Reports[0].Covers != want {
			t.Errorf("%s: %v %v, want %v", in, docs, errs, want.Names())
		}
	}
}

func TestAquaSummary(t *testing.T) {
	in := `{"image":"a","vulnerability_summary":{"critical":1,"high":"2","total":5}}`
	docs, _, _ := gather(t, Options{Stdin: strings.NewReader(in)}, "-")
	want := [SeverityCount]int{Critical: 1, High: 2, Unknown: 2}
	if got := docs[0].Reports[0].Summary; got == nil || *got != want || docs[0].Reports[0].Compliance != Unsaid {
		t.Errorf("summary %v", got)
	}
}

func TestFirstSentence(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"One. Two.":              "One.",
		"Version 1.2 is bad":     "Version 1.2 is bad",
		"Line\nnext":             "Line",
		strings.Repeat("é", 200): strings.Repeat("é", 200),
		strings.Repeat("é", 201): strings.Repeat("é", 199) + "…",
	} {
		if got := FirstSentence(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestCheckID(t *testing.T) {
	for in, want := range map[string]string{
		"DS002": "DS-0002", "AVD-DS-0002": "DS-0002", "DS-0002": "DS-0002", "KSV020": "KSV-0020", "AVD-AWS-0086": "AWS-0086",
		"N/A": "N/A", "": "", "CVE-2024-1": "CVE-2024-1", "my-check-1": "my-check-1", "CIS12345": "CIS12345", "A1": "A1",
	} {
		if got := CheckID(in); got != want || CheckID(got) != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
