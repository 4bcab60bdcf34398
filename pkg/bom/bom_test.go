package bom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// item is a vulnerability in openssl.
func item(f scan.Finding) dedup.Item { return dedup.Item{Finding: &f} }

// image is a scan of an image with a bit of everything.
func image() *message.Section {
	return &message.Section{
		Subject: "registry.example.com/team/App:1.4", Scanner: "trivy", Scanned: time.Date(2026, 11, 22, 9, 58, 0, 5, time.UTC),
		Artifact: scan.Artifact{
			Type: "image", Name: "registry.example.com/team/App:1.4", Host: "registry.example.com", Repository: "team/App", Tag: "1.4",
			Digest: "sha256:" + strings.Repeat("a1", 32),
		},
		Components: []scan.Component{
			{Name: "openssl", Version: "3.0.1", PURL: "pkg:deb/debian/openssl@3.0.1?arch=amd64", Type: "os", Licences: []string{"Apache-2.0", "OpenSSL"}},
			{Name: "openssl", Version: "3.0.1", PURL: "pkg:npm/<openssl>", Type: "npm", Path: "a/package-lock.json"},
			{Name: "@babel/core", Version: "7.0.0", PURL: "pkg:npm/%40babel/core@7.0.0", Type: "npm", Licences: []string{"MIT OR Apache-2.0"}, Path: "a/package-lock.json"},
			{Name: "@babel/core", Version: "7.0.0", PURL: "pkg:npm/%40babel/core@7.0.0", Type: "npm", Licences: []string{"MIT"}, Path: "b/package-lock.json"},
			{Name: "/usr/local/bin/node", Version: "10.18.0", Path: "/usr/local/bin/node", Licences: []string{"Node's own"}},
			{Name: "tls", Version: "1", PURL: "pkg:npm/tls@1", Type: "npm"}, {Name: "tls", Version: "1", PURL: "pkg:npm/tls@1", Type: "other"}, {},
		},
		Delta: dedup.Delta{New: []dedup.Item{item(scan.Finding{ID: "CVE-2026-0009", Package: "told"})}},
		Open: []dedup.Item{
			item(scan.Finding{ID: "CVE-2026-0002", Severity: scan.Low, Package: "@babel/core", Installed: "7.0.0", URL: "javascript:alert(1)"}),
			item(scan.Finding{
				ID: "CVE-2026-0001", Severity: scan.High, Class: scan.OSPackage, Package: "openssl", Installed: "3.0.1", Fixed: "3.0.2",
				Title: "A buffer\x00 that is \xff too small", URL: "https://example.com/a b?c=<d>#e", Aliases: []string{"GHSA-1", "CVE-2026-0001", "", "odd"},
			}),
			item(scan.Finding{ID: "CVE-2026-0001", Severity: scan.Critical, Class: scan.Library, Package: "openssl", Installed: "3.0.1", Fixed: "4"}),
			item(scan.Finding{ID: "DLA-1", Severity: scan.Negligible, Class: scan.OSPackage, Package: "unlisted", Installed: "1", Fixed: "2"}),
			item(scan.Finding{ID: "CVE-2026-0003"}),
			item(scan.Finding{Package: "nameless"}),
			item(scan.Finding{Kind: scan.Secret, ID: "aws-key"}),
		},
	}
}

// TestGolden compares with the golden documents, which are laid out for people.
func TestGolden(t *testing.T) {
	repository := &message.Section{Subject: "example.com/team/app", Artifact: scan.Artifact{Type: "repository", Namespace: "example.com/team/app"}}
	for name, s := range map[string]*message.Section{"image": image(), "nothing": {}, "repository": repository} {
		p, err := CycloneDX(s)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, p, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		file := filepath.Join("testdata", name+".json")
		if os.Getenv("POSTEE_UPDATE") != "" {
			if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v: write the golden documents with POSTEE_UPDATE=1", err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if Empty(s) != (name != "image") {
			t.Errorf("%s: empty %v", name, Empty(s))
		}
	}
}

