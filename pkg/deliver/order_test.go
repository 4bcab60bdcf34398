package deliver

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// slowStore takes a while to store anything.
type slowStore struct{ state.Store }

func (s slowStore) Update(ctx context.Context, fn func(state.Tx) error) error {
	time.Sleep(10 * time.Millisecond)
	return s.Store.Update(ctx, fn)
}

// TestLocalDoesNotOvertake: what is printed keeps the order of admission, also where an entry waits for its lane to hand it over
// while a later one of another lane could be printed already.
func TestLocalDoesNotOvertake(t *testing.T) {
	for _, subjects := range []string{"aab", "aabac", "abab", "aaabbb", "aaaaabbbabababcaaabcc"} {
		t.Run(subjects, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{}
				r := begin(t.Context(), t, slowStore{state.Memory()}, Options{Targets: []Target{{Name: "stdout", Sink: f, Needs: sinks.Needs{Local: true}}}})
				var all []state.Entry
				var want []string
				for i, subject := range strings.Split(subjects, "") {
					e := entry(t, "stdout", subject, i)
					e.Local = true
					all, want = append(all, e), append(want, subject+" 1/1")
				}
				r.born(all...)
				r.finish()
				r.expect(len(all), 0, 0)
				if !slices.Equal(f.sent, want) {
					t.Errorf("printed %q, want %q", f.sent, want)
				}
			})
		})
	}
}

// TestFailingTargetIsProbedByOne: while a target fails, one attempt at a time finds out whether it still does, however many
// could be made; when one succeeds, all go ahead.
func TestFailingTargetIsProbedByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const outage = 20 * time.Second
		down := time.Now().Add(outage)
		var probes, most int
		f := &fake{}
		f.send = func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
			failing := time.Now().Before(down)
			if failing {
				f.mu.Lock()
				if probes++; probes > 4 { // the first four were under way before anybody knew
					most = max(most, f.busy)
				}
				f.mu.Unlock()
			}
			if err := nap(ctx, 50*time.Millisecond); err != nil || !failing {
				return sinks.Receipt{}, err
			}
			return sinks.Receipt{}, errDown
		}
		r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
		r.born(entries(t, "a", 50)...)
		r.finish()
		r.expect(50, 0, 0)
		if most != 1 {
			t.Errorf("%d attempts at once while the target failed, want 1", most)
		}
		if f.most != 4 {
			t.Errorf("%d attempts at once when it answered again, want 4", f.most)
		}
	})
}

// TestRefusalShowsThatTheTargetAnswers: a target that refuses one message for good is not failing any more, so that the others
// need not wait for its breaker.
func TestRefusalShowsThatTheTargetAnswers(t *testing.T) {
	for name, refusal := range map[string]error{
		"HTTP": answer(404, 0), "a protocol of its own": &sinks.Failure{Verdict: sinks.Dead, Err: errors.New("550 no such user")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, last := 0, time.Time{}
				var refused time.Time
				f := &fake{}
				f.send = func(ctx context.Context, _ sinks.Delivery) (sinks.Receipt, error) {
					f.mu.Lock()
					n++
					attempt := n
					f.mu.Unlock()
					switch attempt {
					case 1:
						return sinks.Receipt{}, answer(503, 10*time.Second)
					case 2:
						refused = time.Now()
						return sinks.Receipt{}, refusal
					}
					err := nap(ctx, time.Second)
					f.mu.Lock()
					defer f.mu.Unlock()
					last = time.Now()
					return sinks.Receipt{}, err
				}
				r := begin(t.Context(), t, state.Memory(), Options{Targets: []Target{target("a", f)}})
				all := entries(t, "a", 5)
				r.born(all[0])
				if err := nap(t.Context(), time.Second); err != nil {
					t.Fatal(err)
				}
				r.born(all[1:]...)
				r.finish()
				r.expect(4, 0, 1)
				if took := last.Sub(refused); took != time.Second {
					t.Errorf("the others took %v after the refusal, want a second, all at once", took)
				}
			})
		})
	}
}
