package aqua

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// one reads a scan of an image with these keys.
func one(t *testing.T, keys string) *scan.Report {
	t.Helper()
	docs, errs, _ := scantest.Text(t, options(), `{"image":"till/web:7",`+keys+`}`)
	if len(docs) != 1 {
		t.Fatal(keys, errs)
	}
	scantest.Check(t, docs[0])
	return &docs[0].Reports[0]
}

// TestCovers holds what proves the absence of findings, and what does not.
func TestCovers(t *testing.T) {
	const row = `"resources":[{"resource":{"name":"p"},"scanned":true,"vulnerabilities":[{"name":"CVE-2026-1"}]}]`
	vulnerabilities, malware, sensitive, controls := scan.CoverageOf(scan.Vulnerability), scan.CoverageOf(scan.Malware), scan.CoverageOf(scan.Sensitive), scan.CoverageOf(scan.Control)
	counted := func(total int) string {
		return fmt.Sprintf(`%s,"vulnerability_summary":{"total":%d,"malware":0,"sensitive":0}`, row, total)
	}
	for _, test := range []struct {
		in   string
		want scan.Coverage
	}{
		{`"resources":null,"vulnerability_summary":{"critical":1}`, 0},
		{`"resources":[],"vulnerability_summary":{"critical":1}`, 0},
		{`"resources":[],"vulnerability_summary":{"critical":0,"malware":1,"sensitive":0}`, vulnerabilities | sensitive},
		{`"image_assurance_results":{}`, controls},
		{`"resources":[{"resource":{"name":"p"},"vulnerabilities":[{"aqua_severity":"critical"}]}]`, 0},
		{row, vulnerabilities},
		{counted(1), vulnerabilities | malware | sensitive},
		{counted(0), vulnerabilities | malware | sensitive}, // without what the scanner calls negligible
		{counted(2), malware | sensitive},
		{row + `,"vulnerability_summary":{"high":1,"medium":1,"negligible":7}`, 0},
		{row + `,"vulnerability_summary":{"high":1,"negligible":7}`, vulnerabilities},
		{counted(1) + `,"partial_results":true,"image_assurance_results":{}`, 0},
		{counted(1) + `,"partial_results":null`, vulnerabilities | malware | sensitive},
		{counted(1) + `,"scan_options":{"scan_malware":true,"scan_sensitive_data":true}`, vulnerabilities | malware | sensitive},
		{counted(1) + `,"scan_options":{"scan_malware":false,"scan_sensitive_data":true}`, vulnerabilities | sensitive},
		{counted(1) + `,"scan_options":{"scan_malware":true}`, vulnerabilities | malware},
		{counted(1) + `,"scan_options":{"scan_files":true}`, vulnerabilities},
		{counted(1) + `,"scan_options":{}`, vulnerabilities | malware | sensitive},
		{counted(1) + `,"scan_options":null`, vulnerabilities | malware | sensitive},
		{`"resources":[{"scanned":false}]`, 0},
	} {
		if r := one(t, test.in); r.Covers != test.want || r.CoversIfChanged != 0 {
			t.Errorf("%s: covers %q, want %q", test.in, r.Covers.Names(), test.want.Names())
		}
	}
}

func TestUnscanned(t *testing.T) {
	r := one(t, `"resources":[{"resource":{"name":"a"},"scanned":true},{"resource":{"name":"b"},"scanned":false},{"resource":{"path":"/c"},"scanned":false},{"resource":{"name":"d"}}]`)
	if !slices.Equal(r.Unscanned, []string{"b", "/c"}) || r.Covers != scan.CoverageOf(scan.Vulnerability) {
		t.Errorf("%q, covers %q", r.Unscanned, r.Covers.Names())
	}
}

func TestClasses(t *testing.T) {
	for format, want := range map[string]scan.Class{`"deb"`: scan.OSPackage, `"apk"`: scan.OSPackage, `"rpm"`: scan.OSPackage, `"npm"`: scan.Library, `""`: scan.NoClass, `null`: scan.NoClass, `7`: scan.NoClass} {
		r := one(t, `"resources":[{"resource":{"name":"p","format":`+format+`},"vulnerabilities":[{"name":"CVE-2026-1"}]}]`)
		if r.Findings[0].Class != want {
			t.Errorf("%s: %v", format, r.Findings[0].Class)
		}
	}
}

