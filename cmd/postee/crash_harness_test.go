package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// scenario is one way of using the program that must survive being killed.
type scenario struct {
	name string
	// targets are the types of the targets: webhook and slack, one recorder each, and stdout, a file.
	targets []string
	// config makes a configuration file of the targets' addresses, which is used instead of --to; nil is --to.
	config func(addresses []string) string
	// digests reports whether the configuration's messages gather in digests, and that no subject is in one twice.
	digests bool
	// images is how many documents one generation has, findings how many each of them has (0: two).
	images, findings int
	delay            time.Duration
	// answer returns the status of each target's n-th request; nil is always 204.
	answer func(n int) int
	// span is the longest time until a kill, to begin with; 0 is 40 ms. It is adapted to how long runs take.
	span time.Duration
	// flush makes every other run a flush.
	flush bool
	// backlog leaves what a generation did not get delivered to the next one's runs.
	backlog bool
	// finish are the runs, without targets and state, that end it: FILE stands for the scans. nil is send FILE, twice.
	finish [][]string
	// share is how many of a thousand kills it gets.
	share int
}

// arena is a scenario under way: its files, its targets, and what was found out about the processes that were killed.
type arena struct {
	*scenario
	dir, scans string
	// stateDir is where the state is; by default a folder in dir.
	stateDir string
	targets  []target
	// newest is the content of scans.
	newest string
	number int
	// before counts messages that the state had already admitted, and delivered elsewhere.
	before int
	kills  int
	// deaths are claims that ended with their process: message number and owner. keys has the owners by message key.
	deaths map[[2]uint64]bool
	keys   map[string]int
	// unconfirmed counts messages that a target with keys had taken, and the state did not know of, when a process died:
	// each of them must come once more.
	unconfirmed int
}

// newArena makes the files and starts the targets of a scenario.
func newArena(t *testing.T, s *scenario) *arena {
	a := &arena{scenario: s, dir: t.TempDir(), deaths: map[[2]uint64]bool{}, keys: map[string]int{}}
	a.scans, a.stateDir = filepath.Join(a.dir, "scans.ndjson"), filepath.Join(a.dir, "state")
	for i, kind := range s.targets {
		if kind == "stdout" {
			a.targets = append(a.targets, newFileTarget(t, filepath.Join(a.dir, fmt.Sprintf("target%d.jsonl", i))))
			continue
		}
		r := newRecorder(t, s.delay)
		r.answers(s.answer)
		a.targets = append(a.targets, r)
	}
	a.advance(t)
	return a
}

// server returns a target that is one over HTTP.
func (a *arena) server(i int) *recorder { return a.targets[i].(*recorder) }

// file returns a target that is a file.
func (a *arena) file(i int) *fileTarget { return a.targets[i].(*fileTarget) }

// stateFile is where the arena's state is: alone in a folder of its own.
func (a *arena) stateFile() string { return filepath.Join(a.stateDir, "state.db") }

// advance writes the next generation of scans.
func (a *arena) advance(t *testing.T) {
	t.Helper()
	a.number++
	a.newest = generation(a.images, a.number)
	if a.findings > 0 {
		a.newest = longGeneration(a.images, a.findings, a.number)
	}
	writeTo(t, a.scans, a.newest)
}

// args completes a command line with targets and state.
func (a *arena) args(t *testing.T, line ...string) []string {
	t.Helper()
	for i, word := range line {
		if word == "FILE" {
			line[i] = a.scans
		}
	}
	// Whoever is in a crowd on a slow machine must have the patience for it: an hour is none of the tests' limits.
	line = append(line, "--state", a.stateFile(), "--lock-timeout", "1h")
	var addresses []string
	for i, kind := range a.scenario.targets {
		addresses = append(addresses, a.targets[i].address())
		if a.config == nil {
			line = append(line, "--to", fmt.Sprintf("%s%d:%s=%s", kind, i, kind, addresses[i]))
		}
	}
	if a.config != nil {
		file, text := filepath.Join(a.dir, "cfg.yaml"), a.config(addresses)
		if there, _ := os.ReadFile(file); string(there) != text { // another process may be reading it
			writeTo(t, file, text)
		}
		line = append(line, "--config", file)
	}
	return line
}

