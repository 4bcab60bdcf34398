//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCostTable measures what commands take for an honest scan and for each shape, when POSTEE_COST says how many megabytes.
// It decides nothing: machines are noisy. TestCostGrowsInProportion decides.
func TestCostTable(t *testing.T) {
	mb, _ := strconv.ParseFloat(os.Getenv("POSTEE_COST"), 64)
	if mb == 0 {
		t.Skip("POSTEE_COST=10 measures with scans of 10 MB")
	}
	binary, dead, live := built(t, ""), newRecorder(t, 0), newRecorder(t, 0)
	dead.answer = func(int) int { return 503 }
	for _, s := range costShapes() {
		if only := os.Getenv("POSTEE_SHAPE"); only != "" && !strings.Contains(only, s.name) {
			continue
		}
		dir := t.TempDir()
		var b bytes.Buffer
		s.write(&b, int(mb*1e6))
		file := filepath.Join(dir, "scan.json")
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		state := filepath.Join(dir, "state.db")
		row := ""
		for _, c := range [][]string{
			{"diff", file},
			{"diff", file, "--output", "json"},
			{"send", file, "--state", filepath.Join(dir, "other.db")},
			{"send", file, "--to", "webhook=" + dead.URL, "--state", state, "--deadline", "2s", "-q"},
			{"send", file, "--to", "webhook=" + live.URL, "--state", filepath.Join(dir, "third.db"), "-q"},
			{"send", file, "--to", "slack=" + live.URL, "--dry-run", "--state", filepath.Join(dir, "third.db"), "-q"},
		} {
			row += measured(t, binary, c)
		}
		t.Logf("%-26s%s", s.name, row)
	}
}

// measured returns a command's seconds of processor time and its peak of memory.
func measured(t *testing.T, binary string, args []string) string {
	t.Helper()
	used, killed := usageOf(t, append([]string{binary}, args...)...)
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	text := strconv.FormatFloat(cpu.Seconds(), 'f', 1, 64) + " s " + strconv.FormatInt(peakOf(&used)>>20, 10) + " MiB"
	if killed {
		text += " KILLED"
	}
	return " | " + text
}

// usageOf runs a command from a small process, which knows what the command took.
func usageOf(t *testing.T, command ...string) (used syscall.Rusage, killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "usage", command...)
	cmd.Env = append(os.Environ(), "POSTEE_STATE=")
	out, err := cmd.Output()
	told := usage{System: &used}
	if err == nil {
		err = json.Unmarshal(out, &told)
	}
	if err != nil {
		t.Fatal(err)
	}
	return used, told.Killed
}

// peakOf returns the most memory that a process had, in bytes.
func peakOf(used *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" { // others count kilobytes
		return used.Maxrss
	}
	return used.Maxrss << 10
}

// TestPeakIsOfTheCommand: what a test has in memory does not count for the commands that it measures.
func TestPeakIsOfTheCommand(t *testing.T) {
	ballast := bytes.Repeat([]byte("x"), 256<<20)
	used, killed := usageOf(t, built(t, ""), "version")
	if peak := peakOf(&used); killed || peak == 0 || peak > int64(len(ballast))/2 {
		t.Errorf("killed: %t; its peak is %d bytes, the test has %d", killed, peak, len(ballast))
	}
	runtime.KeepAlive(ballast)
}
