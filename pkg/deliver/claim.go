package deliver

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/postee/postee/pkg/state"
)

// addPatience is how long one call of Add waits for room at the target queues before it puts back what does not fit.
const addPatience = 250 * time.Millisecond

// accepts reports whether the configuration has the entry's route.
func (c *Deliverer) accepts(e *state.Entry) bool { return c.o.Accept == nil || c.o.Accept(e) }

// Add takes over entries that this run has admitted: those with a claim at once, the others when their lane hands them
// over. documents, by SHA-256, spare reading back what the entries need; they may be nil. Add waits a moment where too much
// is under way for a target; what still does not fit is put back into the state and claimed again later, so that memory is
// bounded and no target waits for another. The error is the state's.
func (c *Deliverer) Add(ctx context.Context, entries []state.Entry, documents map[[32]byte][]byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	arrivals := c.register(entries, documents)
	stop := context.AfterFunc(ctx, c.moved.Broadcast)
	defer stop()
	until := time.Now().Add(addPatience)
	timer := time.AfterFunc(addPatience, c.moved.Broadcast)
	defer timer.Stop()
	for _, it := range arrivals {
		d := it.target
		for d.full(it) && !d.slow && !d.breaker.failing() && d.shut == "" && !c.halted() && ctx.Err() == nil && time.Now().Before(until) {
			c.moved.Wait()
		}
		c.enqueue(it)
	}
	return c.fatal
}

// register makes all entries known before the first has to wait: their claims are renewed from here on.
func (c *Deliverer) register(entries []state.Entry, documents map[[32]byte][]byte) []*item {
	var arrivals []*item
	for _, e := range entries {
		switch known, told := c.items[e.Seq], c.unannounced; {
		case known != nil:
			known.own = true
		case e.Claim == state.Claim{}:
			if r, ok := told[e.Seq]; ok {
				delete(told, e.Seq)
				r.Own = true
				c.reporter.add(r)
				continue
			}
			c.addBehind(e)
		default:
			it := newItem(e, c.targets[e.Target])
			it.own = true
			if len(e.Document) == 32 {
				it.document = documents[[32]byte(e.Document)]
			}
			if it.target == nil {
				c.addBehind(e)
				c.returnUnwanted(e)
				continue
			}
			c.items[e.Seq] = it
			arrivals = append(arrivals, it)
		}
	}
	return arrivals
}

// addBehind remembers an entry of this run that is not claimed by it.
func (c *Deliverer) addBehind(e state.Entry) {
	e.Message, e.Last = nil, nil
	c.behind[e.Seq] = unclaimed{e, time.Now()}
}

// enqueue puts an item in line, or says why not.
func (c *Deliverer) enqueue(it *item) {
	d := it.target
	switch {
	case c.fatal != nil:
	case it.lost:
		c.forget(it)
	case c.stopped:
		c.giveBack(it, c.interrupted(), time.Time{})
	case d.shut != "":
		c.giveBack(it, d.shut, d.until)
	case d.full(it) && !it.counted:
		d.slow = true
		c.park(it)
	default:
		d.push(it)
	}
}

// park puts an item back into the state until there is room for it.
func (c *Deliverer) park(it *item) {
	it.stage = settling
	s := it.settlement(state.Released)
	c.write(func(tx state.Tx, who state.Claimant) error {
		if _, err := state.Settle(tx, who, s); !errors.Is(err, state.ErrLost) {
			return err
		}
		return nil
	}, func() {
		c.remove(it)
		c.addBehind(it.Entry)
		it.target.restart(it.Seq)
	})
}

// takeClaimed takes over an entry that the state has claimed for this process.
func (c *Deliverer) takeClaimed(e state.Entry) {
	if known := c.items[e.Seq]; known != nil {
		known.Claim = e.Claim
		return
	}
	d := c.targets[e.Target]
	if d == nil || c.returned[e.Seq] || !c.accepts(&e) {
		c.returnUnwanted(e)
		return
	}
	it := newItem(e, d)
	_, it.own = c.behind[e.Seq]
	delete(c.behind, e.Seq)
	c.items[e.Seq] = it
	switch {
	case c.stopped:
		c.giveBack(it, c.interrupted(), time.Time{})
	case d.shut != "":
		c.giveBack(it, d.shut, d.until)
	default:
		d.push(it)
	}
}

