package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// exitOf returns a finished command's exit status; -1 is killed.
func exitOf(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// TestInterrupted: what is in flight is finished or kept, within seconds, with the signal's status.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(signal.String(), func(t *testing.T) {
			const images = 300
			target := newRecorder(t, 20*time.Millisecond)
			dir := t.TempDir()
			stateFile, file := filepath.Join(dir, "state.db"), filepath.Join(dir, "scans.ndjson")
			scans := generation(images, 1)
			if err := os.WriteFile(file, []byte(scans), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), binary, "send", file, "--to", "webhook="+target.URL, "--state", stateFile)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			target.await(t, 5)
			start := time.Now()
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if got := exitOf(cmd.Wait()); got != want {
				t.Errorf("ended with %d, want %d\n%s", got, want, out.String())
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("took %s to end", took)
			}
			finish(t, binary, file, stateFile, target.URL)
			target.verdict(t, images, scans)
			if target.repeat > 0 {
				t.Errorf("%d messages were repeated although nothing was lost", target.repeat)
			}
		})
	}
}

// TestInterruptedBetweenParts: a message of several parts at one target, and many at others; the parts and messages that were
// confirmed do not come again.
func TestInterruptedBetweenParts(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	a := newArena(t, &scenario{targets: []string{"slack", "webhook", "webhook", "webhook"}, images: 3, findings: 60, delay: 5 * time.Millisecond})
	cmd, out := a.command(t.Context(), t, binary, "send", "FILE")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, r := range a.targets {
		r.await(t, 2)
	}
	start := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := exitOf(cmd.Wait()); got != 143 {
		t.Errorf("ended with %d: %s", got, out)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %s to end", took)
	}
	a.ends(t, binary)
	if y := a.verdict(t); y.repeated > 0 {
		t.Errorf("%d repeats although nothing was lost", y.repeated)
	}
}

// TestSecondSignal ends at once, without loss.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	binary, target := built(t, ""), newRecorder(t, 4*time.Second)
	dir := t.TempDir()
	stateFile, file := filepath.Join(dir, "state.db"), filepath.Join(dir, "scans.ndjson")
	if err := os.WriteFile(file, []byte(generation(1, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "send", file, "--to", "webhook="+target.URL, "--state", stateFile)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	target.await(t, 1)
	start := time.Now()
	for range 2 {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		// Two signals that arrive together are one: the first must have been seen.
		<-time.After(200 * time.Millisecond)
	}
	if got := exitOf(cmd.Wait()); got != 130 {
		t.Errorf("ended with %d", got)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %s to end", took)
	}
	target.mu.Lock()
	target.delay = 0
	target.mu.Unlock()
	finish(t, binary, file, stateFile, target.URL)
	target.verdict(t, 1, generation(1, 1))
}

// TestReaderGoesAway: a closed standard output is quiet and counts as delivered.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	dir := t.TempDir()
	file := filepath.Join(dir, "scans.ndjson")
	if err := os.WriteFile(file, []byte(generation(400, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{}, {"--output", "json"}, {"--all"}} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), binary, append([]string{"send", file, "--state", filepath.Join(dir, strings.Join(args, "")+".db")}, args...)...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = writer, &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		writer.Close()
		_, _ = io.ReadFull(reader, make([]byte, 10))
		reader.Close()
		if got := exitOf(cmd.Wait()); got != 0 || errs.Len() > 0 {
			t.Errorf("%v: ended with %d: %s", args, got, errs.String())
		}
	}
}

// TestSlowInputIsToldAtOnce: a document that came is told although the input goes on.
func TestSlowInputIsToldAtOnce(t *testing.T) {
	t.Parallel()
	binary, target := built(t, ""), newRecorder(t, 0)
	cmd := exec.CommandContext(t.Context(), binary, "send", "-", "--to", "webhook="+target.URL, "--state", "none")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(in, generation(1, 1))
	target.await(t, 1)
	fmt.Fprint(in, generation(2, 2))
	in.Close()
	if got := exitOf(cmd.Wait()); got != 0 {
		t.Errorf("ended with %d", got)
	}
	target.verdict(t, 2, generation(2, 2))
}

// TestDeadline bounds the whole run, whatever is in flight; what was not delivered is kept.
func TestDeadline(t *testing.T) {
	t.Parallel()
	binary, target := built(t, ""), newRecorder(t, time.Minute)
	dir := t.TempDir()
	stateFile, file := filepath.Join(dir, "state.db"), filepath.Join(dir, "scans.ndjson")
	if err := os.WriteFile(file, []byte(generation(20, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	out, err := exec.CommandContext(t.Context(), binary, "send", file, "--to", "webhook="+target.URL, "--state", stateFile, "--deadline", "300ms").CombinedOutput()
	if got := exitOf(err); got != 4 || !strings.Contains(string(out), "the run's deadline was reached: 20 messages are not delivered and kept") {
		t.Errorf("ended with %d: %s", got, out)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %s", took)
	}
	target.mu.Lock()
	target.delay = 0
	target.mu.Unlock()
	finish(t, binary, file, stateFile, target.URL)
	target.verdict(t, 20, generation(20, 1))
}

// TestDeadlineWhileReading: input that does not end does not keep the run beyond its deadline, and the reason is said.
func TestDeadlineWhileReading(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), built(t, ""), "send", "-", "--state", "none", "--deadline", "200ms")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if got := exitOf(cmd.Run()); got != 4 || !strings.Contains(out.String(), "postee: the run's deadline was reached before all input was read\n") {
		t.Errorf("ended with %d: %s", got, out.String())
	}
}
