package deliver

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/statetest"
)

// TestClockOfAnotherRun: what a run with a wrong clock has left is delivered, and an entry from the future that fails waits
// like any other: it is reported once, and not taken for an old one.
func TestClockOfAnotherRun(t *testing.T) {
	for name, shift := range map[string]time.Duration{"a year ahead": 365 * 24 * time.Hour, "a day back": -24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := state.Memory()
				asked, admitted := entry(t, "a", "asked to wait", 0), entry(t, "a", "admitted", 0)
				asked.NotBefore, admitted.Admitted = time.Now().Add(shift), time.Now().Add(shift)
				failing := entry(t, "b", "fails", 0)
				failing.Admitted = time.Now().Add(shift)
				admit(t, store, false, []state.Entry{asked, admitted, failing}, nil)
				down := &fake{send: refusing(500)}
				r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", &fake{}), target("b", down)}})
				r.finish()
				r.expect(2, 1, 0)
				if len(r.results) != 3 {
					t.Errorf("%d results of 3 entries", len(r.results))
				}
			})
		})
	}
}

// TestClockJumpsDuringRetryAfter: a wait that a run a year ahead wrote down does not outlast the clock's being set right.
func TestClockJumpsDuringRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := state.Memory()
		f := &fake{send: refusing(429)}
		r := begin(t.Context(), t, memory, Options{Targets: []Target{target("a", f)}, Timeout: time.Second})
		r.born(entry(t, "a", "x", 0))
		r.finish()
		r.expect(0, 1, 0)
		waiting, _ := stored(t, memory)
		if left := time.Until(waiting[1].NotBefore); left <= 0 || left > 24*time.Hour {
			t.Errorf("to wait for %v", left)
		}
		for _, c := range []struct {
			now  time.Time
			free bool
		}{{time.Now(), false}, {time.Now().AddDate(-1, 0, 0), true}, {time.Now().AddDate(0, 0, 2), true}} {
			view := func(tx state.Tx) error {
				got, _, err := state.ClaimNext(statetest.At(tx, c.now), state.Claimant{Owner: 5, Lease: time.Minute}, process{memory, 5}, state.Query{})
				if (len(got) == 1) != c.free {
					t.Errorf("at %v: %d claimed", c.now, len(got))
				}
				return err
			}
			if err := state.Overlay(memory).Update(t.Context(), view); err != nil {
				t.Error(err)
			}
		}
	})
}

// refusing answers everything with a status; 429 asks for ten days, of which a sink lets a day through.
func refusing(status int) func(context.Context, sinks.Delivery) (sinks.Receipt, error) {
	var wait time.Duration
	if status == 429 {
		wait = 240 * time.Hour
	}
	return func(context.Context, sinks.Delivery) (sinks.Receipt, error) {
		return sinks.Receipt{}, answer(status, wait)
	}
}

// elsewhere is a store with a clock of its own, as one on another machine.
type elsewhere struct {
	state.Store
	ahead time.Duration
}

func (e elsewhere) View(ctx context.Context, fn func(state.Tx) error) error {
	return e.Store.View(ctx, func(tx state.Tx) error { return fn(statetest.At(tx, tx.Now().Add(e.ahead))) })
}

func (e elsewhere) Update(ctx context.Context, fn func(state.Tx) error) error {
	return e.Store.Update(ctx, func(tx state.Tx) error { return fn(statetest.At(tx, tx.Now().Add(e.ahead))) })
}

// TestClockOfTheState: claims begin and end by the state's clock, whatever this machine's shows: they are renewed in time, and
// what a target asked to wait for counts from now.
func TestClockOfTheState(t *testing.T) {
	for _, ahead := range []time.Duration{-48 * time.Hour, -time.Hour, time.Hour, 48 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := elsewhere{state.Memory(), ahead}
				waits := &fake{send: refusing(429)}
				r := begin(t.Context(), t, store, Options{Targets: []Target{target("slow", slow(20*time.Minute)), target("waits", waits)},
					Timeout: time.Hour})
				r.born(entry(t, "slow", "x", 0), entry(t, "slow", "x", 1), entry(t, "waits", "y", 0))
				r.finish()
				r.expect(2, 1, 0)
				again := &fake{}
				r = begin(t.Context(), t, store, Options{Targets: []Target{target("waits", again)}})
				r.finish()
				if len(again.sent) != 0 {
					t.Errorf("sent %v before its time", again.sent)
				}
				<-time.After(24 * time.Hour)
				r = begin(t.Context(), t, store, Options{Targets: []Target{target("waits", again)}})
				r.finish()
				r.expect(1, 0, 0)
			})
		})
	}
}
