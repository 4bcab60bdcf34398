//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
)

// crowd is how many processes send the same documents into one state.
const crowd = 20

// member is one process of a crowd.
type member struct {
	cmd  *exec.Cmd
	out  *bytes.Buffer
	done chan struct{}
	err  error
}

// joins starts a process.
func (a *arena) joins(t *testing.T, binary string, line ...string) *member {
	t.Helper()
	m := &member{done: make(chan struct{})}
	m.cmd, m.out = a.command(t.Context(), t, binary, line...)
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		m.err = m.cmd.Wait()
		close(m.done)
	}()
	return m
}

// succeeds waits for the process's end, which must be status 0.
func (m *member) succeeds(t *testing.T) {
	t.Helper()
	<-m.done
	if m.err != nil {
		t.Errorf("%v\n%s", m.err, m.out)
	}
}

// ended reports whether the process is over.
func (m *member) ended() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// TestCrowd: processes that send the same documents into one state, which the first of them makes, say each exactly once.
func TestCrowd(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 200, delay: time.Millisecond})
	var all []*member
	for range crowd {
		all = append(all, a.joins(t, binary, "send", "FILE"))
	}
	for _, m := range all {
		m.succeeds(t)
	}
	a.ends(t, binary)
	y := a.verdict(t)
	if y.taken != a.images || y.repeated != 0 {
		t.Errorf("%d messages for %d images, %d repeated", y.taken, a.images, y.repeated)
	}
	t.Logf("%d processes, %d documents each: %d messages", crowd, a.images, y.taken)
}

// TestCrowdWithDeaths kills a third of such processes at random: nothing is lost, the survivors end with 0, and what is
// repeated was claimed by one that died.
func TestCrowdWithDeaths(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 1000, delay: 20 * time.Millisecond})
	var survivors []*member
	var deaths sync.WaitGroup
	var mu sync.Mutex
	over := false // under the target's lock
	for i := range crowd {
		// Each begins with other documents, so that all of them have something in hand.
		file := filepath.Join(a.dir, fmt.Sprintf("scans%d.ndjson", i))
		lines := strings.SplitAfter(a.newest, "\n")[:a.images]
		writeTo(t, file, strings.Join(append(lines[i*50:a.images:a.images], lines[:i*50]...), ""))
		m := a.joins(t, binary, "send", file)
		if i%3 != 0 {
			survivors = append(survivors, m)
			continue
		}
		after := 1 + rand.IntN(a.images/4)
		deaths.Go(func() {
			// When the survivors have ended, there may be nothing left that comes by itself.
			a.server(0).until(func() bool { return a.server(0).taken >= after || over })
			if claims, killed := a.executes(t, m); killed {
				mu.Lock()
				defer mu.Unlock()
				a.kills++
				for claim := range claims {
					a.deaths[claim] = true
				}
			}
		})
	}
	for _, m := range survivors {
		m.succeeds(t)
	}
	r := a.server(0)
	r.mu.Lock()
	over = true
	r.notify()
	r.mu.Unlock()
	deaths.Wait()
	a.ends(t, binary)
	whole, _ := r.messages()
	if lost := a.admitted(t) - whole; lost != 0 || r.otherKeys() > 0 || r.repeat > len(a.deaths) {
		t.Errorf("%d lost, %d with another key, %d repeated; %d claims died", lost, r.otherKeys(), r.repeat, len(a.deaths))
	}
	if a.kills < crowd/6 {
		t.Errorf("only %d processes were killed", a.kills)
	}
	t.Logf("%d processes, %d killed, %d documents each: %d messages, %d repeated with the same key; %d claims died",
		crowd, a.kills, a.images, whole, r.repeat, len(a.deaths))
}

