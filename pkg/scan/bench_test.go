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

func BenchmarkFramer(b *testing.B) {
	raw := sampleDocument(2000)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		f := newFramer(bytes.NewReader(raw), int64(len(raw)), 0, nil)
		if fr, ok := f.next(); !ok || fr.err != nil {
			b.Fatal(fr.err)
		}
	}
}

func BenchmarkValueScan(b *testing.B) {
	raw := sampleDocument(2000)
	b.SetBytes(int64(len(raw)))
	v := new(valueScan)
	for b.Loop() {
		v.reset()
		if _, out := v.run(raw, 0); out != complete {
			b.Fatal(v.err)
		}
	}
}
