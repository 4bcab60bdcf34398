package deliver

import (
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/postee/postee/pkg/state"
)

// Bounds of what a target queue holds in memory, and how much it claims at once.
const (
	maxHeld  = 256
	maxBytes = 4 << 20
	chunk    = 64
)

// never is a wait that only a wake-up ends.
const never = time.Duration(-1)

// targetQueue is one target's place: what waits for it, and whether it may be asked now. The Deliverer's lock guards it.
type targetQueue struct {
	c *Deliverer
	Target
	// queue is what may be asked next, in turn. All are in different lanes.
	queue []*item
	// busy counts attempts under way; held and bytes count all items from push to removal.
	busy, held, bytes int
	breaker           breaker
	// shut is why the target is not asked again in this run, "" while it is; until is what it asked to wait for.
	shut  string
	until time.Time
	// slow says that waiting for room was in vain: what does not fit is put back into the state at once.
	slow bool
	// more says that the state may hold entries to claim, where the walk through the outbox goes on. again says that it begins once
	// more after the call that is under way, at againFrom at the latest.
	more, claiming, again bool
	walk                  state.Walk
	againFrom             uint64
	limiter               *rate.Limiter
	// reserved is when the next request may go out by the target's rate limit, zero when none was reserved.
	reserved time.Time
	wake     chan struct{}
}

// newTargetQueue makes the target queue of a target.
func newTargetQueue(c *Deliverer, t Target) *targetQueue {
	d := &targetQueue{c: c, Target: t, wake: make(chan struct{}, 1)}
	if t.Needs.Every > 0 {
		d.limiter = rate.NewLimiter(rate.Every(t.Needs.Every), 1)
	}
	return d
}

// wakeUp makes the loop look again.
func (d *targetQueue) wakeUp() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// loop starts attempts until the Deliverer ends.
func (d *targetQueue) loop() {
	for {
		d.c.mu.Lock()
		if d.c.ended {
			d.c.mu.Unlock()
			return
		}
		it, wait := d.choose(time.Now())
		d.c.mu.Unlock()
		if it != nil {
			d.c.running.Go(func() { d.c.attempt(it) })
			continue
		}
		d.sleep(wait)
	}
}

// sleep waits for a wake-up, or for as long as choose said.
func (d *targetQueue) sleep(wait time.Duration) {
	if wait == never {
		<-d.wake
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-d.wake:
	case <-timer.C:
	}
}

// choose returns the item to attempt now, or how long nothing can be.
func (d *targetQueue) choose(now time.Time) (*item, time.Duration) {
	if d.c.halted() || d.shut != "" {
		return nil, never
	}
	d.refill()
	if d.busy >= d.concurrency() || d.breaker.failing() && d.busy > 0 {
		return nil, never
	}
	if wait := d.breaker.until.Sub(now); d.breaker.failing() && wait > 0 {
		return nil, wait
	}
	i, wait := d.ready(now)
	if i < 0 {
		return nil, wait
	}
	if wait := d.pace(now); wait > 0 {
		return nil, wait
	}
	it := d.queue[i]
	d.queue = slices.Delete(d.queue, i, i+1)
	d.busy++
	d.reserved = time.Time{}
	it.stage = sending
	it.beginAttempt(now)
	return it, 0
}

// concurrency is how many attempts may be under way.
func (d *targetQueue) concurrency() int {
	if d.Needs.Local {
		return 1
	}
	return max(d.Needs.Concurrent, 1)
}

// ready finds the first item whose own wait is over, or says how long none is.
func (d *targetQueue) ready(now time.Time) (int, time.Duration) {
	wait := never
	for i, it := range d.queue {
		switch due := it.next.Sub(now); {
		case due > 0:
			if wait == never || due < wait {
				wait = due
			}
		case d.c.claimed(it, now) > 0 && !d.overtakes(it):
			return i, 0
		}
		if d.Needs.Local {
			break // in order, or not at all
		}
	}
	return -1, wait
}

// overtakes reports whether a local entry would be printed before an earlier one, which is about to be handed over by its lane.
func (d *targetQueue) overtakes(it *item) bool {
	if !d.Needs.Local || d.held == len(d.queue) {
		return false
	}
	for seq, w := range d.c.behind {
		if seq < it.Seq && w.entry.Target == d.Name {
			return true
		}
	}
	return false
}

// pace reserves the next request under the target's rate limit and says how long to wait for it.
func (d *targetQueue) pace(now time.Time) time.Duration {
	if d.limiter == nil {
		return 0
	}
	if d.reserved.IsZero() {
		d.reserved = now.Add(d.limiter.ReserveN(now, 1).DelayFrom(now))
	}
	return d.reserved.Sub(now)
}

// full reports whether an item does not fit any more. Something always fits into an empty target queue.
func (d *targetQueue) full(it *item) bool {
	return d.held >= maxHeld || d.held > 0 && d.bytes+it.size() > maxBytes
}

// push puts an item in line; local ones by admission.
func (d *targetQueue) push(it *item) {
	if !it.counted {
		it.counted = true
		d.held++
		d.bytes += it.size()
	}
	it.stage = queued
	at := len(d.queue)
	if d.Needs.Local {
		for at > 0 && d.queue[at-1].Seq > it.Seq {
			at--
		}
	}
	d.queue = slices.Insert(d.queue, at, it)
	d.wakeUp()
}

// returnAll returns all that is in line.
func (d *targetQueue) returnAll(why string, notBefore time.Time) {
	queue := d.queue
	d.queue = nil
	for _, it := range queue {
		d.c.giveBack(it, why, notBefore)
	}
}

// shutDown says that the target is not asked again in this run.
func (d *targetQueue) shutDown(why string, until time.Time) {
	if d.shut == "" {
		d.shut, d.until = why, until
	}
	d.returnAll(d.shut, d.until)
}

// failed takes an item back into line after an attempt that may succeed later, while there is time for it.
func (d *targetQueue) failed(it *item, wait time.Duration, now time.Time) {
	d.breaker.recordFailure(it, now, wait)
	var notBefore time.Time
	if wait > 0 {
		notBefore = now.Add(wait)
	}
	next := now.Add(max(wait, it.backoff()))
	if d.shut == "" && next.Before(it.began.Add(d.c.o.Timeout)) {
		it.next = next
		d.push(it)
	} else {
		d.c.giveBack(it, it.Reason, notBefore)
	}
	if d.breaker.hopeless(d.c.o.Timeout, wait > 0) {
		d.shutDown("the target is not asked again in this run: "+it.Reason, notBefore)
	}
}

// wants reports whether an entry in the state is for this target queue, now.
func (d *targetQueue) wants(e *state.Entry) bool {
	d.c.mu.Lock()
	given := d.c.returned[e.Seq]
	d.c.mu.Unlock()
	return e.Target == d.Name && !given && d.c.accepts(e)
}