// env is the process's environment without the user's own configuration.
func (a *arena) env() []string { return append(os.Environ(), "HOME="+a.dir) }

// command prepares a run of the program.
func (a *arena) command(ctx context.Context, t *testing.T, binary string, line ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.CommandContext(ctx, binary, a.args(t, line...)...)
	cmd.Env = a.env()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// autopsy looks at what a process has left: which claims died with it, and which parts it knew to be delivered.
func (a *arena) autopsy(t *testing.T, killed bool) {
	t.Helper()
	for _, r := range a.targets {
		r.settle(t)
	}
	if !killed {
		return
	}
	a.kills++
	a.look(t, func(tx state.Tx) error {
		lanes := map[string]uint64{}
		for e, err := range state.Entries(tx, false) {
			if err != nil {
				return err
			}
			if _, known := lanes[e.Lane]; !known {
				lanes[e.Lane] = e.Claim.Owner
			}
			a.examine(t, tx, &e, lanes[e.Lane])
		}
		return nil
	})
}

// examine looks at an entry as a dead process has left it. owner had the claim on the head of its lane: with that, it may have sent what
// stands behind it too.
func (a *arena) examine(t *testing.T, tx state.Tx, e *state.Entry, owner uint64) {
	t.Helper()
	claim := [2]uint64{e.Seq, owner}
	died := owner != 0 && !a.deaths[claim]
	if died {
		a.deaths[claim] = true
	}
	for i, kind := range a.scenario.targets {
		if e.Target != fmt.Sprintf("%s%d", kind, i) {
			continue
		}
		key := a.targets[i].keyOf(t, tx, e)
		if died {
			a.keys[key]++
		}
		a.targets[i].forbid(e.Subject, e.Done)
		a.unconfirmed += a.targets[i].tookBefore(key)
	}
}

// open opens the state that is there, with all patience.
func (a *arena) open(t *testing.T) (*boltfile.Store, error) {
	t.Helper()
	return boltfile.Open(t.Context(), boltfile.Options{Path: a.stateFile(), NoCreate: true, LockTimeout: time.Hour})
}

// look reads the state, when there is one.
func (a *arena) look(t *testing.T, fn func(state.Tx) error) {
	t.Helper()
	store, err := a.open(t)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		defer store.Close()
		err = store.View(t.Context(), fn)
	}
	if err != nil {
		t.Fatalf("after %d kills: %v", a.kills, err)
	}
}

// errPeek ends a transaction without storing it.
var errPeek = errors.New("only looking")

// admitted counts all messages that the state has ever taken in: the next one's number tells.
func (a *arena) admitted(t *testing.T) (n int) {
	t.Helper()
	store, err := a.open(t)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = store.Update(t.Context(), func(tx state.Tx) error {
		next := &state.Admission{Entries: []state.Entry{{Key: strings.Repeat("0", 32), Lane: "a lane of its own"}}}
		if err := state.Admit(tx, state.Claimant{}, next); err != nil {
			return err
		}
		n = int(next.Entries[0].Seq) - 1
		return errPeek
	})
	if !errors.Is(err, errPeek) {
		t.Fatal(err)
	}
	return n
}

// ends runs what finishes the scenario, without faults, and checks the state. Nothing may be left to deliver.
func (a *arena) ends(t *testing.T, binary string) {
	t.Helper()
	lines := a.finish
	if lines == nil {
		lines = [][]string{{"send", "FILE"}, {"send", "FILE"}}
	}
	for _, line := range lines {
		cmd, out := a.command(t.Context(), t, binary, append([]string(nil), line...)...)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %v\n%s", line, err, out)
		}
	}
	sound(t, binary, a.stateFile())
	a.look(t, func(tx state.Tx) error {
		total, err := state.Summarise(tx)
		if total.Pending+total.Dead+total.Queued > 0 {
			t.Errorf("left in the state: %+v", total)
		}
		return err
	})
}

// sound runs state check.
func sound(t *testing.T, binary, stateFile string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary, "state", "check", "--state", stateFile).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// writeTo writes a file.
func writeTo(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