// document is what must hold in every document.
type document struct {
	SerialNumber string
	Metadata     struct {
		Component component
	}
	Components      []component
	Vulnerabilities []struct {
		ID      string
		Affects []struct {
			Ref      string
			Versions []struct{ Version string }
		}
	}
}

type component struct {
	BOMRef  string `json:"bom-ref"`
	Name    string
	Version string
	PURL    string
}

var uuid = regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// check makes the document of a section twice, and returns it: references are unique, none leads nowhere, package URLs are some.
func check(t *testing.T, s *message.Section) document {
	t.Helper()
	p, err := CycloneDX(s)
	again, failed := CycloneDX(s)
	if err != nil || failed != nil || !bytes.Equal(p, again) {
		t.Fatalf("%v, %v; the same again: %v", err, failed, bytes.Equal(p, again))
	}
	var d document
	if err := json.Unmarshal(p, &d); err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	if !uuid.MatchString(d.SerialNumber) {
		t.Errorf("serial number %q", d.SerialNumber)
	}
	refs := make(map[string]bool)
	for _, c := range append(d.Components, d.Metadata.Component) {
		if c.Name == "" || c.BOMRef == "" || refs[c.BOMRef] || c.PURL != "" && !scan.IsPackageURL(c.PURL) || len([]rune(c.Version)) > maxVersion {
			t.Errorf("component %+v", c)
		}
		refs[c.BOMRef] = true
	}
	ids := make(map[string]bool)
	for _, v := range d.Vulnerabilities {
		if v.ID == "" || ids[v.ID] || len(v.Affects) == 0 {
			t.Errorf("vulnerability %+v", v)
		}
		ids[v.ID] = true
		for _, a := range v.Affects {
			if !refs[a.Ref] {
				t.Errorf("%s affects %q, which is not there", v.ID, a.Ref)
			}
		}
	}
	return d
}

