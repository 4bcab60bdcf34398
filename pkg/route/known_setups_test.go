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
	unread := 0
	for seed := range uint64(cases / 20) {
		r := rand.New(rand.NewPCG(seed, 77))
		setups := [][]*Route{routesOfMany(r), routesOfMany(r)}
		w := newTwins(t, setups[0])
		texts := make([]string, 1+r.IntN(6))
		for i := range texts {
			texts[i] = plainText(t, r)
		}
		now := noon
		for range 16 {
			switch r.IntN(10) {
			case 0:
				now = now.Add(time.Duration(3+10*r.IntN(2)) * time.Hour)
			case 1:
				w.forget("docker.io/two:1")
			case 2:
				now = now.Add(-time.Duration(r.IntN(30)) * time.Hour)
			case 3:
				w.prune(now)
			}
			setup := r.IntN(2)
			w.use(byte(setup), setups[setup], r.IntN(6) == 0)
			batch := make([]string, 1+r.IntN(4))
			for i := range batch {
				batch[i] = texts[r.IntN(len(texts))]
			}
			w.admit(now, batch)
		}
		if unread += w.unread; t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if unread < cases/20 {
		t.Errorf("only %d documents were known by their bytes", unread)
	}
}
