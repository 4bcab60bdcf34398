package route

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
)

// use makes both engines decide under one of several setups.
func (w *twins) use(setup byte, routes []*Route, anyAge bool) {
	for _, e := range []*Engine{w.plain, w.marked} {
		e.Routes, e.AnyAge, e.needs = routes, anyAge, nil
	}
	w.marked.Decider = [32]byte{1, setup}
	if anyAge {
		w.marked.Decider[2] = 1
	}
}

// prune makes both forget what was last seen before a day.
func (w *twins) prune(now time.Time) {
	w.t.Helper()
	for _, e := range []*Engine{w.plain, w.marked} {
		if _, err := state.Prune(w.t.Context(), e.Store, state.Bounds{Before: now.Unix() / 86400}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestKnownDocumentsUnderSeveralSetups: runs under different configurations, in turn on one state, with a clock that is set back and
// subjects that are forgotten in between: each of them says and remembers what it would if no document were known.
func TestKnownDocumentsUnderSeveralSetups(t *testing.T) {
	t.Parallel()
	var setups [2][]*Route
	historyOf{
		77, 16,
		func(r *rand.Rand) *twins {
			setups = [2][]*Route{routesOfMany(r), routesOfMany(r)}
			return newTwins(t, setups[0])
		},
		func(r *rand.Rand, w *twins, now time.Time) time.Time {
			switch r.IntN(10) {
			case 0:
				now = now.Add(hours(r))
			case 1:
				w.forget("docker.io/two:1")
			case 2:
				now = now.Add(-time.Duration(r.IntN(30)) * time.Hour)
			case 3:
				w.prune(now)
			}
			setup := r.IntN(2)
			w.use(byte(setup), setups[setup], r.IntN(6) == 0)
			return now
		},
	}.run(t)
}
