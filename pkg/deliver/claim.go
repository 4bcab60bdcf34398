package deliver

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/state"
)

// addPatience is how long one call of Add waits for room at the target queues before it puts back what does not fit.
const addPatience = 250 * time.Millisecond

// accepts reports whether the configuration has the entry's route.
func (d *Deliverer) accepts(e *state.Entry) bool { return d.o.Accept == nil || d.o.Accept(e) }

// Add takes over entries that this run has admitted: those with a claim at once, the others when their lane hands them
// over. held, one for each entry, and documents, by SHA-256, spare reading back what the entries need; both may be nil. Add waits a moment where too much
// is under way for a target; what still does not fit is put back into the state and claimed again later, so that memory is
// bounded and no target waits for another. The error is the state's.
func (d *Deliverer) Add(ctx context.Context, entries []state.Entry, held []message.Held, documents map[[32]byte][]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	arrivals := d.register(entries, held, documents)
	stop := context.AfterFunc(ctx, d.moved.Broadcast)
	defer stop()
	until := time.Now().Add(addPatience)
	timer := time.AfterFunc(addPatience, d.moved.Broadcast)
	defer timer.Stop()
	for _, it := range arrivals {
		q := it.target
		for q.full(it) && !q.slow && !q.breaker.failing() && q.shut == "" && !d.halted() && ctx.Err() == nil && time.Now().Before(until) {
			d.moved.Wait()
		}
		d.enqueue(it)
	}
	return d.fatal
}

// register makes all entries known before the first has to wait: their claims are renewed from here on.
func (d *Deliverer) register(entries []state.Entry, held []message.Held, documents map[[32]byte][]byte) []*item {
	var arrivals []*item
	for i, e := range entries {
		switch known := d.claims.items[e.Seq]; {
		case known != nil:
			known.own = true
		case e.Claim == state.Claim{}:
			if r, ok := d.claims.announce(e.Seq); ok {
				d.reporter.add(r)
				continue
			}
			d.claims.addBehind(e)
		default:
			it := newItem(e, d.targets[e.Target])
			it.own = true
			if held != nil && held[i].Message != nil {
				it.held, it.Message = held[i], nil
			}
			if len(e.Document) == 32 {
				it.document = documents[[32]byte(e.Document)]
			}
			if it.target == nil {
				d.claims.addBehind(e)
				d.returnUnwanted(e)
				continue
			}
			d.claims.items[e.Seq] = it
			arrivals = append(arrivals, it)
		}
	}
	return arrivals
}

// enqueue puts an item in line, or says why not.
func (d *Deliverer) enqueue(it *item) {
	q := it.target
	switch {
	case d.fatal != nil:
	case it.lost:
		d.claims.forget(it)
	case d.stopped:
		d.giveBack(it, d.interrupted(), time.Time{})
	case q.shut != "":
		d.giveBack(it, q.shut, q.until)
	case q.full(it) && !it.counted:
		q.slow = true
		d.park(it)
	default:
		q.push(it)
	}
}

// park puts an item back into the state until there is room for it.
func (d *Deliverer) park(it *item) {
	it.stage = settling
	s := it.settlement(state.Released)
	d.write(func(tx *transaction) error {
		_, _, err := tx.settle(s)
		return err
	}, func() {
		d.claims.remove(it)
		d.claims.addBehind(it.Entry)
		it.target.cursor.restart(it.Seq)
	})
}

// Barred is the reason of an entry that was not sent because the one that is told before it is dead: to send it, both must be tried again.
const Barred = "not sent: what is told before it was not told"

// takeClaimed takes over an entry that the state has claimed for this process, with what was read of its lane behind it, and after the
// item that was before it there; both may be nil.
func (d *Deliverer) takeClaimed(e state.Entry, behind []state.Entry, before *item) {
	if known := d.claims.items[e.Seq]; known != nil {
		known.Claim = e.Claim
		return
	}
	q := d.targets[e.Target]
	if q == nil || d.claims.returned[e.Seq] || !d.accepts(&e) {
		d.returnUnwanted(e)
		return
	}
	it := newItem(e, q)
	if before != nil {
		it.follows(before)
	}
	it.ahead = newAhead(q, behind)
	d.claims.addItem(it)
	switch {
	case d.stopped:
		d.giveBack(it, d.interrupted(), time.Time{})
	case e.Barred:
		it.Reason = Barred
		d.finish(it, state.Died, it.Reason)
	case q.shut != "":
		d.giveBack(it, q.shut, q.until)
	default:
		q.push(it)
	}
}

