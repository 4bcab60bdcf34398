//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
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
		b = bytes.Buffer{}
		debug.FreeOSMemory() // a child's peak begins with what its parent has
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

// measured runs a command and returns its seconds of processor time and its peak of memory.
func measured(t *testing.T, binary string, args []string) string {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(os.Environ(), "POSTEE_STATE=")
	_ = cmd.Run() // what it finds is not judged here
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return "?"
	}
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	text := strconv.FormatFloat(cpu.Seconds(), 'f', 1, 64) + " s " + strconv.FormatInt(used.Maxrss>>10, 10) + " MiB"
	if ctx.Err() != nil {
		text += " KILLED"
	}
	return " | " + text
}