// returnUnwanted returns an entry that is left alone; it is not reported.
func (c *Deliverer) returnUnwanted(e state.Entry) {
	c.write(func(tx state.Tx, who state.Claimant) error {
		if _, err := state.Settle(tx, who, state.Settlement{Entry: e, Outcome: state.Released}); !errors.Is(err, state.ErrLost) {
			return err
		}
		return nil
	}, func() {})
}

// remove forgets an item that this process has no claim on any more.
func (c *Deliverer) remove(it *item) {
	delete(c.items, it.Seq)
	d := it.target
	if it.counted {
		d.held--
		d.bytes -= it.size()
	}
	if d.held <= maxHeld/2 {
		d.slow = false
	}
}

// forget drops an item that is another process's now. What this run admitted is asked about again at the end.
func (c *Deliverer) forget(it *item) {
	c.remove(it)
	if it.own {
		c.addBehind(it.Entry)
	}
}

// refill claims what waits in the state when there is room.
func (d *targetQueue) refill() {
	if !d.more || d.claiming || d.held > maxHeld/2 || d.bytes > maxBytes/2 {
		return
	}
	d.claiming = true
	q := state.Query{Wants: d.wants, Walk: d.walk, Max: chunk}
	var got []state.Entry
	var next *state.Walk
	d.c.write(func(tx state.Tx, who state.Claimant) (err error) {
		got, next, err = state.ClaimNext(tx, who, d.c.o.Store.Owners(), q)
		return err
	}, func() {
		d.claiming, d.walk, d.more = false, state.Walk{}, next != nil
		if next != nil {
			d.walk = *next
		}
		if d.again {
			d.again = false
			d.restart(d.againFrom + 1)
		}
		for _, e := range got {
			d.c.takeClaimed(e)
		}
	})
}

// restart makes the target queue look for entries to claim from that one on, again.
func (d *targetQueue) restart(seq uint64) {
	from := seq - 1
	switch {
	case d.claiming && d.again:
		d.againFrom = min(d.againFrom, from)
	case d.claiming:
		d.again, d.againFrom = true, from
	case d.more:
		d.walk = state.Walk{After: min(d.walk.After, from)}
	default:
		d.more, d.walk = true, state.Walk{After: from}
	}
}

// renewals renews the claims on all items well before they end.
func (c *Deliverer) renewals() {
	ticker := time.NewTicker(c.o.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-c.over:
			return
		case <-ticker.C:
			c.renew()
		}
	}
}

// renew renews the claims on all items, and drops those that are lost.
func (c *Deliverer) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.items) == 0 || c.fatal != nil || c.ended {
		return
	}
	seqs := slices.Sorted(maps.Keys(c.items))
	var lost []uint64
	var now time.Time
	c.write(func(tx state.Tx, who state.Claimant) (err error) {
		now = tx.Now()
		lost, err = state.Renew(tx, who, seqs)
		return err
	}, func() {
		for _, seq := range seqs {
			if it := c.items[seq]; it != nil && !slices.Contains(lost, seq) {
				c.renewed(it, now)
			}
		}
		for _, seq := range lost {
			if it := c.items[seq]; it != nil {
				c.lose(it)
			}
		}
	})
}

// renewed takes down how long the claim lasts now, which is a time of the state's clock.
func (c *Deliverer) renewed(it *item, now time.Time) {
	it.Claim.Until = now.Add(c.o.Lease)
	if it.leaseTimer != nil {
		it.leaseTimer.Reset(c.claimed(it, time.Now()))
	}
}

// claimed is how long an attempt may go on under the item's claim, less than 0 when it may not even begin.
func (c *Deliverer) claimed(it *item, now time.Time) time.Duration {
	return it.Claim.Until.Sub(c.stateTime(now)) - c.margin()
}

// stateTime is what the state's clock shows when this process's shows now.
func (c *Deliverer) stateTime(now time.Time) time.Time {
	return now.Add(time.Duration(c.ahead.Load()))
}

// lose ends the item where it is.
func (c *Deliverer) lose(it *item) {
	it.lost = true
	switch it.stage {
	case queued:
		it.target.queue = slices.DeleteFunc(it.target.queue, func(other *item) bool { return other == it })
		c.forget(it)
	case sending:
		if it.cancel != nil {
			it.cancel(errLost)
		}
	case arriving, settling:
		// Add looks at lost; what is being settled is settled by whether the claim still holds.
	}
}