// returnUnwanted returns an entry that is left alone; it is not reported.
func (d *Deliverer) returnUnwanted(e state.Entry) {
	d.write(func(tx *transaction) error {
		_, _, err := tx.settle(state.Settlement{Entry: e, Outcome: state.Released})
		return err
	}, func() {})
}

// refill claims what waits in the state for a target when there is room.
func (d *Deliverer) refill(q *targetQueue) {
	if !q.cursor.more || q.cursor.claiming || !q.roomToClaim() {
		return
	}
	q.cursor.begin()
	query := state.Query{Target: q.Name, Wants: func(e *state.Entry) bool { return d.wants(q, e) }, Walk: q.cursor.walk, Max: q.claimable()}
	var got []state.Entry
	var next *state.Walk
	d.write(func(tx *transaction) (err error) {
		got, next, err = state.ClaimNext(tx, tx.who, d.o.Store.Owners(), query)
		return err
	}, func() {
		q.cursor.end(next)
		for _, e := range got {
			d.takeClaimed(e, nil, nil)
		}
	})
}

// wants reports whether an entry in the state is for that target, now.
func (d *Deliverer) wants(q *targetQueue, e *state.Entry) bool {
	d.mu.Lock()
	returned := d.claims.returned[e.Seq]
	d.mu.Unlock()
	return e.Target == q.Name && !returned && d.accepts(e)
}

// renewals renews the claims on all items well before they end.
func (d *Deliverer) renewals() {
	ticker := time.NewTicker(d.o.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-d.over:
			return
		case <-ticker.C:
			d.renew()
		}
	}
}

// renew renews the claims on all items, and drops those that are lost.
func (d *Deliverer) renew() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.claims.items) == 0 || d.fatal != nil || d.ended {
		return
	}
	seqs := slices.Sorted(maps.Keys(d.claims.items))
	var lost []uint64
	var now time.Time
	d.write(func(tx *transaction) (err error) {
		now = tx.Now()
		lost, err = state.Renew(tx, tx.who, seqs)
		return err
	}, func() {
		for _, seq := range seqs {
			if it := d.claims.items[seq]; it != nil && !slices.Contains(lost, seq) {
				d.renewed(it, now)
			}
		}
		for _, seq := range lost {
			if it := d.claims.items[seq]; it != nil {
				d.lose(it)
			}
		}
	})
}

// renewed takes down how long the claim lasts now, which is a time of the state's clock.
func (d *Deliverer) renewed(it *item, now time.Time) {
	it.Claim.Until = now.Add(d.o.Lease)
	if it.leaseTimer != nil {
		it.leaseTimer.Reset(d.claimLeft(it, time.Now()))
	}
}

// claimLeft returns how long an attempt may go on under the item's claim, 0 or less when it may not even begin.
func (d *Deliverer) claimLeft(it *item, now time.Time) time.Duration {
	return it.Claim.Until.Sub(d.stateTime(now)) - d.margin()
}

// ownTime returns what this process's clock shows when the state's shows a time; the zero time is itself.
func (d *Deliverer) ownTime(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(-time.Duration(d.ahead.Load()))
}

// stateTime returns what the state's clock shows when this process's shows now.
func (d *Deliverer) stateTime(now time.Time) time.Time {
	return now.Add(time.Duration(d.ahead.Load()))
}

// lose ends the item where it is.
func (d *Deliverer) lose(it *item) {
	it.lost = true
	switch it.stage {
	case queued:
		it.target.withdraw(it)
		d.claims.forget(it)
	case sending:
		if it.cancel != nil {
			it.cancel(errLost)
		}
	case arriving, settling:
		// Add looks at lost; what is being settled is settled by whether the claim still holds.
	}
}
