package deliver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// refuse makes a sink that always answers the same.
func refuse(err error) *fake {
	return &fake{send: func(context.Context, sinks.Delivery) (sinks.Receipt, error) { return sinks.Receipt{}, err }}
}

func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, other := refuse(answer(401, 0)), &fake{}
		store := state.Memory()
		admit(t, store, false, entries(t, "a", 100), nil)
		r := begin(t.Context(), t, store, Options{Targets: []Target{{Name: "a", Sink: f}, target("b", other)}})
		r.born(entry(t, "a", "new", 0), entry(t, "b", "new", 0))
		began := time.Now()
		r.finish()
		if len(f.attempts) != 1 || len(other.sent) != 1 {
			t.Errorf("%d attempts after a 401, want 1; the other target got %d, want 1", len(f.attempts), len(other.sent))
		}
		if r.count(Dead) != 0 || r.of("new").Entry.Target == "a" && r.of("new").Status != Pending {
			t.Errorf("%+v", r.results)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %v", took)
		}
		for _, one := range r.results {
			if one.Status == Pending && !strings.HasSuffix(one.Reason, "HTTP 401 Unauthorized") {
				t.Errorf("reason %q", one.Reason)
			}
		}
	})
}

func TestDead(t *testing.T) {
	for name, c := range map[string]struct {
		f      *fake
		spoil  func(*state.Entry)
		reason string
	}{
		"refused":     {refuse(answer(400, 0)), nil, "HTTP 400 Bad Request"},
		"redirected":  {refuse(answer(307, 0)), nil, "HTTP 307 Temporary Redirect"},
		"permanent":   {refuse(&sinks.Failure{Verdict: sinks.Dead, Err: errors.New("no\n such  project")}), nil, "no such project"},
		"unplannable": {&fake{plan: func(*message.Message) ([]sinks.Part, error) { return nil, errors.New("too large") }}, nil, "too large"},
		"no parts":    {&fake{plan: func(*message.Message) ([]sinks.Part, error) { return nil, nil }}, nil, "the target has no way to say this message"},
		"panic":       {&fake{plan: func(*message.Message) ([]sinks.Part, error) { panic("s3cret") }}, nil, "the target's code failed on this message (string): please report it"},
		"undecodable": {&fake{}, func(e *state.Entry) { e.Message = []byte{77} }, "message: version 77, this program knows 4: a newer postee wrote it"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := entry(t, "a", "x", 0)
				if c.spoil != nil {
					c.spoil(&e)
				}
				r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", c.f)}})
				r.born(e, entry(t, "a", "x", 1))
				r.finish()
				if one := r.of("x"); one.Status != Dead || one.Reason != c.reason || one.Entry.Reason != c.reason {
					t.Errorf("status %d, reason %q, want dead, %q", one.Status, one.Reason, c.reason)
				}
				if len(r.results) != 2 || len(c.f.attempts) > 2 {
					t.Errorf("%d results, %d attempts: the next of the lane must have its turn", len(r.results), len(c.f.attempts))
				}
			})
		})
	}
}

func TestRetryAfterWithinBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := &fake{}
		f.send = func(context.Context, sinks.Delivery) (sinks.Receipt, error) {
			if time.Since(began) < 30*time.Second {
				return sinks.Receipt{}, answer(429, 30*time.Second)
			}
			return sinks.Receipt{}, nil
		}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{{Name: "a", Sink: f}}})
		r.born(entries(t, "a", 20)...)
		r.finish()
		r.expect(20, 0, 0)
		if len(f.attempts) != 21 {
			t.Errorf("%d attempts, want 21: nobody asks while the target wants to be left alone", len(f.attempts))
		}
	})
}

func TestRetryAfterBeyondBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := refuse(answer(429, time.Hour))
		store := state.Memory()
		began := time.Now()
		r := begin(t.Context(), t, store, Options{Targets: []Target{{Name: "a", Sink: f}}})
		r.born(entries(t, "a", 20)...)
		r.finish()
		r.expect(0, 20, 0)
		if len(f.attempts) != 1 || time.Since(began) > time.Second {
			t.Errorf("%d attempts in %v, want 1 at once", len(f.attempts), time.Since(began))
		}
		for _, one := range r.results {
			if !one.Entry.NotBefore.Equal(began.Add(time.Hour)) {
				t.Errorf("%s: not before %v", one.Entry.Subject, one.Entry.NotBefore)
			}
		}
		again := begin(t.Context(), t, store, Options{Targets: []Target{{Name: "a", Sink: f}}})
		again.finish()
		if len(f.attempts) != 1 {
			t.Error("the next run did not keep to what the target asked for")
		}
		if err := nap(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		f.send = nil
		last := begin(t.Context(), t, store, Options{Targets: []Target{{Name: "a", Sink: f}}})
		last.finish()
		last.expect(20, 0, 0)
	})
}

func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var times []time.Time
		f := &fake{send: func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
			times = append(times, time.Now())
			if len(times) == 1 {
				return sinks.Receipt{}, answer(503, 0)
			}
			return sinks.Receipt{}, ctx.Err()
		}}
		limited := Target{Name: "a", Sink: f, Needs: sinks.Needs{Every: 3 * time.Second}}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{limited}})
		r.born(entries(t, "a", 400)...)
		r.finish()
		r.expect(400, 0, 0)
		for i := range times[1:] {
			if gap := times[i+1].Sub(times[i]); gap < 3*time.Second {
				t.Fatalf("%v between requests", gap)
			}
		}
	})
}

func TestHangingTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := &fake{send: func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
			<-ctx.Done()
			return sinks.Receipt{}, ctx.Err()
		}}
		good := &fake{}
		began := time.Now()
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("hangs", hangs), target("good", good)}})
		for i := range 1000 {
			r.born(entry(t, "hangs", fmt.Sprint(i), 0), entry(t, "good", fmt.Sprint(i), 0))
		}
		synctest.Wait()
		if took := time.Since(began); len(good.sent) != 1000 || took > 5*time.Second {
			t.Errorf("the good target got %d of 1000 in %v", len(good.sent), took)
		}
		r.finish()
		r.expect(1000, 1000, 0)
		if len(hangs.attempts) > 20 || time.Since(began) > 3*time.Minute {
			t.Errorf("%d attempts, gave up after %v", len(hangs.attempts), time.Since(began))
		}
	})
}

func TestMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := state.Memory()
		admit(t, store, false, entries(t, "a", 1), nil)
		if err := nap(t.Context(), 8*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", refuse(errDown))}})
		r.born(entry(t, "a", "young", 0))
		r.finish()
		r.expect(0, 1, 1)
		if r.of("s0000").Status != Dead {
			t.Error("an entry older than MaxAge waits on after an attempt failed")
		}
	})
}

func TestForeignRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		store := state.Memory()
		admit(t, store, false, append(entries(t, "a", 3), entries(t, "gone", 2)...), nil)
		accept := func(e *state.Entry) bool { return e.Subject != "s0001" }
		r := begin(t.Context(), t, store, Options{Targets: []Target{target("a", f)}, Accept: accept})
		r.finish()
		r.expect(2, 0, 0)
		if waiting, _ := stored(t, store); len(waiting) != 3 {
			t.Errorf("%d wait, want 3 left alone", len(waiting))
		}
	})
}
