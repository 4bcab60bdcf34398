package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// benchDocument is a Trivy report of n findings with the descriptions and references that real ones have: 58 are 50 KB.
func benchDocument(image, n int) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `{"SchemaVersion":2,"CreatedAt":"2026-11-22T10:00:00Z","ArtifactName":"registry.example.com/team%d/app%d:1","ArtifactType":"container_image",`+
		`"Metadata":{"OS":{"Family":"debian","Name":"12"},"ImageID":"sha256:%064x"},"Results":[{"Target":"app (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[`, image%40, image, image)
	severities := [...]string{"CRITICAL", "HIGH", "MEDIUM", "LOW", "MEDIUM"}
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		// Images share most of their packages, as real ones do: 1,500 findings in 500 packages among all images.
		id := (image*7 + i) % 1500
		pkg := id % 500
		fmt.Fprintf(&out, `{"VulnerabilityID":"CVE-2025-%d","PkgID":"package-%d@1.%d","PkgName":"package-%d","PkgIdentifier":{"PURL":"pkg:deb/debian/package-%d@1.%d?arch=amd64"},`+
			`"InstalledVersion":"1.%d-2+deb12u1","FixedVersion":"1.%d-2+deb12u3","Status":"fixed","SeveritySource":"debian","PrimaryURL":"https://avd.aquasec.com/nvd/cve-2025-%d",`+
			`"Title":"package-%d: out-of-bounds write while parsing input","Description":"%s","Severity":"%s","References":["https://nvd.nist.gov/vuln/detail/CVE-2025-%d","https://www.cve.org/CVERecord?id=CVE-2025-%d"],`+
			`"PublishedDate":"2025-10-01T00:00:00Z","LastModifiedDate":"2025-11-01T00:00:00Z"}`,
			id, pkg, pkg, pkg, pkg, pkg, pkg, pkg, id, pkg, strings.Repeat("An attacker who controls the input can write beyond the buffer. ", 4), severities[i%5], id, id)
	}
	out.WriteString(`]}]}`)
	return out.Bytes()
}

// median sorts and takes the middle.
func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
