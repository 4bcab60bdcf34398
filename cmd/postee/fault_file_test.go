//go:build unix

package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// during runs send on a new generation, lets something happen to the state when some messages were taken, and returns how
// the run ended. The target is slow enough for the run to need the state afterwards.
func (a *arena) during(t *testing.T, happens func()) (status int, out string) {
	t.Helper()
	a.advance(t)
	r := a.server(0)
	r.late(20 * time.Millisecond)
	taken, letGo := r.count(), r.holds(7)
	m := a.joins(t, built(t, ""), "send", "FILE")
	r.await(taken + 8)
	happens()
	letGo()
	<-m.done
	r.late(0)
	a.autopsy(t, true)
	return exitOf(m.err), m.out.String()
}

// moving is a scenario in which a state is taken away while messages are under way.
func moving(t *testing.T) *arena {
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 100})
	a.ends(t, built(t, ""))
	return a
}

// rename renames a file.
func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Error(err)
	}
}

// TestStateDeletedDuringRun: a state that vanishes is noticed, never made again silently, and the run sends no more. When it
// comes back, what is left is delivered.
func TestStateDeletedDuringRun(t *testing.T) {
	t.Parallel()
	a := moving(t)
	aside := a.stateFile() + ".aside"
	status, out := a.during(t, func() { rename(t, a.stateFile(), aside) })
	if status != exitState || !strings.Contains(out, "vanished during the run") {
		t.Errorf("ended with %d: %s", status, out)
	}
	if _, err := os.Stat(a.stateFile()); err == nil {
		t.Error("a state was made anew")
	}
	if n := a.server(0).count(); n > 2*a.images-20 {
		t.Errorf("%d messages: it went on sending", n)
	}
	rename(t, aside, a.stateFile())
	a.afterwards(t)
}

// afterwards delivers the rest and checks that nothing is lost, and that only what could not be confirmed came twice.
func (a *arena) afterwards(t *testing.T) {
	t.Helper()
	a.autopsy(t, true)
	a.ends(t, built(t, ""))
	r := a.server(0)
	if r.outdated(a.newest) > 0 || r.otherKeys() > 0 {
		t.Errorf("%d lost, %d with another key", r.outdated(a.newest), r.otherKeys())
	}
	for key, n := range r.times() {
		if n > 2 {
			t.Errorf("message %s was taken %d times", key, n)
		}
	}
}

// TestStateReplacedDuringRun: another state in its place is noticed and not written to.
func TestStateReplacedDuringRun(t *testing.T) {
	t.Parallel()
	a, b := moving(t), moving(t)
	other := contents(t, b.stateFile())
	aside := a.stateFile() + ".aside"
	status, out := a.during(t, func() {
		rename(t, a.stateFile(), aside)
		rename(t, b.stateFile(), a.stateFile())
	})
	if status != exitState || !strings.Contains(out, "was replaced by another state during the run") {
		t.Errorf("ended with %d: %s", status, out)
	}
	if !bytes.Equal(contents(t, a.stateFile()), other) {
		t.Error("the other state was written to")
	}
	rename(t, aside, a.stateFile())
	a.afterwards(t)
}

// TestOlderCopyRestoredDuringRun: a copy of the same state from before the run is noticed; the next run says what was said
// since then again, with the same keys.
func TestOlderCopyRestoredDuringRun(t *testing.T) {
	t.Parallel()
	a := moving(t)
	older := a.stateFile() + ".older"
	writeTo(t, older, string(contents(t, a.stateFile())))
	status, out := a.during(t, func() { rename(t, older, a.stateFile()) })
	if status != exitState || !strings.Contains(out, "was replaced by an older copy of itself during the run") {
		t.Errorf("ended with %d: %s", status, out)
	}
	a.afterwards(t)
}

// damaged are ways in which a file is no more what was written.
func damaged(whole []byte) map[string][]byte {
	used := len(bytes.TrimRight(whole, "\x00"))
	torn := bytes.Clone(whole)
	clear(torn[used/2:])
	zeroed := bytes.Clone(whole)
	clear(zeroed[8192:])
	flipped := bytes.Clone(whole)
	flipped[4096+40] ^= 4
	return map[string][]byte{
		"halved": whole[:used/2], "empty": nil, "cut within a page": whole[:used-4097],
		"last pages zeroed": torn, "all but the headers zeroed": zeroed, "a bit of the header": flipped,
	}
}

// TestDamagedFile: a file that is damaged is status 5, says so without a trace, is not changed, and nothing is sent.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 300})
	a.ends(t, built(t, ""))
	// Without free pages: zeroing those would harm nothing.
	if out, err := exec.CommandContext(t.Context(), built(t, ""), "state", "compact", "--state", a.stateFile()).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	whole := contents(t, a.stateFile())
	a.advance(t)
	for name, p := range damaged(whole) {
		t.Run(name, func(t *testing.T) {
			writeTo(t, a.stateFile(), string(p))
			a.ends5(t, a.send(t), "state "+a.stateFile()+" ")
			if !bytes.Equal(contents(t, a.stateFile()), p) {
				t.Error("the file was changed")
			}
		})
	}
	writeTo(t, a.stateFile(), string(whole))
	a.ends(t, built(t, ""))
	a.verdict(t)
}

// TestFlippedBits: a bit that was lost anywhere is noticed (status 5) or harms nothing; the program never ends with a trace.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 20})
	a.ends(t, built(t, ""))
	whole := contents(t, a.stateFile())
	a.advance(t)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	refused, flips := 0, 60
	for range flips {
		at := random.IntN(len(bytes.TrimRight(whole, "\x00")))
		p := bytes.Clone(whole)
		p[at] ^= 1 << random.IntN(8)
		writeTo(t, a.stateFile(), string(p))
		m := a.joins(t, built(t, ""), "send", "FILE")
		<-m.done
		got := exitOf(m.err)
		if got != exitOK && got != exitState || strings.Contains(m.out.String(), "goroutine ") {
			t.Errorf("byte %d: ended with %d: %.500s", at, got, m.out)
		}
		if got == exitState {
			refused++
		}
		if other := a.server(0).otherKeys(); other > 0 {
			t.Fatalf("byte %d: %d messages got another key", at, other)
		}
	}
	t.Logf("%d of %d flips were refused, the others harmed nothing", refused, flips)
}