func TestTimeAndPlatform(t *testing.T) {
	for in, want := range map[string]string{
		`"scan_started":{"seconds":1764057600,"nanos":5}`:        "2025-11-25T08:00:00.000000005Z",
		`"scan_started":"2025-11-25T09:00:00+01:00"`:             "2025-11-25T08:00:00Z",
		`"scan_started":{}`:                                      "",
		`"scan_started":{"seconds":-1}`:                          "",
		`"scan_started":17,"scanned_image_platform":":::"`:       "",
		`"scan_started":"soon","scanned_image_platform":"amd64"`: " amd64",
		`"scanned_image_platform":"amd64::linux:"`:               " linux/amd64",
		`"scanned_image_platform":"arm:v7:linux:"`:               " linux/arm/v7",
		`"scanned_image_platform":{"os":"linux"}`:                "",
	} {
		r := one(t, `"resources":[],`+in)
		got := ""
		if !r.Time.IsZero() {
			got = r.Time.UTC().Format(time.RFC3339Nano)
		}
		if r.Variant != "" {
			got += " " + r.Variant
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// TestCountsBesideControls holds that a failed control does not replace the scanner's counts.
func TestCountsBesideControls(t *testing.T) {
	r := one(t, `"resources":null,"vulnerability_summary":{"total":9,"high":4,"low":5},"image_assurance_results":{"disallowed":true,"checks_performed":[{"control":"max_score","failed":true}]}`)
	if r.Summary == nil || r.Summary[scan.High] != 4 || r.Summary[scan.Low] != 5 || len(r.Findings) != 1 || r.Findings[0].Kind != scan.Control {
		t.Errorf("summary %v, findings %v", r.Summary, r.Findings)
	}
}

// TestList holds that each scan of a list is a report, with its own bytes, and that a missing one is an error.
func TestList(t *testing.T) {
	const first = `{"image":"till/web:7","resources":[{"resource":{"name":"p","version":"1"},"vulnerabilities":[{"name":"CVE-2026-1"}]}]}`
	const second = `{"vulnerability_summary":{"total":0}}`
	o := options()
	o.Components = true
	docs, errs, _ := scantest.Text(t, o, `[{"image_name":"till/web:7","results":`+first+`}, {"image_name":"till/stock:2","results": `+second+`}]`)
	if len(docs) != 1 {
		t.Fatal(errs)
	}
	scantest.Check(t, docs[0])
	r := docs[0].Reports
	if len(r) != 2 || string(r[0].Raw) != first || string(r[1].Raw) != second || len(r[0].Findings) != 1 || len(r[0].Components) != 1 {
		t.Fatalf("%+v", r)
	}
	if r[0].Artifact.Subject() != "docker.io/till/web:7" || r[1].Artifact.Subject() != "docker.io/till/stock:2" {
		t.Errorf("%q, %q", r[0].Artifact.Subject(), r[1].Artifact.Subject())
	}
	for _, missing := range []string{`null`, `{}`, `{"error":"no such image"}`} {
		docs, errs, _ := scantest.Text(t, options(), `[{"image_name":"till/web:7","results":`+first+`},{"image_name":"till/stock:2","results":`+missing+`}]`)
		if len(docs) != 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), `[1].results: no scan of "till/stock:2"`) {
			t.Errorf("%s: %d documents, %v", missing, len(docs), errs)
		}
	}
}

// TestByID holds that an image that was scanned by its ID goes by the name that it was pulled by.
func TestByID(t *testing.T) {
	id := strings.Repeat("5d", 32)
	for in, want := range map[string]string{
		`{"image":"sha256:` + id + `","pull_name":"registry.test/till/web:7","resources":[]}`:                     "registry.test/till/web:7",
		`{"image":"5d5d5d","image_id":"sha256:` + id + `","pull_name":"registry.test/till/web:7","resources":[]}`: "registry.test/till/web:7",
		`{"image":"sha256:` + id + `","resources":[]}`:                                                            "sha256:" + id,
	} {
		docs, errs, _ := scantest.Text(t, options(), in)
		if len(docs) != 1 || docs[0].Reports[0].Artifact.Subject() != want {
			t.Errorf("%s: %v", in, errs)
		}
	}
}