// TestStored: a section that waited on disk makes the same document, and another content another serial number.
func TestStored(t *testing.T) {
	s := image()
	p, _ := message.Encode(&message.Message{Sections: []message.Section{*s}})
	back, err := message.Decode(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(check(t, s), check(t, &back.Sections[0])); diff != "" {
		t.Error(diff)
	}
	other := image()
	other.Open = other.Open[1:]
	if a, b := check(t, s).SerialNumber, check(t, other).SerialNumber; a == b {
		t.Errorf("two contents have the serial number %s", a)
	}
}

// TestAllIsThere: each package and each vulnerability of a large scan is there once.
func TestAllIsThere(t *testing.T) {
	s := &message.Section{Subject: "app:1"}
	for n := range 1500 {
		name := fmt.Sprintf("package-%d", n/3)
		s.Components = append(s.Components, scan.Component{Name: name, Version: "1", Type: "npm", Path: fmt.Sprint(n)})
		s.Open = append(s.Open, item(scan.Finding{ID: fmt.Sprintf("CVE-2026-%d", n), Package: name, Installed: "1"}))
	}
	d := check(t, s)
	if len(d.Components) != 500 || len(d.Vulnerabilities) != 1500 {
		t.Errorf("%d components, %d vulnerabilities", len(d.Components), len(d.Vulnerabilities))
	}
}

// TestFlood: a great many of one kind are no more than that.
func TestFlood(t *testing.T) {
	const many = 3000
	s := &message.Section{Subject: "app:1"}
	for n := range many {
		name := fmt.Sprint(n)
		s.Components = append(s.Components,
			scan.Component{Name: "one", Version: "1", Path: name}, scan.Component{Name: name, PURL: "pkg:npm/one@1", Licences: []string{name}})
		s.Open = append(s.Open, item(scan.Finding{ID: "CVE-2026-1", Package: name, Fixed: name, URL: "https://example.com/" + name, Aliases: []string{name}}))
	}
	for n := range many {
		s.Components = append(s.Components, scan.Component{Name: "namesake", PURL: fmt.Sprintf("pkg:npm/namesake@%d", n)})
		if n < 100 {
			s.Open = append(s.Open, item(scan.Finding{ID: fmt.Sprintf("CVE-2025-%d", n), Package: "namesake"}))
		}
	}
	d := check(t, s)
	first, last := d.Vulnerabilities[0], d.Vulnerabilities[len(d.Vulnerabilities)-1]
	if len(d.Components) != 2*many+1 || len(d.Vulnerabilities) != 101 || len(first.Affects) != maxNamesakes || len(last.Affects) != many {
		t.Errorf("%d components, %d vulnerabilities, of %d and %d components", len(d.Components), len(d.Vulnerabilities), len(first.Affects), len(last.Affects))
	}
}

func TestLicences(t *testing.T) {
	if !slices.IsSorted(licenceIDs()) {
		t.Error("the table is not sorted")
	}
	for spelt, want := range map[string]bool{
		"MIT OR Apache-2.0": true, "(MIT AND GPL-2.0-only) OR ISC": true, "GPL-2.0-only WITH Classpath-exception-2.0": true, "GPL-2.0+ OR MIT": true,
		"MIT": false, "": false, "MIT OR": false, "OR MIT": false, "(MIT OR ISC": false, "MIT OR ISC)": false, "() OR MIT": false, "MIT ISC": false,
		"MIT OR theirs": false, "MIT WITH pleasure": false, "Classpath-exception-2.0 OR MIT": false,
	} {
		if got := isExpression(spelt); got != want {
			t.Errorf("%q: %v", spelt, got)
		}
	}
}

func TestLinks(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.com/CVE-1": "https://example.com/CVE-1", "http://e.com/a b?c=<d>": "http://e.com/a%20b?c=%3Cd%3E", "https://e.com/?a=%": "https://e.com/?a=%25",
		"": "", "javascript:alert(1)": "", "//e.com": "", "https://": "", "https://user:pass@e.com": "", "ftp://e.com": "", "https://e com/": "",
	} {
		if got := link(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// FuzzCycloneDX: whatever the texts are, there is a document, the same each time, in which every reference leads somewhere.
func FuzzCycloneDX(f *testing.F) {
	f.Add("openssl", "3.0.1", "pkg:deb/debian/openssl@3.0.1", "os", "MIT", "CVE-2026-1", "https://example.com", uint8(3))
	f.Add("urn:cdx:a", "\x00\xff", "pkg:npm/<", "npm", "(MIT", "", "https://%zz", uint8(9))
	f.Fuzz(func(t *testing.T, name, version, purl, kind, licence, id, address string, n uint8) {
		s := &message.Section{Subject: name, Scanner: kind, Artifact: scan.ImageArtifact(name + ":" + version)}
		s.Artifact.Digest = purl
		for i := range int(n) {
			c := scan.Component{Name: name, Version: version, PURL: purl, Type: kind, Licences: []string{licence, id}, Path: address}
			if i%3 == 1 {
				c.PURL, c.Type = c.PURL+strings.Repeat("a", i), ""
			}
			s.Components = append(s.Components, c)
			s.Open = append(s.Open, item(scan.Finding{
				ID: id + strings.Repeat("1", i%2), Package: name[:len(name)*i/int(n)], Installed: version, Severity: scan.Severity(i % scan.SeverityCount),
				Class: scan.Class(i % int(scan.ClassCount)), URL: address, Aliases: []string{purl, licence}, Fixed: version, Title: licence,
			}))
		}
		check(t, s)
	})
}

func BenchmarkCycloneDX(b *testing.B) {
	s := image()
	for n := range 1500 {
		s.Components = append(s.Components, scan.Component{Name: fmt.Sprintf("package-%d", n), Version: "1", Type: "npm"})
		s.Open = append(s.Open, item(scan.Finding{ID: fmt.Sprintf("CVE-2026-%d", n), Package: fmt.Sprintf("package-%d", n), Installed: "1", Fixed: "2"}))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CycloneDX(s); err != nil {
			b.Fatal(err)
		}
	}
}
