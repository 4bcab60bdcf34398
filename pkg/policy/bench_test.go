package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// report makes a document of about 50 KB in the shape of a vulnerability report.
func report() []byte {
	var b strings.Builder
	b.WriteString(`{"SchemaVersion":2,"ArtifactName":"registry.example.com/team/app:1.2","Results":[{"Target":"app","Class":"os-pkgs","Vulnerabilities":[`)
	for i := range 160 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"VulnerabilityID":"CVE-2024-%d","PkgName":"package-%d","InstalledVersion":"1.%d.0","FixedVersion":"1.%d.1",`+
			`"Severity":%q,"Title":"something overflows in package %d","PrimaryURL":"https://avd.example.com/nvd/cve-2024-%d",`+
			`"Layer":{"DiffID":"sha256:0123456789abcdef"},"CVSS":{"nvd":{"V3Score":%d.%d}}}`,
			i, i%40, i, i, []string{"LOW", "HIGH", "MEDIUM", "CRITICAL"}[i%4], i, i, i%10, i%7)
	}
	b.WriteString(`]}]}`)
	return []byte(b.String())
}

// demanding are conditions of which the last fails, so that every finding is looked at.
const demanding = `
startswith(input.ArtifactName, "registry.example.com/")
input.postee.known == 3
v := input.Results[_].Vulnerabilities[_]
v.Severity == "CRITICAL"
v.FixedVersion == "none of these"`

func BenchmarkAllow(b *testing.B) {
	raw := report()
	for _, n := range []int{0, 1, 20} {
		var policies []*Policy
		var needs *Needs
		for range n {
			p, err := CompileSource(b.Context(), "p", demanding, Options{})
			if err != nil {
				b.Fatal(err)
			}
			policies, needs = append(policies, p), needs.And(p.Needs())
		}
		b.Run(fmt.Sprintf("policies=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				in := laid(NewInput(raw, needs), view{Known: 3})
				for _, p := range policies {
					if ok, err := p.Allow(b.Context(), in); ok || err != nil {
						b.Fatal(ok, err)
					}
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	raw := report()
	for _, c := range []struct{ what, condition string }{
		{"everything", "input != 1"}, {"severities", `input.Results[_].Vulnerabilities[_].Severity == "CRITICAL"`}, {"a name", `input.ArtifactName == "app"`},
	} {
		p, err := CompileSource(b.Context(), "p", c.condition, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.what, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := NewInput(raw, p.Needs()).value(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{1, 20} {
		dir := b.TempDir()
		for i := range n {
			text := fmt.Sprintf("package postee\ndefault allow = false\nallow {\n  contains(input.image, \"alpine-%d\")\n}\n", i)
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("p%d.rego", i)), []byte(text), 0o600); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(fmt.Sprintf("files=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(b.Context(), []string{dir}, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
