package deliver

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Bounds of what a target queue holds in memory, and all of them together, and how much is claimed at once.
const (
	maxHeld     = 256
	maxBytes    = 8 << 20
	maxAllBytes = 24 << 20
	chunk       = 64
)

// never is a wait that only a wake-up ends.
const never = time.Duration(-1)

// targetQueue is what waits for one target, and whether the target may be asked now. The Deliverer's mu guards all of it but
// wake; it takes no lock itself.
type targetQueue struct {
	Target
	// queue is what may be asked next, in turn. All are in different lanes.
	queue []*item
	// busy counts attempts under way; held and bytes count all items from push to release.
	busy, held, bytes int
	// all counts the bytes of all queues.
	all     *int
	breaker breaker
	// shut is why the target is not asked again in this run, "" while it is; until is what it asked to wait for.
	shut  string
	until time.Time
	// slow says that waiting for room was in vain: what does not fit is put back into the state at once.
	slow bool
	// cursor is how far the state has been searched for more.
	cursor  claimCursor
	limiter *rate.Limiter
	// reserved is when the next request may go out by the target's rate limit, zero when none was reserved.
	reserved time.Time
	// wake makes the target's loop look again.
	wake chan struct{}
}

// newTargetQueue returns the empty queue of a target.
func newTargetQueue(t Target, all *int) *targetQueue {
	q := &targetQueue{Target: t, all: all, wake: make(chan struct{}, 1)}
	if t.Needs.Every > 0 {
		q.limiter = rate.NewLimiter(rate.Every(t.Needs.Every), 1)
	}
	return q
}

// wakeUp makes the target's loop look again.
func (q *targetQueue) wakeUp() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// sleep waits for a wake-up, or for as long as next said.
func (q *targetQueue) sleep(wait time.Duration) {
	if wait == never {
		<-q.wake
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-q.wake:
	case <-timer.C:
	}
}

// next takes the item to attempt now out of the line, or says how long there is none. may reports whether an item can be
// attempted, as far as others are concerned.
func (q *targetQueue) next(now time.Time, may func(*item) bool) (*item, time.Duration) {
	if q.busy >= q.concurrency() || q.breaker.failing() && q.busy > 0 {
		return nil, never
	}
	if wait := q.breaker.until.Sub(now); q.breaker.failing() && wait > 0 {
		return nil, wait
	}
	i, wait := q.ready(now, may)
	if i < 0 {
		return nil, wait
	}
	if wait := q.pace(now); wait > 0 {
		return nil, wait
	}
	it := q.queue[i]
	q.queue = slices.Delete(q.queue, i, i+1)
	q.busy++
	q.reserved = time.Time{}
	it.stage = sending
	it.beginAttempt(now)
	return it, 0
}

// concurrency is how many attempts may be under way.
func (q *targetQueue) concurrency() int {
	if q.Needs.Local {
		return 1
	}
	return max(q.Needs.Concurrent, 1)
}

// ready finds the first item whose own wait is over, or says how long none is.
func (q *targetQueue) ready(now time.Time, may func(*item) bool) (int, time.Duration) {
	wait := never
	for i, it := range q.queue {
		switch due := it.next.Sub(now); {
		case due > 0:
			if wait == never || due < wait {
				wait = due
			}
		case may(it):
			return i, 0
		}
		if q.Needs.Local {
			break // in order, or not at all
		}
	}
	return -1, wait
}

// pace reserves the next request under the target's rate limit and says how long to wait for it.
func (q *targetQueue) pace(now time.Time) time.Duration {
	if q.limiter == nil {
		return 0
	}
	if q.reserved.IsZero() {
		q.reserved = now.Add(q.limiter.ReserveN(now, 1).DelayFrom(now))
	}
	return q.reserved.Sub(now)
}

// full reports whether an item does not fit any more. Something always fits into an empty queue.
func (q *targetQueue) full(it *item) bool {
	return q.held >= maxHeld || q.held > 0 && (q.bytes+it.size() > maxBytes || *q.all+it.size() > maxAllBytes)
}

// roomToClaim reports whether there is room for more of what waits in the state.
func (q *targetQueue) roomToClaim() bool {
	return q.held == 0 || q.held <= maxHeld/2 && q.bytes <= maxBytes/2 && *q.all <= maxAllBytes/2
}

// claimable is how many entries to claim at once: what other queues hold leaves no room for many.
func (q *targetQueue) claimable() int {
	if *q.all > maxAllBytes/2 {
		return 4
	}
	return chunk
}

// count counts bytes in memory, or less than 0 that are not there any more.
func (q *targetQueue) count(bytes int) {
	q.bytes += bytes
	*q.all += bytes
}

// push puts an item in line; local ones by admission.
func (q *targetQueue) push(it *item) {
	if !it.counted {
		it.counted = true
		q.held++
		q.count(it.size())
	}
	it.stage = queued
	at := len(q.queue)
	if q.Needs.Local {
		for at > 0 && q.queue[at-1].Seq > it.Seq {
			at--
		}
	}
	q.queue = slices.Insert(q.queue, at, it)
	q.wakeUp()
}

// release returns an item's room to the queue.
func (q *targetQueue) release(it *item) {
	if it.counted {
		q.held--
		q.count(-it.size())
	}
	if q.held <= maxHeld/2 {
		q.slow = false
	}
}

// withdraw takes an item out of the line.
func (q *targetQueue) withdraw(it *item) {
	q.queue = slices.DeleteFunc(q.queue, func(other *item) bool { return other == it })
}

// takeAll takes all that is in line out of it.
func (q *targetQueue) takeAll() []*item {
	all := q.queue
	q.queue = nil
	return all
}
