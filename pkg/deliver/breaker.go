package deliver

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// newBackOff returns waits with full jitter: the first up to half a second, doubling, at most 10 seconds.
func newBackOff() *backoff.ExponentialBackOff {
	// With a factor of 1, a wait lies between nothing and twice the interval.
	return &backoff.ExponentialBackOff{
		InitialInterval: 250 * time.Millisecond, RandomizationFactor: 1, Multiplier: 2, MaxInterval: 5 * time.Second,
	}
}

// breaker keeps a target that fails from being asked by everybody: it is probed by one attempt at a time until one succeeds.
type breaker struct {
	// since is when it began to fail, zero while it does not; last when it failed last; until is when to probe.
	since, last, until time.Time
	// first is the entry that failed first, several that others did too: one entry alone may be at fault itself.
	first   uint64
	several bool
	back    *backoff.ExponentialBackOff
}

// failing reports whether the last attempts failed.
func (g *breaker) failing() bool { return !g.since.IsZero() }

// reset lets everybody through again.
func (g *breaker) reset() { *g = breaker{} }

// recordFailure takes down a failed attempt. Attempts that were under way already when the target began to fail tell nothing new.
func (g *breaker) recordFailure(it *item, now time.Time, wait time.Duration) {
	if !g.failing() {
		g.since, g.first, g.back = now, it.Seq, newBackOff()
	}
	g.several = g.several || it.Seq != g.first
	if g.last.IsZero() || !it.asked.Before(g.last) {
		g.until = now.Add(g.back.NextBackOff())
	}
	if asked := now.Add(wait); asked.After(g.until) {
		g.until = asked
	}
	g.last = now
}

// hopeless reports whether the next probe would come after the target has failed for the whole limit. waits says that the target
// itself asked for that wait.
func (g *breaker) hopeless(limit time.Duration, waits bool) bool {
	return g.failing() && (g.several || waits) && !g.until.Before(g.since.Add(limit))
}
