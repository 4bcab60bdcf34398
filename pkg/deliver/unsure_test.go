package deliver

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// TestUnsure: an attempt to which no answer came is told to the next one at the same part, with the time of its end; one that the
// target has answered, or never got, is not.
func TestUnsure(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"cut off":               {errors.New("connection reset by peer"), true},
		"a gateway's answer":    {answer(504, 0), true},
		"too many requests":     {answer(429, time.Second), false},
		"judged":                {&sinks.Failure{Verdict: sinks.Retry, Err: errors.New("busy")}, false},
		"a judged 502":          {&sinks.Failure{Verdict: sinks.Retry, Err: answer(502, 0)}, true},
		"nobody there":          {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, false},
		"broken off in reading": {&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var failed time.Time
				f := &fake{plan: parts("v1", "1/2", "2/2")}
				f.send = func(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
					if d.Part.Name == "1/2" && failed.IsZero() {
						if err := nap(ctx, time.Second); err != nil {
							return sinks.Receipt{}, err
						}
						failed = time.Now()
						return sinks.Receipt{}, c.err
					}
					want := time.Time{}
					if c.want && d.Part.Name == "1/2" {
						want = failed
					}
					if !d.Unsure.Equal(want) {
						t.Errorf("part %s: unsure %v, want %v", d.Part.Name, d.Unsure, want)
					}
					return sinks.Receipt{}, nil
				}
				r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
				r.born(entry(t, "a", "x", 0))
				r.finish()
				r.expect(1, 0, 0)
			})
		})
	}
}

// TestUnsureInTheNextRun: what a run ended with is known to the next, and what a process that died had claimed may have been sent,
// with all that stood behind it in the lane.
func TestUnsureInTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := state.Memory()
		f := &fake{send: func(context.Context, sinks.Delivery) (sinks.Receipt, error) { return sinks.Receipt{}, errDown }}
		first := begin(t.Context(), t, process{memory, 1}, Options{Targets: []Target{target("a", f)}, Timeout: time.Nanosecond})
		first.born(entry(t, "a", "failed", 0))
		first.finish()
		first.expect(0, 1, 0)
		ended := time.Now()
		const dead = 150
		admit(t, process{memory, dead}, true, []state.Entry{entry(t, "a", "died", 0), entry(t, "a", "died", 1), entry(t, "a", "died", 2)}, nil)
		admit(t, process{memory, 1}, false, []state.Entry{entry(t, "a", "waits", 0)}, nil)
		if err := nap(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
		got := map[string][]time.Duration{}
		f.send = func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			since := time.Duration(-1)
			if !d.Unsure.IsZero() {
				since = d.Unsure.Sub(ended)
			}
			got[d.Subject] = append(got[d.Subject], since)
			return sinks.Receipt{}, nil
		}
		next := begin(t.Context(), t, process{memory, 2}, Options{Targets: []Target{target("a", f)}})
		next.finish()
		want := map[string][]time.Duration{"failed": {0}, "died": {time.Minute, time.Minute, time.Minute}, "waits": {-1}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAwait: a part that the target is still at is asked about again at the target's pace, which delays nobody; when the time is over it
// waits for the next run, which goes on where this one was.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := state.Memory()
		f := &fake{plan: parts("v1", "begin", "end")}
		began, ready := time.Now(), 70*time.Second
		f.send = func(_ context.Context, d sinks.Delivery) (sinks.Receipt, error) {
			if d.Part.Name == "end" && d.Subject == "slow" && time.Since(began) < ready {
				return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Await, Wait: 5 * time.Second, Err: errors.New("not evaluated yet")}
			}
			return sinks.Receipt{Ref: d.Subject, Notes: []string{d.Part.Name + " noted"}, Objection: "policy"}, nil
		}
		options := Options{Targets: []Target{target("a", f)}}
		r := begin(t.Context(), t, memory, options)
		r.born(entry(t, "a", "slow", 0), entry(t, "a", "quick", 0))
		r.finish()
		r.expect(1, 1, 0)
		if one := r.of("slow"); one.Reason != "not evaluated yet" || one.Entry.Attempts != 13 || one.Objection != "policy" {
			t.Errorf("%+v", one)
		}
		if one := r.of("quick"); !cmp.Equal(one.Notes, []string{"begin noted", "end noted"}) || one.Objection != "policy" {
			t.Errorf("%+v", one)
		}
		f.attempts = nil
		r = begin(t.Context(), t, memory, options)
		r.finish()
		r.expect(1, 0, 0)
		if f.attempts[0] != "slow end" || time.Since(began) < ready {
			t.Errorf("%v after %v", f.attempts, time.Since(began))
		}
	})
}
