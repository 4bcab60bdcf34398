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

// grace is how long what is in flight may go on after an interrupt; pkg/deliver holds the program to it, in a bubble's time.
const grace = 5 * time.Second

// interrupts sends a signal to a process that is delivering, lets its targets answer, and waits for its end. inTime reports that it
// ended before its grace: then what was in flight was finished. A machine may be so slow that it is not.
func interrupts(t *testing.T, cmd *exec.Cmd, signal syscall.Signal, want int, out *bytes.Buffer, letGo ...func()) (inTime bool) {
	t.Helper()
	start := time.Now()
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	for _, answers := range letGo {
		answers()
	}
	if got := exitOf(cmd.Wait()); got != want {
		t.Errorf("ended with %d, want %d\n%s", got, want, out)
	}
	return time.Since(start) < grace
}

// TestInterrupted: what is in flight is finished or kept, nothing more is begun, and the status is the signal's.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for signal, want := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			for !interruptedBy(t, signal, want) {
				t.Log("its grace was not enough for this machine: once more")
			}
		})
	}
}

// interruptedBy interrupts one run, and reports whether it ended in time.
func interruptedBy(t *testing.T, signal syscall.Signal, want int) (inTime bool) {
	t.Helper()
	const images = 300
	binary, target := built(t, ""), newRecorder(t, 20*time.Millisecond)
	dir := t.TempDir()
	stateFile, file := filepath.Join(dir, "state.db"), filepath.Join(dir, "scans.ndjson")
	scans := generation(images, 1)
	writeTo(t, file, scans)
	cmd := exec.CommandContext(t.Context(), binary, "send", file, "--to", "webhook="+target.URL, "--state", stateFile)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	letGo := target.holds(5)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	target.await(6)
	inTime = interrupts(t, cmd, signal, want, &out, letGo)
	if n := target.count(); n > images/2 {
		t.Errorf("%d of %d messages: it went on sending", n, images)
	}
	finish(t, binary, file, stateFile, target.URL)
	target.verdict(t, images, scans)
	if target.repeat > 0 && inTime {
		t.Errorf("%d messages were repeated although nothing was lost", target.repeat)
	}
	return inTime
}

// TestInterruptedBetweenParts: a message of several parts at one target, and many at others; the parts and messages that were
// confirmed do not come again.
func TestInterruptedBetweenParts(t *testing.T) {
	t.Parallel()
	for !interruptedBetweenParts(t) {
		t.Log("its grace was not enough for this machine: once more")
	}
}

// interruptedBetweenParts interrupts one run, and reports whether it ended in time.
func interruptedBetweenParts(t *testing.T) (inTime bool) {
	t.Helper()
	binary := built(t, "")
	a := newArena(t, &scenario{targets: []string{"slack", "webhook", "webhook", "webhook"}, images: 3, findings: 60, delay: 5 * time.Millisecond})
	cmd, out := a.command(t.Context(), t, binary, "send", "FILE")
	var held []func()
	for i := range a.targets {
		held = append(held, a.server(i).holds(1))
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for i := range a.targets {
		a.server(i).await(2)
	}
	if !interrupts(t, cmd, syscall.SIGTERM, 143, out, held...) {
		return false
	}
	a.ends(t, binary)
	if y := a.verdict(t); y.repeated > 0 {
		t.Errorf("%d repeats although nothing was lost", y.repeated)
	}
	return true
}

// TestSecondSignal ends at once, without a word and without loss.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	for !secondSignal(t) {
		t.Log("it had used up its grace before the second signal")
	}
}

// secondSignal reports whether the second signal ended the process: the grace behind the first may be shorter than a slow machine needs.
func secondSignal(t *testing.T) (enough bool) {
	t.Helper()
	binary, target := built(t, ""), newRecorder(t, time.Hour)
	dir := t.TempDir()
	stateFile, file := filepath.Join(dir, "state.db"), filepath.Join(dir, "scans.ndjson")
	writeTo(t, file, generation(1, 1))
	cmd := exec.CommandContext(t.Context(), binary, "send", file, "--to", "webhook="+target.URL, "--state", stateFile)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	target.await(1)
	ended := make(chan error, 1)
	start := time.Now()
	go func() { ended <- cmd.Wait() }()
	// Two signals that arrive together are one: they are sent until two have been seen.
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	var err error
	for over := false; !over; {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case err = <-ended:
			over = true
		case <-again.C:
		}
	}
	took := time.Since(start)
	if got := exitOf(err); got != 130 {
		t.Errorf("ended with %d", got)
	}
	if out.Len() > 0 { // it went the way of the first signal, which tells what is left
		if took < grace {
			t.Errorf("the second signal did not end it, but this: %s", out.String())
		}
		return false
	}
	target.late(0)
	finish(t, binary, file, stateFile, target.URL)
	target.verdict(t, 1, generation(1, 1))
	return true
}

// TestReaderGoesAway: a closed standard output is quiet and counts as delivered.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	dir := t.TempDir()
	file := filepath.Join(dir, "scans.ndjson")
	writeTo(t, file, generation(400, 1))
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
	target.await(1)
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
	binary := built(t, "")
	patiently(t, 300*time.Millisecond, func(limit time.Duration) bool {
		target := newRecorder(t, time.Hour)
		dir := t.TempDir()
		stateFile, file := filepath.Join(dir, "state.db"), filepath.Join(dir, "scans.ndjson")
		writeTo(t, file, generation(20, 1))
		out, err := exec.CommandContext(t.Context(), binary, "send", file, "--to", "webhook="+target.URL, "--state", stateFile,
			"--timeout", "1h", "--deadline", limit.String()).CombinedOutput()
		if target.count() == 0 || strings.Contains(string(out), "before all input was read") {
			return false
		}
		if got := exitOf(err); got != 4 || !strings.Contains(string(out), "the run's deadline was reached: 20 messages are not delivered and kept") {
			t.Errorf("ended with %d: %s", got, out)
		}
		target.late(0)
		finish(t, binary, file, stateFile, target.URL)
		target.verdict(t, 20, generation(20, 1))
		return true
	})
}

// TestDeadlineWhileReading: input that does not end does not keep the run beyond its deadline, and the reason is said.
func TestDeadlineWhileReading(t *testing.T) {
	t.Parallel()
	patiently(t, 200*time.Millisecond, func(limit time.Duration) bool {
		cmd := exec.CommandContext(t.Context(), built(t, ""), "send", "-", "--state", "none", "--deadline", limit.String())
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		got := exitOf(cmd.Run())
		if got == exitState { // the deadline was over before it began to read
			return false
		}
		if got != 4 || !strings.Contains(out.String(), "postee: the run's deadline was reached before all input was read\n") {
			t.Errorf("ended with %d: %s", got, out.String())
		}
		return true
	})
}
