package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// benchConfig writes a configuration of entries into a folder.
func benchConfig(b *testing.B, dir, name string, entries ...string) string {
	b.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(strings.Join(entries, "\n")+"\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkRoutes measures a run over 300 documents of 50 KB with 20 routes that they do not concern, beside one with a
// single such route. Goal: 1.1.
func BenchmarkRoutes(b *testing.B) {
	binary, dir := built(b, ""), b.TempDir()
	var scans, many []string
	for i := range 300 {
		scans = append(scans, string(benchDocument(i, 58)))
	}
	file := benchConfig(b, dir, "scans.ndjson", scans...)
	entry := `- {name: route-%d, type: webhook, enable: true, url: "http://127.0.0.1:1/", Policy-Image-Name: "no-such-image-%d*, other/*"}`
	for i := range 20 {
		many = append(many, fmt.Sprintf(entry, i, i))
	}
	one := benchConfig(b, dir, "one.yaml", many[0])
	twenty := benchConfig(b, dir, "twenty.yaml", many...)
	for b.Loop() {
		var times [2][]time.Duration
		for range 9 {
			for i, config := range []string{one, twenty} {
				times[i] = append(times[i], timed(b, binary, "send", "-q", file, "--config", config, "--state", filepath.Join(dir, filepath.Base(config)+".db")))
			}
		}
		b.ReportMetric(median(times[0]).Seconds()*1e3, "one-ms")
		b.ReportMetric(median(times[1]).Seconds()*1e3, "twenty-ms")
		b.ReportMetric(float64(median(times[1]))/float64(median(times[0])), "ratio")
	}
}

// BenchmarkPolicyRun measures what a small policy adds to a run over one document. Goal: 3 ms.
func BenchmarkPolicyRun(b *testing.B) {
	binary, dir := built(b, ""), b.TempDir()
	file := benchConfig(b, dir, "scan.json", string(benchDocument(1, 58)))
	benchConfig(b, dir, "p.rego", "package postee", "default allow = false", "allow { contains(input.ArtifactName, \"app\"); input.postee.summary.critical > 0 }")
	without := benchConfig(b, dir, "without.yaml", `- {name: a, type: stdout, enable: true}`)
	with := benchConfig(b, dir, "with.yaml", `- {name: a, type: stdout, enable: true, Policy-OPA: p.rego}`)
	for b.Loop() {
		var times [2][]time.Duration
		for range 40 {
			for i, config := range []string{without, with} {
				times[i] = append(times[i], timed(b, binary, "send", "-q", file, "--config", config, "--state", filepath.Join(dir, filepath.Base(config)+".db")))
			}
		}
		b.ReportMetric(median(times[0]).Seconds()*1e3, "without-ms")
		b.ReportMetric(median(times[1]).Seconds()*1e3, "with-ms")
		b.ReportMetric((median(times[1])-median(times[0])).Seconds()*1e3, "added-ms")
	}
}

// timed runs a command to its end.
func timed(b *testing.B, name string, args ...string) time.Duration {
	b.Helper()
	start := time.Now()
	if p, err := exec.CommandContext(b.Context(), name, args...).CombinedOutput(); err != nil {
		b.Fatalf("%s: %v %s", name, err, p)
	}
	return time.Since(start)
}
