package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/scan/formats"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// benchDocument is a Trivy report of about 50 KB: n findings with the descriptions and references that real ones have.
func benchDocument(image, n, generation int) []byte {
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
		if i == 0 {
			id = 5000 + generation
		}
		fmt.Fprintf(&out, `{"VulnerabilityID":"CVE-2025-%d","PkgID":"package-%d@1.%d","PkgName":"package-%d","PkgIdentifier":{"PURL":"pkg:deb/debian/package-%d@1.%d?arch=amd64"},`+
			`"InstalledVersion":"1.%d-2+deb12u1","FixedVersion":"1.%d-2+deb12u3","Status":"fixed","SeveritySource":"debian","PrimaryURL":"https://avd.aquasec.com/nvd/cve-2025-%d",`+
			`"Title":"package-%d: out-of-bounds write while parsing input","Description":"%s","Severity":"%s","References":["https://nvd.nist.gov/vuln/detail/CVE-2025-%d","https://www.cve.org/CVERecord?id=CVE-2025-%d"],`+
			`"PublishedDate":"2025-10-01T00:00:00Z","LastModifiedDate":"2025-11-01T00:00:00Z"}`,
			id, pkg, pkg, pkg, pkg, pkg, pkg, pkg, id, pkg, strings.Repeat("An attacker who controls the input can write beyond the buffer. ", 4), severities[i%5], id, id)
	}
	out.WriteString(`]}]}`)
	return out.Bytes()
}

// bare is what a decode of the same bytes by the same library needs at least: the fields of a finding, and nothing else.
type bare struct {
	SchemaVersion int
	ArtifactName  string
	ArtifactType  string
	Results       []struct {
		Target, Class, Type string
		Vulnerabilities     []struct {
			VulnerabilityID, PkgName, InstalledVersion, FixedVersion, Severity, Title, PrimaryURL string
		}
	}
}

