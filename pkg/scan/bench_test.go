package scan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// sampleDocument writes a document with n rows, indented as scanners do it.
func sampleDocument(n int) []byte {
	var b bytes.Buffer
	b.WriteString("{\n  \"SchemaVersion\": 2,\n  \"ArtifactName\": \"registry.example.com/team/app:1.2\",\n  \"ArtifactType\": \"container_image\",\n  \"Results\": [\n    {\n      \"Target\": \"app (debian 12)\",\n      \"Class\": \"os-pkgs\",\n      \"Vulnerabilities\": [")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n        {\n          \"VulnerabilityID\": \"CVE-2024-%d\",\n          \"PkgName\": \"package-%d\",\n          \"InstalledVersion\": \"1.%d.0\",\n          \"FixedVersion\": \"2.0\",\n          \"Layer\": {\n            \"DiffID\": \"sha256:%064d\"\n          },\n          \"Severity\": \"HIGH\",\n          \"PrimaryURL\": \"https://avd.aquasec.com/nvd/cve-2024-%d\",\n          \"Title\": \"package-%d: a flaw\",\n          \"Description\": \"%s\",\n          \"CVSS\": {\n            \"nvd\": {\n              \"V3Score\": 7.5\n            }\n          }\n        }", i, i, i, i, i, i, strings.Repeat("lorem \\\"ipsum\\\" dolor sit amet, ", 12))
	}
	b.WriteString("\n      ]\n    }\n  ]\n}\n")
	return b.Bytes()
}

// sampleLine writes a document with n rows of short strings, on one line.
func sampleLine(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"image": "team/app:1", "resources": [{"resource": {"name": "package", "version": "1.0"}, "vulnerabilities": [`)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"name": "CVE-2099-%04d", "aqua_severity": "high", "description": "text of CVE-2099-%[1]d", "score": 7.5, "nvd_url": "https://nvd.example/CVE", "fix_version": "2.0"}`, i)
	}
	b.WriteString("]}]}\n")
	return b.Bytes()
}

// samples are documents of a megabyte or more.
var samples = map[string][]byte{"indented": sampleDocument(2000), "line": sampleLine(10_000)}

// BenchmarkFramer frames streams of 16 MB: of large documents, and of lines of 52 kB.
func BenchmarkFramer(b *testing.B) {
	streams := map[string][]byte{"lines": sampleLine(310)}
	for name, raw := range samples {
		streams[name] = raw
	}
	for name, raw := range streams {
		b.Run(name, func(b *testing.B) {
			stream := bytes.Repeat(raw, 16<<20/len(raw))
			b.SetBytes(int64(len(stream)))
			for b.Loop() {
				f := newFramer(bytes.NewReader(stream), int64(len(stream)), 0, nil)
				n := 0
				for fr, ok := f.next(); ok; fr, ok = f.next() {
					if n++; fr.err != nil {
						b.Fatal(fr.err)
					}
				}
				if n != 16<<20/len(raw) {
					b.Fatalf("%d documents", n)
				}
			}
		})
	}
}

func BenchmarkValueScan(b *testing.B) {
	for name, raw := range samples {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			v := new(valueScan)
			for b.Loop() {
				v.reset()
				if _, out := v.run(raw, 0); out != complete {
					b.Fatal(v.err)
				}
			}
		})
	}
}

func BenchmarkTokens(b *testing.B) {
	for name, raw := range samples {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if !ReadTokens(&Document{Raw: raw}, func(t *Tokens) { t.Skip() }) {
					b.Fatal("given up")
				}
			}
		})
	}
}
