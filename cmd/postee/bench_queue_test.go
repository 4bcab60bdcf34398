package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkQueue adds 10,000 scans to one queue, a thousand a run, and sends them: what a scan costs in the last run beside the
// second (the first makes the state), one scan added to 10,000 beside one added to none, and the digests' time and memory.
func BenchmarkQueue(b *testing.B) {
	binary, target := built(b, ""), newRecorder(b, 0)
	config := aggregating(b, target.URL, "Aggregate-Issues-Timeout: 24h")
	for b.Loop() {
		dir := b.TempDir()
		long, none := filepath.Join(dir, "long.db"), filepath.Join(dir, "none.db")
		send := func(state, name string, images, from int) time.Duration {
			var scans bytes.Buffer
			for i := range images {
				scans.Write(append(benchDocument(from+i, 10), '\n'))
			}
			file := filepath.Join(dir, name)
			if err := os.WriteFile(file, scans.Bytes(), 0o600); err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			out, err := exec.CommandContext(b.Context(), binary, "send", "-q", file, "--config", config, "--state", state).CombinedOutput()
			if err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			return time.Since(start)
		}
		var runs []time.Duration
		for i := range 10 {
			runs = append(runs, send(long, fmt.Sprint(i), 1000, 1000*i))
		}
		send(none, "first", 1, 1<<20)
		var toLong, toNone time.Duration
		for i := range 20 {
			toLong += send(long, "one", 1, 1<<20+i)
			toNone += send(none, "one", 1, 1<<21+i)
		}
		start := time.Now()
		flush := exec.CommandContext(b.Context(), binary, "flush", "--now", "-q", "--config", config, "--state", long)
		if out, err := flush.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		b.ReportMetric(float64(runs[9].Microseconds())/1000, "last-µs/scan")
		b.ReportMetric(runs[9].Seconds()/runs[1].Seconds(), "last/second")
		b.ReportMetric(toLong.Seconds()/toNone.Seconds(), "to-10000/to-none")
		b.ReportMetric(time.Since(start).Seconds(), "flush-s")
	}
}
