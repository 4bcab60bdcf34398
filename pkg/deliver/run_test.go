package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// slow makes a sink that takes its time, and ends with its context.
func slow(d time.Duration) *fake {
	return &fake{send: func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
		return sinks.Receipt{}, nap(ctx, d)
	}}
}

func TestInterrupt(t *testing.T) {
	for name, c := range map[string]struct {
		takes     time.Duration
		delivered int
		ends      time.Duration
	}{
		"within grace": {4 * time.Second, 4, 4 * time.Second},
		"beyond grace": {20 * time.Second, 0, 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				f := slow(c.takes)
				began := time.Now()
				r := begin(ctx, t, state.Memory(), Options{Targets: []Target{target("a", f)}})
				r.born(append(entries(t, "a", 50), entry(t, "a", "s0000", 1))...)
				time.AfterFunc(time.Second, cancel)
				r.finish()
				r.expect(c.delivered, 51-c.delivered, 0)
				if len(f.attempts) != 4 || time.Since(began) != c.ends {
					t.Errorf("%d attempts, ended after %v, want 4 and %v", len(f.attempts), time.Since(began), c.ends)
				}
			})
		})
	}
}

func TestInterruptWhileBornWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r := begin(ctx, t, state.Memory(), Options{Targets: []Target{target("a", slow(time.Hour))}})
		time.AfterFunc(50*time.Millisecond, cancel)
		r.born(entries(t, "a", 1000)...)
		r.finish()
		r.expect(0, 1000, 0)
	})
}

// TestStateFails lets each Update in turn fail, before or after it has stored.
func TestStateFails(t *testing.T) {
	broken := errors.New("disk full")
	for _, when := range []string{"update:before", "update:after"} {
		for nth := int64(1); nth <= 12; nth++ {
			t.Run(fmt.Sprint(when, nth), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					memory := state.Memory()
					var n atomic.Int64
					var failed atomic.Bool
					var noticed time.Time
					store := state.Faulty(memory, func(op string) error {
						if op == when && n.Add(1) == nth {
							if !failed.Load() {
								noticed = time.Now()
							}
							failed.Store(true)
							return broken
						}
						return nil
					})
					f := &fake{}
					f.send = func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
						// At the same instant, the attempt may have begun first.
						if failed.Load() && time.Now().After(noticed) {
							t.Error("sent after the state failed")
						}
						return sinks.Receipt{}, nap(ctx, time.Millisecond)
					}
					admit(t, memory, false, entries(t, "a", 40), nil)
					r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}})
					r.Deliverer.Add(t.Context(), admit(t, memory, true, []state.Entry{entry(t, "a", "n1", 0), entry(t, "a", "n2", 0)}, nil), nil, nil)
					err := r.Wait(t.Context())
					if failed.Load() != (err != nil) || err != nil && !errors.Is(err, broken) {
						t.Errorf("Wait: %v, the state failed: %v", err, failed.Load())
					}
					waiting, _ := stored(t, memory)
					for _, one := range r.results {
						if _, waits := waiting[one.Entry.Seq]; one.Status == Delivered && waits {
							t.Errorf("%s is reported delivered and waits", one.Entry.Subject)
						} else if one.Status == Pending && !waits && when == "update:before" {
							t.Errorf("%s is reported pending and is gone", one.Entry.Subject)
						}
					}
				})
			})
		}
	}
}

func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var commits atomic.Int64
		memory := state.Memory()
		store := state.Faulty(memory, func(op string) error {
			if op == "update:before" {
				commits.Add(1)
				return nap(t.Context(), 10*time.Millisecond) // a slow disk
			}
			return nil
		})
		r := begin(t.Context(), t, store, Options{Targets: []Target{
			{Name: "a", Sink: slow(time.Millisecond), Needs: sinks.Needs{Concurrent: 16}},
			{Name: "b", Sink: slow(time.Millisecond), Needs: sinks.Needs{Concurrent: 16}},
		}})
		all := admit(t, memory, true, append(entries(t, "a", 200), entries(t, "b", 200)...), nil)
		if err := r.Add(t.Context(), all, nil, nil); err != nil {
			t.Fatal(err)
		}
		r.finish()
		r.expect(400, 0, 0)
		if n := commits.Load(); n > 20 {
			t.Errorf("%d commits for 400 confirmations", n)
		}
	})
}

func TestLeaseIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		f := slow(20 * time.Minute)
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}, Timeout: time.Hour, Lease: 5 * time.Minute})
		r.born(entries(t, "a", 12)...)
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(30 * time.Second):
				}
				waiting, _ := stored(t, store)
				for _, e := range waiting {
					if time.Until(e.Claim.Until) < 30*time.Second {
						t.Errorf("the claim on %s ends in %v", e.Subject, time.Until(e.Claim.Until))
					}
				}
			}
		}()
		r.finish()
		close(stop)
		r.expect(12, 0, 0)
		if len(f.attempts) != 12 {
			t.Errorf("%d attempts, want 12", len(f.attempts))
		}
	})
}

// TestAttemptEndsBeforeItsLease makes renewal impossible: the state is locked for longer than the lease.
func TestAttemptEndsBeforeItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := state.Memory()
		locked := true
		store := state.Faulty(memory, func(op string) error {
			if op == "update:before" && locked {
				locked = false
				return nap(t.Context(), 50*time.Second)
			}
			return nil
		})
		began := time.Now()
		var ended []time.Duration
		f := &fake{send: func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
			err := nap(ctx, 40*time.Second)
			ended = append(ended, time.Since(began))
			return sinks.Receipt{}, err
		}}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}, Timeout: time.Hour, Lease: 30 * time.Second})
		all := admit(t, memory, true, entries(t, "a", 1), nil)
		all[0].Claim.Until = time.Now().Add(30 * time.Second)
		if err := r.Add(t.Context(), all, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.expect(1, 0, 0)
		if len(ended) != 2 || ended[0] >= 30*time.Second || ended[1] < 90*time.Second {
			t.Errorf("attempts ended after %v, want one before 30 seconds, and one that could end well", ended)
		}
	})
}

func TestLocal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Faulty(state.Memory(), func(string) error { return nap(t.Context(), 5*time.Millisecond) })
		f := slow(time.Millisecond)
		local := Target{Name: "stdout", Sink: f, Needs: sinks.Needs{Local: true, Concurrent: 8}}
		var all []state.Entry
		for i, s := range []string{"a", "b", "a", "c", "b", "a", "d"} {
			e := entry(t, "stdout", s, i)
			e.Local = true
			all = append(all, e)
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{local}})
		r.born(all...)
		r.finish()
		r.expect(7, 0, 0)
		if want := []string{"a 1/1", "b 1/1", "a 1/1", "c 1/1", "b 1/1", "a 1/1", "d 1/1"}; !slices.Equal(f.sent, want) || f.most != 1 {
			t.Errorf("printed %v, %d at once", f.sent, f.most)
		}
	})
}

func TestAbandonedLocal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		store := state.Memory()
		local := Target{Name: "stdout", Sink: slow(time.Hour), Needs: sinks.Needs{Local: true}}
		var all []state.Entry
		for i, s := range []string{"a", "b", "a"} {
			e := entry(t, "stdout", s, i)
			e.Local = true
			all = append(all, e)
		}
		r := begin(ctx, t, store, Options{Targets: []Target{local}})
		r.born(all...)
		cancel()
		r.finish()
		r.expect(0, 0, 3)
		_, dead := stored(t, store)
		err := store.Update(t.Context(), func(tx state.Tx) error {
			for seq := range dead {
				if err := state.Revive(tx, seq); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		local.Sink = &fake{}
		again := begin(t.Context(), t, store, Options{Targets: []Target{local}})
		again.finish()
		again.expect(3, 0, 0)
	})
}
