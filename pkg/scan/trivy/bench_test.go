package trivy

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/scan"
)

// identifierText is what recent versions of Trivy write about a package.
const identifierText = "\n          \"PkgIdentifier\": {\n            \"PURL\": \"pkg:deb/debian/package-%d@1.%d.0?arch=amd64\\u0026distro=debian-12.5\",\n            \"UID\": \"%016x\"\n          },"

// sample writes a Trivy report with n vulnerabilities, indented as Trivy does, with package URLs or, as old versions, without.
func sample(n int, purls bool) []byte {
	var b bytes.Buffer
	b.WriteString("{\n  \"SchemaVersion\": 2,\n  \"ArtifactName\": \"registry.example.com/team/app:1.2\",\n  \"ArtifactType\": \"container_image\",\n  \"Results\": [\n    {\n      \"Target\": \"app (debian 12)\",\n      \"Class\": \"os-pkgs\",\n      \"Vulnerabilities\": [")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		id := ""
		if purls {
			id = fmt.Sprintf(identifierText, i, i, i)
		}
		fmt.Fprintf(&b, "\n        {\n          \"VulnerabilityID\": \"CVE-2024-%d\",\n          \"PkgName\": \"package-%d\",%s\n          \"InstalledVersion\": \"1.%d.0\",\n          \"FixedVersion\": \"2.0\",\n          \"Layer\": {\n            \"DiffID\": \"sha256:%064d\"\n          },\n          \"Severity\": \"HIGH\",\n          \"PrimaryURL\": \"https://avd.aquasec.com/nvd/cve-2024-%d\",\n          \"Title\": \"package-%d: a flaw\",\n          \"Description\": \"%s\",\n          \"CVSS\": {\n            \"nvd\": {\n              \"V3Score\": 7.5\n            }\n          }\n        }", i, i, id, i, i, i, i, strings.Repeat("lorem \\\"ipsum\\\" dolor sit amet, ", 12))
	}
	b.WriteString("\n      ]\n    }\n  ]\n}\n")
	return b.Bytes()
}

func BenchmarkDecodeOnly(b *testing.B)  { benchmarkDecode(b, sample(2000, false)) }
func BenchmarkDecodePURLs(b *testing.B) { benchmarkDecode(b, sample(2000, true)) }

func benchmarkDecode(b *testing.B, raw []byte) {
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		var v report
		if err := json.Unmarshal(raw, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadOne(b *testing.B)      { benchmarkRead(b, sample(2000, false), 1) }
func BenchmarkReadMany(b *testing.B)     { benchmarkRead(b, sample(3, false), 1000) }
func BenchmarkReadPackages(b *testing.B) { benchmarkRead(b, withPackages(sample(100, true), 400), 20) }

// withPackages lists n packages in a report, as Trivy does since 0.67.
func withPackages(report []byte, n int) []byte {
	var b bytes.Buffer
	b.WriteString("\n      \"Packages\": [")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n        {\n          \"ID\": \"package-%d@1.%d.0-2\",\n          \"Name\": \"package-%d\",\n          \"Identifier\": {\n            \"PURL\": \"pkg:deb/debian/package-%d@1.%d.0-2?arch=amd64\",\n            \"UID\": \"%016x\"\n          },\n          \"Version\": \"1.%d.0\",\n          \"Release\": \"2\",\n          \"Arch\": \"amd64\",\n          \"SrcName\": \"source-%d\",\n          \"SrcVersion\": \"1.%d.0\",\n          \"Licenses\": [\n            \"GPL-2.0-only\"\n          ],\n          \"Maintainer\": \"Example <a@example.com>\",\n          \"Layer\": {\n            \"DiffID\": \"sha256:%064d\"\n          },\n          \"AnalyzedBy\": \"dpkg\"\n        }", i, i, i, i, i, i, i, i, i, i)
	}
	b.WriteString("\n      ],\n      \"Vulnerabilities\"")
	return bytes.Replace(report, []byte("\"Vulnerabilities\""), b.Bytes(), 1)
}

func benchmarkRead(b *testing.B, raw []byte, times int) {
	all := bytes.Repeat(raw, times)
	b.SetBytes(int64(len(all)))
	for b.Loop() {
		n := 0
		for item := range scan.Read(b.Context(), []string{"-"}, scan.Options{Stdin: bytes.NewReader(all), Formats: options().Formats}) {
			if item.Doc == nil {
				b.Fatal(item.Err, item.Warning)
			}
			n++
			item.Release()
		}
		if n != times {
			b.Fatalf("%d documents instead of %d", n, times)
		}
	}
}

// TestMemoryBounded reads much more than may be in memory.
func TestMemoryBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100 MB")
	}
	raw := sample(200, true)
	in := io.MultiReader()
	for range 100 << 20 / len(raw) {
		in = io.MultiReader(in, bytes.NewReader(raw))
	}
	var peak, n uint64
	for item := range scan.Read(t.Context(), []string{"-"}, scan.Options{Stdin: in, Formats: options().Formats}) {
		if n++; n%100 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
		item.Release()
	}
	if peak > 64<<20 {
		t.Errorf("heap grew to %d MiB", peak>>20)
	}
}
