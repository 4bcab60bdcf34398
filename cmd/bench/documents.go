package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// documents writes scans. All that they hold follows from the seed and the number of a document, in whatever order they are written.
type documents struct {
	seed uint64
}

// variant is what a document has beside the first scan of the same image.
type variant int

const (
	firstScan variant = iota
	// oneNew has one finding in place of another.
	oneNew
	// laterStamps has other times and dates, and the same findings.
	laterStamps
)

const (
	// packagePool is how many packages there are among all images, which share them as images that are built from each other do.
	packagePool = 500
	// aquaPerPackage and trivyPerPackage are how many findings a package has.
	aquaPerPackage  = 3
	trivyPerPackage = 6
)

// choose returns some packages of the pool, which are an image's.
func (d documents) choose(number, packages int) []int {
	return rand.New(rand.NewPCG(d.seed, uint64(number))).Perm(packagePool)[:packages]
}

// aqua writes an image scan of so many packages with three findings each, some 740 bytes each, on one line.
func (d documents) aqua(w io.Writer, number, packages int, v variant) {
	day := 1
	if v == laterStamps {
		day = 2
	}
	digest := rand.New(rand.NewPCG(^d.seed, uint64(number)))
	fmt.Fprintf(w, `{"image": "team%d/app%d:1", "registry": "Docker Hub", "digest": "sha256:%016x%016x%016x%016x", "scan_started": {"seconds": %d, "nanos": 0}, "resources": [`,
		number%40, number, digest.Uint64(), digest.Uint64(), digest.Uint64(), digest.Uint64(), 1_780_000_000+86_400*day)
	for i, name := range d.choose(number, packages) {
		separator := ""
		if i > 0 {
			separator = ", "
		}
		fmt.Fprintf(w, `%s{"resource": {"name": "package-%03d", "version": "1.0-%d"}, "vulnerabilities": [`, separator, name, name%9)
		for k, severity := range [aquaPerPackage]string{"critical", "high", "medium"} {
			id := fmt.Sprintf("CVE-2025-%05d", 10_000+name*aquaPerPackage+k)
			if v == oneNew && i == 0 && k == 0 {
				id = fmt.Sprintf("CVE-2026-%05d", 10_000+number%packagePool)
			}
			separator = ""
			if k > 0 {
				separator = ", "
			}
			fmt.Fprintf(w, `%s{"name": %q, "aqua_severity": %q, "description": "buffer overflow", "nvd_url": "https://nvd.test/%[2]s", `+
				`"vendor_url": "https://v.test", "publish_date": "2026-05-%02[4]d", "fix_version": "2.0"}`, separator, id, severity, day)
		}
		fmt.Fprintf(w, "]}")
	}
	fmt.Fprintf(w, `], "vulnerability_summary": {"total": %d, "critical": %d, "high": %[2]d, "medium": %[2]d, "low": 0, "negligible": 0, "sensitive": 0, "malware": 0}, `+
		`"image_assurance_results": {"disallowed": true, "checks_performed": []}}`+"\n", aquaPerPackage*packages, packages)
}

// tiny writes an image scan with one finding of severity high, some 160 bytes, on one line.
func (d documents) tiny(w io.Writer, number int) {
	fmt.Fprintf(w, `{"image":"team/app%d:1","registry":"r","resources":[{"resource":{"name":"p","version":"1"},"vulnerabilities":[{"name":"CVE-2025-%05d","aqua_severity":"high"}]}]}`+"\n",
		number, 10_000+d.choose(number, 1)[0])
}

// trivy writes a report about so many packages with six findings each, some 850 bytes a finding with the texts that real ones have,
// on one line.
func (d documents) trivy(w io.Writer, number, packages int) {
	d.trivyHead(w, number)
	for i, name := range d.choose(number, packages) {
		trivyPackage(w, i == 0, name)
	}
	fmt.Fprintf(w, "]}]}\n")
}

// large writes a report of at least so many bytes, in which no finding is like another, on one line.
func (d documents) large(w io.Writer, size int64) {
	c := &counter{w: w}
	d.trivyHead(c, 0)
	for name := 0; c.n < size; name++ {
		trivyPackage(c, name == 0, name)
	}
	fmt.Fprintf(c, "]}]}\n")
}

// trivyHead writes a report up to its first finding.
func (d documents) trivyHead(w io.Writer, number int) {
	fmt.Fprintf(w, `{"SchemaVersion":2,"CreatedAt":"2026-05-01T10:00:00Z","ArtifactName":"registry.example.com/team%d/app%d:1","ArtifactType":"container_image",`+
		`"Metadata":{"OS":{"Family":"debian","Name":"12"},"ImageID":"sha256:%032x%032x"},"Results":[{"Target":"app (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[`,
		number%40, number, d.seed, number)
}

// trivyPackage writes the findings of one package.
func trivyPackage(w io.Writer, first bool, name int) {
	for k := range trivyPerPackage {
		if !first || k > 0 {
			fmt.Fprintf(w, ",")
		}
		severity := [...]string{"CRITICAL", "HIGH", "MEDIUM", "LOW"}[(name+k)%4]
		fmt.Fprintf(w, `{"VulnerabilityID":"CVE-2025-%[1]d","PkgID":"package-%[2]d@1.%[3]d-2","PkgName":"package-%[2]d","PkgIdentifier":{"PURL":"pkg:deb/debian/package-%[2]d@1.%[3]d-2?arch=amd64"},`+
			`"InstalledVersion":"1.%[3]d-2","FixedVersion":"1.%[3]d-2+deb12u3","Status":"fixed","SeveritySource":"debian","PrimaryURL":"https://avd.aquasec.com/nvd/cve-2025-%[1]d",`+
			`"Title":"package-%[2]d: out-of-bounds write while parsing input","Description":"%[4]s","Severity":"%[5]s",`+
			`"References":["https://nvd.nist.gov/vuln/detail/CVE-2025-%[1]d","https://www.cve.org/CVERecord?id=CVE-2025-%[1]d"],`+
			`"PublishedDate":"2025-10-01T00:00:00Z","LastModifiedDate":"2025-11-01T00:00:00Z"}`,
			10_000+name*trivyPerPackage+k, name, name%9, trivyText, severity)
	}
}

// trivyText is the description of each finding of a Trivy report: its length is what matters.
var trivyText = strings.Repeat("A crafted file makes the parser write beyond the end of its buffer. ", 3)

// counter counts the bytes that are written.
type counter struct {
	w io.Writer
	n int64
}

// Write passes the bytes on.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
