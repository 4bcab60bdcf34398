package formats

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/scan"
)

// benchmarkSize is how many bytes of documents a benchmark of reading reads.
const benchmarkSize = 128 << 20

// aquaDocument writes an image scan with 210 vulnerabilities of 70 packages, 52 kB, on one line.
func aquaDocument(n int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"image": "team/app%d:1", "registry": "Docker Hub", "digest": "sha256:%s", "scan_started": {"seconds": 1600000000, "nanos": 0}, "resources": [`, n, strings.Repeat("ab", 32))
	for i := range 70 {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"resource": {"name": "package%d", "version": "1.0"}, "vulnerabilities": [`, i)
		for k, severity := range []string{"critical", "high", "medium"} {
			if k > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, `{"name": "CVE-2099-%04d-%d", "aqua_severity": %q, "description": "text of CVE-2099-%04d-%d", "nvd_url": "https://nvd.example/CVE", `+
				`"vendor_url": "https://v.example", "publish_date": "2020-01-01", "fix_version": "2.0"}`, i, k, severity, i, k)
		}
		b.WriteString("]}")
	}
	b.WriteString(`], "vulnerability_summary": {"total": 210, "critical": 70, "high": 70, "medium": 70, "low": 0, "sensitive": 0, "malware": 0}, ` +
		`"image_assurance_results": {"disallowed": true, "checks_performed": []}}`)
	return b.Bytes()
}

// trivyDocument writes a report with so many vulnerabilities, 850 bytes each, on one line.
func trivyDocument(n, vulnerabilities int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"SchemaVersion":2,"CreatedAt":"2026-11-01T10:00:00Z","ArtifactName":"registry.example.com/team/app%d:1","ArtifactType":"container_image",`+
		`"Metadata":{"OS":{"Family":"debian","Name":"12"},"ImageID":"sha256:%064x"},"Results":[{"Target":"app (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[`, n, n)
	for i := range vulnerabilities {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"VulnerabilityID":"CVE-2025-%d","PkgID":"package-%[1]d@1.2","PkgName":"package-%[1]d","PkgIdentifier":{"PURL":"pkg:deb/debian/package-%[1]d@1.2?arch=amd64"},`+
			`"InstalledVersion":"1.2-2+deb12u1","FixedVersion":"1.2-2+deb12u3","Status":"fixed","SeveritySource":"debian","PrimaryURL":"https://avd.aquasec.com/nvd/cve-2025-%[1]d",`+
			`"Title":"package-%[1]d: out-of-bounds write while parsing input","Description":"%[2]s","Severity":"HIGH","References":["https://nvd.nist.gov/vuln/detail/CVE-2025-%[1]d",`+
			`"https://www.cve.org/CVERecord?id=CVE-2025-%[1]d"],"PublishedDate":"2025-10-01T00:00:00Z","LastModifiedDate":"2025-11-02T00:00:00Z"}`,
			i, strings.Repeat("An attacker who controls the input can write beyond the buffer. ", 4))
	}
	b.WriteString(`]}]}`)
	return b.Bytes()
}

// aquaFields and trivyFields are what a finding needs of a document, for the bare decoding that reading is compared with.
type aquaFields struct {
	Image     string `json:"image"`
	Registry  string `json:"registry"`
	Digest    string `json:"digest"`
	Resources []struct {
		Resource struct {
			Name    string `json:"name"`
			Path    string `json:"path"`
			Version string `json:"version"`
		} `json:"resource"`
		Vulnerabilities []struct {
			Name           string `json:"name"`
			Description    string `json:"description"`
			NVDSeverity    string `json:"nvd_severity"`
			NVDURL         string `json:"nvd_url"`
			VendorSeverity string `json:"vendor_severity"`
			VendorURL      string `json:"vendor_url"`
			FixVersion     string `json:"fix_version"`
			AquaSeverity   string `json:"aqua_severity"`
		} `json:"vulnerabilities"`
	} `json:"resources"`
}

type trivyFields struct {
	SchemaVersion              int
	ArtifactName, ArtifactType string
	Results                    []struct {
		Target, Class, Type string
		Vulnerabilities     []struct {
			VulnerabilityID, PkgName, InstalledVersion, FixedVersion, Severity, Title, PrimaryURL string
		}
	}
}

func BenchmarkReadAqua128MB(b *testing.B) { benchmarkReading[aquaFields](b, aquaDocument) }
func BenchmarkReadTrivy128MB(b *testing.B) {
	benchmarkReading[trivyFields](b, func(n int) []byte { return trivyDocument(n, 210) })
}

func BenchmarkReadCorpus128MB(b *testing.B) {
	raw, err := os.ReadFile(filepath.Join(corpus(b), "trivy", "golden-v0.20.0-centos-7.json"))
	if err != nil {
		b.Fatal(err)
	}
	line := jsontext.Value(bytes.Clone(raw))
	if err := line.Compact(); err != nil {
		b.Fatal(err)
	}
	b.Run("indented", func(b *testing.B) { benchmarkReading[trivyFields](b, func(int) []byte { return raw }) })
	b.Run("line", func(b *testing.B) { benchmarkReading[trivyFields](b, func(int) []byte { return line }) })
}

// benchmarkReading reads documents from a file, framing and all, by turns with the bare decoding of the same bytes into a T, for which
// somebody else finds the documents' ends. It reports the speed of both on as many threads as there are processors, each in the best of its
// turns: others work on the machine too.
func benchmarkReading[T any](b *testing.B, document func(n int) []byte) {
	path := filepath.Join(b.TempDir(), "documents.ndjson")
	lengths := writeDocuments(b, path, document)
	var reading, decoding time.Duration
	size := 0
	for _, n := range lengths {
		size += n
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		start := time.Now()
		documents := 0
		for item := range scan.Read(b.Context(), []string{path}, options()) {
			if item.Doc == nil || len(item.Doc.Reports[0].Findings) == 0 {
				b.Fatal(item.Err, item.Warning)
			}
			documents++
			item.Release()
		}
		if documents != len(lengths) {
			b.Fatalf("%d documents instead of %d", documents, len(lengths))
		}
		reading = shorter(reading, time.Since(start))
		b.StopTimer()
		start = time.Now()
		decodeAll[T](b, path, lengths)
		decoding = shorter(decoding, time.Since(start))
		b.StartTimer()
	}
	b.ReportMetric(float64(size)/1e6/reading.Seconds(), "read-MB/s")
	b.ReportMetric(float64(size)/1e6/decoding.Seconds(), "typed-MB/s")
	b.ReportMetric(decoding.Seconds()/reading.Seconds(), "x-typed")
}

// shorter returns the shorter of two durations, of which the first may not have been measured yet.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// writeDocuments writes documents until there are enough of them, and returns their lengths, line ends included.
func writeDocuments(b *testing.B, path string, document func(n int) []byte) (lengths []int) {
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	for n, size := 0, 0; size < benchmarkSize; n++ {
		line := append(document(n), '\n')
		if _, err := file.Write(line); err != nil {
			b.Fatal(err)
		}
		lengths = append(lengths, len(line))
		size += len(line)
	}
	return lengths
}

// decodeAll decodes each document of a file into a T.
func decodeAll[T any](b *testing.B, path string, lengths []int) {
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	documents := make(chan []byte, 64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for raw := range documents {
				if err := json.Unmarshal(raw, new(T)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, n := range lengths {
		raw := make([]byte, n)
		if _, err := io.ReadFull(file, raw); err != nil {
			b.Fatal(err)
		}
		documents <- raw
	}
	close(documents)
	workers.Wait()
}
