package deliver

import (
	"context"
	"time"

	"github.com/postee/postee/pkg/state"
)

// poll is how long to wait before the state is asked again about entries that stand behind another process's.
const poll = 200 * time.Millisecond

// followUp looks after entries of this run that it has not got: delivered by another process meanwhile, free to claim now, or
// still behind something. It reports whether it is worth looking again. It runs under the Deliverer's lock, which it leaves
// while it waits.
func (d *Deliverer) followUp() bool {
	before := len(d.claims.behind)
	found, ok := d.locateBehind()
	if !ok {
		return false
	}
	d.reportGone(found)
	for seq, w := range d.claims.behind {
		if q := d.targets[w.entry.Target]; q != nil && q.shut == "" && !d.claims.returned[seq] {
			q.cursor.restart(seq)
			q.wakeUp()
		}
	}
	d.settle()
	if len(d.claims.behind) < before {
		return true
	}
	if !d.worthWaiting(found) {
		return false
	}
	d.pause(poll)
	return true
}

// location is where an entry was seen.
type location uint8

// An entry is isGone, or dead, or free or stuck in its lane, or behind an entry that another live process delivers.
const (
	isGone location = iota
	isDead
	isWaiting
	isBlocked
)

// locateBehind finds out where all of behind are. It leaves the lock while it reads.
func (d *Deliverer) locateBehind() (found map[uint64]location, ok bool) {
	last := uint64(0)
	for seq := range d.claims.behind {
		last = max(last, seq)
	}
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(d.lasting, commitLimit)
	defer cancel()
	err := d.o.Store.View(ctx, func(tx state.Tx) (err error) {
		found, err = d.locate(tx, last)
		return err
	})
	d.mu.Lock()
	if err != nil {
		d.fail(err)
		return nil, false
	}
	return found, true
}

// locate walks the outbox up to an entry.
func (d *Deliverer) locate(tx state.Tx, last uint64) (map[uint64]location, error) {
	owners := d.o.Store.Owners()
	self, err := owners.Self()
	if err != nil {
		return nil, err
	}
	found := make(map[uint64]location)
	lanes := make(map[string]location)
	for e, err := range state.Entries(tx, false) {
		if err != nil {
			return nil, err
		}
		if e.Seq > last {
			break
		}
		if _, ok := lanes[e.Lane]; !ok {
			lanes[e.Lane] = isWaiting
			if e.Claim.Owner != 0 && e.Claim.Owner != self && lives(owners, e.Claim, tx.Now()) {
				lanes[e.Lane] = isBlocked
			}
		}
		found[e.Seq] = lanes[e.Lane]
	}
	for e, err := range state.Entries(tx, true) {
		if err != nil {
			return nil, err
		}
		found[e.Seq] = isDead
	}
	return found, nil
}

// lives reports whether a claim of another process may still be acted upon.
func lives(owners state.Owners, claim state.Claim, now time.Time) bool {
	if alive, known := owners.Alive(claim.Owner); known {
		return alive
	}
	return now.Before(claim.Until)
}

// reportGone reports entries that another process has delivered, or declared dead.
func (d *Deliverer) reportGone(found map[uint64]location) {
	for seq, w := range d.claims.behind {
		r := Result{Entry: w.entry, Own: true, Status: Delivered, Reason: "another process delivered it"}
		switch found[seq] {
		case isDead:
			r.Status, r.Reason = Dead, "another process could not deliver it: see state outbox"
		case isWaiting, isBlocked:
			continue
		}
		delete(d.claims.behind, seq)
		d.report(r)
	}
}

// worthWaiting reports whether an entry stands behind another process's, and has time left to.
func (d *Deliverer) worthWaiting(found map[uint64]location) bool {
	for seq, w := range d.claims.behind {
		if found[seq] == isBlocked && time.Since(w.since) < d.o.Timeout {
			return true
		}
	}
	return false
}

// pause waits, leaving the lock, or until nothing new may begin.
func (d *Deliverer) pause(wait time.Duration) {
	until := time.Now().Add(wait)
	timer := time.AfterFunc(wait, d.moved.Broadcast)
	defer timer.Stop()
	for time.Now().Before(until) && !d.halted() {
		d.moved.Wait()
	}
}
