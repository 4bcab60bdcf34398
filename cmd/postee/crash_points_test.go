package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// walk is a run that is killed at every point between two operations on the state.
type walk struct {
	scenario
	// prepared begins with a state that has a baseline, and what a killed run has left of the next generation.
	prepared bool
	// line is the run; deaths is how many points there must be at least.
	line   []string
	deaths int
}

// walks are the runs that are walked through. A further one is a row.
func walks() []*walk {
	hook, two := []string{"webhook"}, []string{"webhook", "webhook"}
	send, flush := []string{"send", "FILE"}, []string{"flush"}
	return []*walk{
		{scenario: scenario{name: "first", targets: hook, images: 5}, line: send, deaths: 6},
		{scenario: scenario{name: "difference", targets: hook, config: mendable, images: 5}, prepared: true, line: send, deaths: 8},
		{scenario: scenario{name: "flush", targets: hook, config: mendable, images: 5}, prepared: true, line: flush, deaths: 4},
		{scenario: scenario{name: "two batches, two targets", targets: two, config: mendable, images: 70}, prepared: true, line: send, deaths: 12},
		{scenario: scenario{name: "digest", targets: hook, config: digesting, digests: true, images: 5, finish: digestsOut}, prepared: true, line: send, deaths: 10},
		{scenario: scenario{name: "digest, flush", targets: hook, config: digesting, digests: true, images: 5, finish: digestsOut}, prepared: true,
			line: []string{"flush", "--now"}, deaths: 8},
		{scenario: scenario{name: "file", targets: []string{"stdout"}, config: filing, images: 5}, line: send, deaths: 6},
		{scenario: scenario{name: "parts", targets: []string{"slack"}, images: 1, findings: 60}, line: send, deaths: 10},
	}
}

// TestKilledAtEveryPoint kills the binary before and after each view and each update of the state, one after the other until
// the run ends by itself; a finishing run and the verdict follow every kill.
func TestKilledAtEveryPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills the binary")
	}
	t.Parallel()
	binary := built(t, "crash")
	long := kills(t) > shortKills
	for _, w := range walks() {
		if !long && w.images > 5 {
			continue
		}
		t.Run(strings.ReplaceAll(w.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			total, prepared := &tally{}, w.prepare(t, binary)
			for _, point := range []string{"view:before", "view:after", "update:before", "update:after"} {
				if !long && w.findings > 0 && point != "update:after" {
					continue // these runs take seconds: one point of each operation must do
				}
				for n := 1; ; n++ {
					y := w.strike(t, binary, prepared, fmt.Sprintf("%s:%d", point, n))
					total.add(y)
					if y.kills == 0 || t.Failed() {
						break
					}
				}
			}
			t.Logf("\n%s\n%-26s  %s", tallyHead, w.name, total)
			if least := w.deaths; long && total.kills < least || total.kills == 0 {
				t.Errorf("%d points, want at least %d: the hook does not reach the state", total.kills, least)
			}
		})
	}
}

// prepare makes, once for all strikes, the state that a prepared walk begins with: a baseline, and what a killed run has left.
func (w *walk) prepare(t *testing.T, binary string) *arena {
	t.Helper()
	if !w.prepared {
		return nil
	}
	a := newArena(t, &w.scenario)
	a.ends(t, binary)
	a.before = a.admitted(t)
	a.advance(t)
	a.dies(t, binary, "update:after:1", "send", "FILE")
	return a
}

// begins copies the state that was prepared into the arena; what was said before it was said elsewhere.
func (a *arena) begins(t *testing.T, prepared *arena) {
	t.Helper()
	if err := os.Mkdir(a.stateDir, 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(prepared.stateDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		p, err := os.ReadFile(filepath.Join(prepared.stateDir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		writeTo(t, filepath.Join(a.stateDir, f.Name()), string(p))
	}
	a.before = prepared.before
	a.advance(t)
	a.autopsy(t, true)
	a.kills = 0
}

// strike kills one run at one point, and lets it be finished.
func (w *walk) strike(t *testing.T, binary string, prepared *arena, point string) *tally {
	t.Helper()
	a := newArena(t, &w.scenario)
	if prepared != nil {
		a.begins(t, prepared)
		if w.line[0] != "flush" {
			a.advance(t)
		}
	}
	a.dies(t, binary, point, append([]string(nil), w.line...)...)
	a.ends(t, binary)
	y := a.verdict(t)
	if t.Failed() {
		t.Logf("killed at %s", point)
	}
	return y
}

// dies runs the program until it kills itself at a point, or ends.
func (a *arena) dies(t *testing.T, binary, point string, line ...string) {
	t.Helper()
	cmd, out := a.command(t.Context(), t, binary, line...)
	cmd.Env = append(a.env(), "POSTEE_CRASH="+point)
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		t.Errorf("%s: ended with %d: %s", point, exit.ExitCode(), out)
	}
	a.autopsy(t, err != nil)
}
