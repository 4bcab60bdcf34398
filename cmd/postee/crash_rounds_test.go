package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// rounds kills runs at random instants, until so many were killed. A generation that a run has ended is followed by the
// next; so is one that saw ten kills, finished or, with a backlog, not. Where the target is a file, every other process is killed while
// it writes.
func (a *arena) rounds(t *testing.T, binary string, random *rand.Rand, kills int) {
	t.Helper()
	span, here := max(a.span, 40*time.Millisecond), 0
	for runs := 0; a.kills < kills && runs < 20*kills && !t.Failed(); runs++ {
		line := []string{"send", "FILE"}
		if a.flush && runs%2 == 1 {
			line = []string{"flush"}
		}
		var ended bool
		if file, ok := a.targets[0].(*fileTarget); ok && runs%2 == 1 {
			ended = a.killedWriting(t, binary, file, 1+random.Int64N(int64(len(a.newest))), line...)
		} else if ended = a.killed(t, binary, time.Duration(1+random.Int64N(int64(span))), line...); ended {
			span = max(span*3/4, 4*time.Millisecond)
		} else {
			span = span * 11 / 10
		}
		if !ended {
			here++
		}
		switch {
		case ended && line[0] == "send":
			a.advance(t)
			here = 0
		case here >= 10:
			if !a.backlog {
				a.ends(t, binary)
			}
			a.advance(t)
			here = 0
		}
	}
}

// killed runs the program, kills it after some time, and looks at what it has left; ended reports whether it was faster.
func (a *arena) killed(t *testing.T, binary string, after time.Duration, line ...string) (ended bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	cmd, out := a.command(ctx, t, binary, line...)
	ended = endedFirst(t, cmd.Run(), out)
	a.autopsy(t, !ended)
	return ended
}

// killedWriting runs the program and kills it when it has written so many bytes to a file that is a target: inside a line, mostly.
func (a *arena) killedWriting(t *testing.T, binary string, file *fileTarget, written int64, line ...string) (ended bool) {
	t.Helper()
	cmd, out := a.command(t.Context(), t, binary, line...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	size := file.read + written
	var watch sync.WaitGroup
	watch.Go(func() {
		if file.reaches(ctx, size) {
			_ = cmd.Process.Kill() // it may be over
		}
	})
	ended = endedFirst(t, cmd.Wait(), out)
	cancel()
	watch.Wait()
	a.autopsy(t, !ended)
	return ended
}

// endedFirst reports whether a process that was to be killed ended before, as it must, with status 0.
func endedFirst(t *testing.T, err error, out fmt.Stringer) bool {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		t.Errorf("ended with %d before it was killed: %s", exit.ExitCode(), out)
		return true
	}
	return err == nil
}
