package formats

import (
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/scantest"
)

// TestCorpusLive holds what documents of today's Trivy are about and what they prove, each beside the scans that it must not be
// confused with.
func TestCorpusLive(t *testing.T) {
	dir := filepath.Join(corpus(t), "live", "trivy")
	system, library := scan.CoverageOfClass(scan.OSPackage), scan.CoverageOfClass(scan.Library)
	secrets, checks, licences := scan.CoverageOf(scan.Secret), scan.CoverageOf(scan.Misconfiguration), scan.CoverageOf(scan.Licence)
	const cart, amd64 = "registry.example.com/shop/cart:2.4", "linux/amd64"
	for file, want := range map[string]struct {
		subject, variant  string
		covers, ifChanged scan.Coverage
	}{
		"image-day1.json":                {cart, amd64, system | library | secrets, 0},
		"image-day2.json":                {cart, amd64, system | library, 0},
		"image-archive-noext.json":       {cart, amd64, system | library | secrets, 0},
		"image-secret-only.json":         {cart, amd64, secrets, 0},
		"image-licence-only.json":        {cart, amd64, licences, 0},
		"image-misconfig-build1001.json": {cart, amd64, checks, 0},
		"image-misconfig-build1002.json": {cart, amd64, checks, 0},
		"image-pkgtypes-os.json":         {cart, amd64, system | secrets, 0},
		"image-pkgtypes-library.json":    {cart, amd64, library | secrets, 0},
		"image-suppressed-shown.json":    {cart, amd64, system | library | secrets, 0},
		"image-suppressed-hidden.json":   {cart, amd64, system | library | secrets, 0},
		"sbom-of-image.json":             {cart, "", system | library, 0},
		"cosign-vuln.json":               {cart, amd64, library, 0},
		"repo-absolute.json":             {"git.example.com/shop/mono", "branch main", library, 0},
		"fs-dot-web.json":                {".", "", library, 0},
		"fs-dot-api.json":                {".", "", library | secrets, 0},
		"config-manifest-1.json":         {".", "", checks, 0},
		"k8s-all.json":                   {"kubernetes:prod-eu/mini/Deployment/cart", "", system | library | secrets, 0},
		"k8s-summary.json":               {"kubernetes:prod-eu/mini/Deployment/cart", "", system | library | secrets, 0},
		"k8s-secret-only.json":           {"kubernetes:prod-eu/mini/Deployment/cart", "", secrets, 0},
	} {
		r := scantest.One(t, options(), filepath.Join(dir, file)).Reports[0]
		if r.Artifact.Subject() != want.subject || r.Variant != want.variant || r.Covers != want.covers || r.CoversIfChanged != want.ifChanged {
			t.Errorf("%s: %q, variant %q, covers %q, if changed %q", file, r.Artifact.Subject(), r.Variant, r.Covers.Names(), r.CoversIfChanged.Names())
		}
		if r.Artifact.Type != "kubernetes" && r.Time.IsZero() {
			t.Errorf("%s has no time", file)
		}
	}
	for _, pair := range [][2]string{{"image-misconfig-build1001.json", "image-misconfig-build1002.json"}, {"k8s-all.json", "k8s-summary.json"}} {
		a, b := scantest.One(t, options(), filepath.Join(dir, pair[0])).Reports[0], scantest.One(t, options(), filepath.Join(dir, pair[1])).Reports[0]
		if len(a.Findings) == 0 || len(a.Findings) != len(b.Findings) {
			t.Fatalf("%q: %d and %d findings", pair, len(a.Findings), len(b.Findings))
		}
		for i := range a.Findings {
			if x, y := a.Findings[i], b.Findings[i]; x.ID != y.ID || x.Location != y.Location || x.Lines != y.Lines || x.Package != y.Package {
				t.Errorf("%q: %+v and %+v", pair, x, y)
			}
		}
	}
	day := scantest.One(t, options(), filepath.Join(dir, "image-day1.json")).Reports[0]
	if secret := scantest.One(t, options(), filepath.Join(dir, "image-secret-only.json")).Reports[0]; secret.Packages != day.Packages || day.Packages[scan.OSPackage] == 0 || day.Packages[scan.Library] == 0 {
		t.Errorf("the packages of one image differ: %v, %v", day.Packages, secret.Packages)
	}
}