// bareDecode decodes all documents on all processors, and returns MB/s.
func bareDecode(b *testing.B, docs [][]byte) float64 {
	start, size := time.Now(), 0
	var wg sync.WaitGroup
	work := make(chan []byte)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for doc := range work {
				var v bare
				if err := json.Unmarshal(doc, &v); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, doc := range docs {
		size += len(doc)
		work <- doc
	}
	close(work)
	wg.Wait()
	return float64(size) / 1e6 / time.Since(start).Seconds()
}

// admitAll reads, compares and admits all documents, and returns MB/s and the number of entries.
func admitAll(b *testing.B, docs [][]byte, store state.Store, document bool) (rate float64, entries int) {
	a := &app{process: &process{stdin: bytes.NewReader(bytes.Join(docs, []byte("\n"))), stderr: os.Stderr}}
	engine := &route.Engine{Store: store, Lease: lease, Routes: []*route.Route{{
		Name: "bench", Rules: route.Differences(false), Targets: []route.Target{{Name: "bench", Contents: route.Contents{Document: document}}},
	}}}
	in := &reader{app: a, options: &inputOptions{format: "auto"}, bad: func(err *scan.InputError) { b.Error(err) }}
	start := time.Now()
	err := in.readAll(b.Context(), []string{"-"}, func(batch []*scan.Document) error {
		admitted, err := engine.Admit(b.Context(), time.Now(), batch)
		if err == nil {
			entries += len(admitted.Entries)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for _, doc := range docs {
		size += len(doc)
	}
	return float64(size) / 1e6 / time.Since(start).Seconds(), entries
}

// BenchmarkAdmission measures documents of 50 KB from bytes to committed baselines and entries, beside a bare parallel decode
// of the same bytes by the same library in the same run. Goal: ratio 0.5.
func BenchmarkAdmission(b *testing.B) {
	const images, findings = 600, 58
	generations := make([][][]byte, 2)
	for g := range generations {
		for i := range images {
			generations[g] = append(generations[g], benchDocument(i, findings, g))
		}
	}
	b.Logf("%d documents of %d bytes", images, len(generations[0][0]))
	for _, c := range []struct {
		name       string
		warm       bool
		generation int
		document   bool
	}{{"first scan", false, 0, false}, {"rescan, nothing new", true, 0, false}, {"rescan, one new", true, 1, false}, {"rescan, one new, document kept", true, 1, true}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				store, err := boltfile.Open(b.Context(), boltfile.Options{Path: filepath.Join(b.TempDir(), "state.db")})
				if err != nil {
					b.Fatal(err)
				}
				if c.warm {
					admitAll(b, generations[0], store, false)
				}
				before := bareDecode(b, generations[c.generation])
				rate, entries := admitAll(b, generations[c.generation], store, c.document)
				plain := (before + bareDecode(b, generations[c.generation])) / 2
				b.ReportMetric(rate, "MB/s")
				b.ReportMetric(plain, "bare-MB/s")
				b.ReportMetric(rate/plain, "ratio")
				b.ReportMetric(float64(entries), "entries")
				_ = store.Close()
			}
		})
	}
}

// BenchmarkStateBytes measures what one image of 210 findings costs on disk once its message is gone. Goal: 4 KB.
func BenchmarkStateBytes(b *testing.B) {
	for b.Loop() {
		const images, findings = 2000, 210
		path := filepath.Join(b.TempDir(), "state.db")
		store, err := boltfile.Open(b.Context(), boltfile.Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		engine := &route.Engine{Store: store, Lease: lease, Routes: []*route.Route{{Name: "bench", Rules: route.Differences(false)}}}
		for i := 0; i < images; i += 50 {
			var batch []*scan.Document
			for k := range 50 {
				item := scan.Options{Formats: formats.All(), Stdin: bytes.NewReader(benchDocument(i+k, findings, 0))}
				for it := range scan.Read(b.Context(), []string{"-"}, item) {
					batch = append(batch, it.Doc)
				}
			}
			if _, err := engine.Admit(b.Context(), time.Now(), batch); err != nil {
				b.Fatal(err)
			}
		}
		u, err := store.Usage(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(u.Total)/images, "file-B/image")
		b.ReportMetric(float64(u.Total-u.Free)/images, "used-B/image")
		_ = store.Close()
	}
}

// BenchmarkMemory measures the greatest resident memory of the binary over 130 MB of NDJSON. Goal: 120 MiB.
func BenchmarkMemory(b *testing.B) {
	binary := built(b, "")
	file := filepath.Join(b.TempDir(), "big.ndjson")
	var out bytes.Buffer
	for i := 0; out.Len() < 130e6; i++ {
		out.Write(benchDocument(i, 58, 0))
		out.WriteByte('\n')
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	out = bytes.Buffer{}
	for b.Loop() {
		for _, run := range []string{"first", "again"} {
			cmd := exec.CommandContext(b.Context(), binary, "send", "-q", file, "--to", "webhook="+sinkhole(b), "--state", filepath.Join(filepath.Dir(file), "state.db"))
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			peak := make(chan float64)
			go func() { peak <- highWater(cmd.Process.Pid) }()
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(<-peak, run+"-MiB")
			b.ReportMetric((cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), run+"-cpu-s")
		}
	}
}

// highWater follows a process's greatest resident memory in MiB until it ends. (What wait reports includes the parent's before exec.)
func highWater(pid int) (peak float64) {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, rest, found := strings.Cut(string(status), "VmHWM:")
		if err != nil || !found {
			return peak
		}
		kb, _ := strconv.Atoi(strings.Fields(rest)[0])
		peak = max(peak, float64(kb)/1024)
		time.Sleep(2 * time.Millisecond)
	}
}

// sinkhole is a target that takes everything at once.
func sinkhole(b *testing.B) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	b.Cleanup(server.Close)
	return server.URL
}

// BenchmarkStartToExit measures one small document to a webhook, whole process, beside curl posting it. Goal: 2.0 times curl.
func BenchmarkStartToExit(b *testing.B) {
	if _, err := exec.LookPath("curl"); err != nil {
		b.Skip("no curl here")
	}
	binary, url, dir := built(b, ""), sinkhole(b), b.TempDir()
	doc := filepath.Join(dir, "doc.json")
	stateFile := filepath.Join(dir, "state.db")
	var ours, theirs []time.Duration
	const rounds = 60
	for b.Loop() {
		for i := range rounds {
			if err := os.WriteFile(doc, benchDocument(1, 5, i), 0o600); err != nil {
				b.Fatal(err)
			}
			theirs = append(theirs, timed(b, "curl", "-s", "-o", os.DevNull, "--data-binary", "@"+doc, url))
			ours = append(ours, timed(b, binary, "send", "-q", doc, "--to", "webhook="+url, "--state", stateFile))
		}
	}
	b.ReportMetric(median(ours).Seconds()*1e3, "postee-ms")
	b.ReportMetric(median(theirs).Seconds()*1e3, "curl-ms")
	b.ReportMetric(float64(median(ours))/float64(median(theirs)), "ratio")
}

// median sorts and takes the middle.
func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
