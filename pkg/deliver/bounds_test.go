package deliver

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

func TestMemoryIsBounded(t *testing.T) {
	for name, size := range map[string]int{"by number": 0, "by bytes": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r *run
				f := &fake{}
				f.send = func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
					r.mu.Lock()
					if d := r.targets["a"]; d.held > maxHeld+4 || d.bytes > maxBytes+4*size {
						t.Errorf("%d items of %d bytes are held", d.held, d.bytes)
					}
					r.mu.Unlock()
					return sinks.Receipt{}, nap(ctx, 10*time.Millisecond)
				}
				r = begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
				all := admit(t, r.store, true, entries(t, "a", 1000), nil)
				for i := range all {
					all[i].Document = make([]byte, 32)
				}
				if err := r.Add(t.Context(), all, nil, map[[32]byte][]byte{{}: make([]byte, size)}); err != nil {
					t.Fatal(err)
				}
				if err := nap(t.Context(), 10*time.Second); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if n := len(f.sent); n != 1000 {
					t.Errorf("%d sent before Wait, want 1000: what was put back is claimed again when there is room", n)
				}
				r.finish()
				r.expect(1000, 0, 0)
			})
		})
	}
}

// TestLonePoison: one message that fails for as long as a target may fail does not condemn the target.
func TestLonePoison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{send: func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if d.Subject == "poison" {
				return sinks.Receipt{}, answer(500, 0)
			}
			return sinks.Receipt{}, nil
		}}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
		r.born(entry(t, "a", "poison", 0))
		if err := nap(t.Context(), 2*time.Minute); err != nil {
			t.Fatal(err)
		}
		r.born(entry(t, "a", "good", 0))
		r.finish()
		r.expect(1, 1, 0)
	})
}

// TestGateCountsProbes: attempts that were under way together are one observation.
func TestGateCountsProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g breaker
		asked := time.Now()
		g.recordFailure(&item{asked: asked}, asked.Add(time.Second), 0)
		until := g.until
		g.recordFailure(&item{asked: asked}, asked.Add(time.Second), 0)
		if !g.until.Equal(until) {
			t.Errorf("probe at %v, then at %v", until, g.until)
		}
		g.recordFailure(&item{asked: asked.Add(2 * time.Second)}, asked.Add(3*time.Second), 0)
		if g.until.Equal(until) {
			t.Error("a failed probe changed nothing")
		}
	})
}

// TestPartsHaveBudgets: a long message to a slow target is delivered, because the target answers.
func TestPartsHaveBudgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := slow(40 * time.Second)
		f.plan = parts("v1", "1/3", "2/3", "3/3")
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
		r.born(entry(t, "a", "x", 0))
		r.finish()
		r.expect(1, 0, 0)
	})
}

func TestInterruptBetweenParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		f := slow(2 * time.Second)
		f.plan = parts("v1", "1/3", "2/3", "3/3")
		store := state.Memory()
		r := begin(ctx, t, store, Options{Targets: []Target{target("a", f)}})
		r.born(entry(t, "a", "x", 0))
		time.AfterFunc(time.Second, cancel)
		r.finish()
		r.expect(0, 1, 0)
		waiting, _ := stored(t, store)
		if diff := cmp.Diff([]string{"1/3"}, waiting[1].Done); diff != "" || len(f.attempts) != 1 {
			t.Errorf("%d attempts; done: %s", len(f.attempts), diff)
		}
	})
}

// TestStateFailureEndsAttempts: what cannot be confirmed is not waited for.
func TestStateFailureEndsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory, broken := state.Memory(), errors.New("disk full")
		store := state.Faulty(memory, func(op string) error {
			if op == "update:before" {
				return broken
			}
			return nil
		})
		f := &fake{}
		f.send = func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if d.Subject == "s0000" {
				return sinks.Receipt{}, nil
			}
			return sinks.Receipt{}, nap(ctx, time.Hour)
		}
		began := time.Now()
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
		_ = r.Add(t.Context(), admit(t, memory, true, entries(t, "a", 10), nil), nil, nil)
		if err := r.Wait(t.Context()); !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took > time.Second || r.count(Pending) != 10 {
			t.Errorf("ended after %v, %d pending", took, r.count(Pending))
		}
	})
}

// TestSharedLane: a lane may hand over an entry that this run leaves alone.
func TestSharedLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		var all []state.Entry
		for _, e := range []state.Entry{entry(t, "a", "1", 0), entry(t, "b", "2", 0), entry(t, "a", "foreign", 0), entry(t, "a", "4", 0)} {
			e.Lane = "serialised"
			all = append(all, e)
		}
		admit(t, store, false, all, nil)
		a, b := &fake{}, &fake{}
		accept := func(e *state.Entry) bool { return e.Subject != "foreign" }
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", a), target("b", b)}, Accept: accept})
		r.finish()
		r.expect(2, 0, 0)
		if len(a.sent) != 1 || len(b.sent) != 1 {
			t.Errorf("sent %v and %v", a.sent, b.sent)
		}
	})
}

// TestGivenBackIsNotClaimedAgain: an entry has one chance in a run.
func TestGivenBackIsNotClaimedAgain(t *testing.T) {
	c := New(Options{Store: state.Memory(), Targets: []Target{target("a", &fake{})}})
	c.claims.returned[7] = true
	if d := c.targets["a"]; c.wants(d, &state.Entry{Seq: 7, Target: "a"}) || !c.wants(d, &state.Entry{Seq: 8, Target: "a"}) || c.wants(d, &state.Entry{Seq: 8, Target: "b"}) {
		t.Error("wants what was given back, or another's, or not what is its own")
	}
}

// TestSmallMessagesCount: what an item takes beside its message is counted, so that many targets with many small messages are bounded too.
func TestSmallMessagesCount(t *testing.T) {
	all := 0
	for range 2 {
		q := newTargetQueue(target("a", &fake{}), &all)
		for !q.full(newItem(state.Entry{}, q)) {
			q.push(newItem(state.Entry{}, q))
		}
	}
	if all < 2*maxHeld*1024 {
		t.Errorf("%d messages count as %d bytes", 2*maxHeld, all)
	}
}