// suspends stops a process where it does not hold the state's lock, and looks at the state meanwhile. It is false when the process
// was over already.
func (a *arena) suspends(t *testing.T, m *member, store state.Store, fn func(state.Tx) error) bool {
	for {
		if m.ended() || m.cmd.Process.Signal(syscall.SIGSTOP) != nil {
			return false
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := store.View(ctx, fn)
		cancel()
		if err == nil {
			return true
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
			return false
		}
		// Either it holds the lock, or the machine is slow: once more.
		_ = m.cmd.Process.Signal(syscall.SIGCONT)
		<-time.After(2 * time.Millisecond)
	}
}

// executes stops a process where it does not hold the state's lock, takes down what it has claimed, and kills it. It returns
// the claims, by message number and owner; none when the process was over already.
func (a *arena) executes(t *testing.T, m *member) (claims map[[2]uint64]bool, killed bool) {
	if _, err := os.Stat(a.stateFile()); err != nil {
		return nil, false // nobody has made the state yet: too early
	}
	store, err := a.open(t)
	if err != nil {
		t.Error(err)
		return nil, false
	}
	defer store.Close()
	claims = map[[2]uint64]bool{}
	suspended := a.suspends(t, m, store, func(tx state.Tx) error {
		clear(claims)
		for e, err := range state.Entries(tx, false) {
			if err != nil {
				return err
			}
			if e.Claim.Owner != 0 {
				claims[[2]uint64{e.Seq, e.Claim.Owner}] = true
			}
		}
		return nil
	})
	if !suspended || m.cmd.Process.Kill() != nil {
		return nil, false
	}
	<-m.done
	for claim := range claims {
		if alive, known := store.Owners().Alive(claim[1]); alive || !known {
			delete(claims, claim)
		}
	}
	return claims, true
}

// TestSlowTargetDelaysNobody: while a process waits for a target, which never answers, another one's messages to another target take no
// longer than where nobody waits.
func TestSlowTargetDelaysNobody(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	slow := newArena(t, &scenario{targets: []string{"webhook"}, images: 20, delay: time.Hour})
	waiting := slow.joins(t, binary, "send", "FILE", "--timeout", "1h")
	slow.server(0).await(1)
	quick := newRecorder(t, 0)
	alone := filepath.Join(t.TempDir(), "state.db")
	sends := func(i int, stateFile string) time.Duration {
		start := time.Now()
		out, err := exec.CommandContext(t.Context(), binary, "send", slow.scans, "--to", fmt.Sprintf("quick%d:webhook=%s", i, quick.URL),
			"--state", stateFile, "--lock-timeout", "1h").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return time.Since(start)
	}
	var beside, control []time.Duration
	for i := range 5 { // by turns: what else the machine does is the same for both
		slow.advance(t)
		control = append(control, sends(i, alone))
		beside = append(beside, sends(i, slow.stateFile()))
	}
	if waiting.ended() {
		t.Error("the target was not slow: nothing was tested")
	}
	if slices.Min(beside) > 2*slices.Max(control) || quick.count() != 2*5*20 {
		t.Errorf("the others took %s, without a slow target beside them %s, and said %d messages", beside, control, quick.count())
	}
	t.Logf("sends to another target took %s, and %s where nobody waits", beside, control)
	_ = waiting.cmd.Process.Kill()
	<-waiting.done
}

// TestSuspendedWhileDelivering stops a process that has claimed messages: others go on with everything else and leave what
// it has claimed, as long as it lives. When it goes on, it finishes; nothing is lost or said twice.
func TestSuspendedWhileDelivering(t *testing.T) {
	t.Parallel()
	binary := built(t, "")
	patiently(t, time.Second, func(limit time.Duration) bool {
		a := newArena(t, &scenario{targets: []string{"webhook"}, images: 12})
		letGo := a.server(0).holds(0)
		first := a.joins(t, binary, "send", "FILE", "--timeout", "1h")
		a.server(0).await(1)
		store, err := a.open(t)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if !a.suspends(t, first, store, func(state.Tx) error { return nil }) {
			t.Fatal("it was over before it was suspended")
		}
		letGo()
		a.images = 24
		a.newest = generation(a.images, a.number)
		writeTo(t, a.scans, a.newest)
		other := a.joins(t, binary, "send", "FILE", "--timeout", limit.String(), "--output", "json")
		<-other.done
		got := exitOf(other.err)
		if got != exitOK && got != exitUndelivered {
			t.Errorf("beside a process that is suspended: ended with %d: %s", got, other.out)
		}
		mine := strings.Join(strings.SplitAfter(a.newest, "\n")[:12], "")
		if lost := a.server(0).outdated(a.newest) - a.server(0).outdated(mine); lost > 0 && got == exitOK {
			t.Errorf("the other process left out %d of the 12 messages that were not claimed", lost)
		}
		if first.ended() {
			t.Error("it was not suspended: nothing was tested")
		}
		if err := first.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		first.succeeds(t)
		if got == exitUndelivered { // the target had no time to answer
			return false
		}
		a.ends(t, binary)
		if y := a.verdict(t); y.taken != 24 || y.repeated != 0 {
			t.Errorf("%d messages, %d repeated", y.taken, y.repeated)
		}
		return true
	})
}

// TestSuspendedWithTheLock stops a process while it holds the state's lock: others end with 5 after their patience and say
// so; when it goes on, all is well.
func TestSuspendedWithTheLock(t *testing.T) {
	t.Parallel()
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 5})
	plain := built(t, "")
	cmd, out := a.command(t.Context(), t, built(t, "crash"), "send", "FILE")
	cmd.Env = append(cmd.Environ(), "POSTEE_STOP=update:inside:1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var stopped syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &stopped, syscall.WUNTRACED, nil); err != nil || !stopped.Stopped() {
		t.Fatalf("it did not stop: %v %v", stopped, err)
	}
	for _, line := range [][]string{{"send", "FILE"}, {"flush"}, {"state", "stats"}} {
		var args []string
		if line[0] == "state" {
			args = append(line, "--state", a.stateFile())
		} else {
			args = a.args(t, line...)
		}
		text, err := exec.CommandContext(t.Context(), plain, append(args, "--lock-timeout", "300ms")...).CombinedOutput()
		if got := exitOf(err); got != exitState || !bytes.Contains(text, []byte("is locked by another process (waited 300ms)")) {
			t.Errorf("%v: ended with %d: %s", line, got, text)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	a.ends(t, plain)
	if y := a.verdict(t); y.taken != 5 {
		t.Errorf("%d messages were taken", y.taken)
	}
}
