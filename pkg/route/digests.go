package route

import (
	"context"
	"slices"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/state"
)

// Aggregation makes a route speak in digests. The zero value does not: each message goes out at once.
type Aggregation struct {
	// Number is how many scans wait before they go out together; less than 2 is no number.
	Number int
	// Timeout is how long the oldest may wait; 0 is for ever.
	Timeout time.Duration
}

// On reports whether messages of the route wait for one another.
func (a Aggregation) On() bool { return a.Number > 1 || a.Timeout > 0 }

// gather is what the state does with a message: 0 is to send it at once.
func (a Aggregation) gather() int {
	switch {
	case a.Number > 1:
		return a.Number
	case a.Timeout > 0:
		return state.GatherUntilAsked
	}
	return 0
}

// due reports whether what waits must go out. An age that no clock could have measured (it was set back or forward meanwhile) is
// one that is over: a queue must not be frozen by it.
func (a Aggregation) due(q state.Queue, now time.Time) bool {
	if !a.On() || a.Number > 1 && q.Scans >= a.Number {
		return true
	}
	if age := now.Sub(q.Oldest); a.Timeout > 0 {
		return age >= a.Timeout || age <= -a.Timeout
	}
	return false
}

// Digests makes digests of what has waited long enough, or with all of what waits, on the engine's routes; queues of other
// routes are left alone. A route that does not aggregate any more sends what it still has.
func (e *Engine) Digests(ctx context.Context, now time.Time, all bool) (*Admitted, error) {
	out := &Admitted{}
	some := false
	err := e.Store.View(ctx, func(tx state.Tx) error {
		queues, err := state.Queues(tx)
		some = e.Due(queues, now, all)
		return err
	})
	if err != nil || !some {
		return out, err
	}
	owner, err := e.Store.Owners().Self()
	if err != nil {
		return nil, err
	}
	var digests []state.Entry
	err = e.Store.Update(ctx, func(tx state.Tx) (err error) {
		digests, err = state.FormDigests(tx, state.Claimant{Owner: owner, Lease: e.Lease}, func(q state.Queue) bool { return e.due(q, now, all) })
		return err
	})
	out.addDigests(digests)
	return out, err
}

// Due reports whether Digests would make a digest of any of the queues.
func (e *Engine) Due(queues []state.Queue, now time.Time, all bool) bool {
	return slices.ContainsFunc(queues, func(q state.Queue) bool { return e.due(q, now, all) })
}

// due reports whether what waits in a queue must go out.
func (e *Engine) due(q state.Queue, now time.Time, all bool) bool {
	for _, r := range e.Routes {
		if r.Name == q.Route && r.HasTarget(q.Target) {
			return all || r.Aggregate.due(q, now)
		}
	}
	return false
}

// Aggregates reports whether any route speaks in digests: without one, nothing that the engine admits waits for a digest.
func (e *Engine) Aggregates() bool {
	return slices.ContainsFunc(e.Routes, func(r *Route) bool { return r.Aggregate.On() })
}

// HasTarget reports whether a target is one of the route's.
func (r *Route) HasTarget(target string) bool {
	for _, t := range r.Targets {
		if t.Name == target {
			return true
		}
	}
	return false
}

// addDigests adds digests to the entries that are in the outbox now.
func (a *Admitted) addDigests(digests []state.Entry) {
	for _, d := range digests {
		a.Entries = append(a.Entries, d)
		a.Notes, a.Held = append(a.Notes, Note{}), append(a.Held, message.Held{})
	}
}
