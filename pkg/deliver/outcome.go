package deliver

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// maxReason bounds what is stored of an error's text, in bytes.
const maxReason = 1024

// conclude decides what the outcome of an attempt means for the item.
func (d *Deliverer) conclude(it *item, err error, now time.Time) {
	switch {
	case d.fatal != nil:
		// What cannot be written down stays as the state has it, and is reported so at the end.
	case err == nil:
		d.follow(it)
		d.finish(it, state.Confirmed, "")
	case it.lost:
		d.claims.forget(it)
	case d.stopped && !dead(err):
		if it.tried && !errors.Is(err, errInterrupted) {
			it.Reason = reason(err)
		}
		d.giveBack(it, d.interrupted(), time.Time{})
	case errors.Is(err, errLease):
		d.enqueue(it)
	default:
		d.judge(it, err, now)
	}
}

// dead reports whether no attempt will ever succeed.
func dead(err error) bool {
	verdict, _ := sinks.Judge(err)
	return verdict == sinks.Dead
}

// judge acts on a failed attempt.
func (d *Deliverer) judge(it *item, err error, now time.Time) {
	verdict, wait := sinks.Judge(err)
	// An attempt that our own time limit cut short says less than what the target did before.
	if it.Reason == "" || !errors.Is(err, errSilent) {
		it.Reason = reason(err)
	}
	var notBefore time.Time
	if wait > 0 {
		notBefore = now.Add(wait)
	}
	switch verdict {
	case sinks.Retry:
		d.retryLater(it, wait, now)
	case sinks.Await:
		d.askLater(it, wait, now)
	case sinks.Hold:
		d.giveBack(it, it.Reason, notBefore)
		d.shutDown(it.target, "the target is not asked again in this run: "+it.Reason, notBefore)
	case sinks.Dead:
		d.finish(it, state.Died, it.Reason)
	}
}

// retryLater takes an item back into line after an attempt that may succeed later, while there is time for it.
func (d *Deliverer) retryLater(it *item, wait time.Duration, now time.Time) {
	q := it.target
	if it.passed && it.progress {
		it.began = now // the target takes what it can: the rest has a budget of its own
	} else {
		q.breaker.recordFailure(it, now, wait)
	}
	var notBefore time.Time
	if wait > 0 {
		notBefore = now.Add(wait)
	}
	next := now.Add(max(wait, it.backoff()))
	if q.shut == "" && next.Before(it.began.Add(d.o.Timeout)) {
		it.next = next
		q.push(it)
	} else {
		d.giveBack(it, it.Reason, notBefore)
	}
	if q.breaker.hopeless(d.o.Timeout, wait > 0) {
		d.shutDown(q, "the target is not asked again in this run: "+it.Reason, notBefore)
	}
}

// askEvery is the least time after which a target is asked again whether it is ready.
const askEvery = time.Second

// askLater takes an item back into line whose part the target is still at, while there is time for it. Nothing speaks against the
// target.
func (d *Deliverer) askLater(it *item, wait time.Duration, now time.Time) {
	q := it.target
	q.breaker.reset()
	q.wakeUp()
	next := now.Add(max(wait, askEvery))
	if q.shut != "" || !next.Before(it.began.Add(d.o.Timeout)) {
		d.giveBack(it, it.Reason, time.Time{})
		return
	}
	it.next = next
	q.push(it)
}

// shutDown says that a target is not asked again in this run, and gives back what is in line for it.
func (d *Deliverer) shutDown(q *targetQueue, why string, until time.Time) {
	if q.shut == "" {
		q.shut, q.until = why, until
	}
	d.returnAll(q, q.shut, q.until)
}

// returnAll returns all that is in line for a target to the outbox.
func (d *Deliverer) returnAll(q *targetQueue, why string, notBefore time.Time) {
	for _, it := range q.takeAll() {
		d.giveBack(it, why, notBefore)
	}
}

// reason returns an error in one line.
func reason(err error) string {
	s := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// giveBack ends an item undelivered: it waits for the next run. A local one has none, and one that is too old has had its
// chances.
func (d *Deliverer) giveBack(it *item, why string, notBefore time.Time) {
	if it.tried && it.Reason != "" {
		why = it.Reason
	}
	if it.Local || it.tried && time.Since(it.Admitted) > d.o.MaxAge {
		it.Reason = why
		d.finish(it, state.Died, why)
		return
	}
	if !notBefore.IsZero() {
		it.NotBefore = d.stateTime(notBefore).Round(0)
	}
	d.claims.returned[it.Seq] = true
	d.finish(it, state.Released, why)
}

// finish writes what became of an item, and reports it when it is written.
func (d *Deliverer) finish(it *item, o state.Outcome, why string) {
	it.stage = settling
	s := it.settlement(o)
	readsOn := it.readsOn
	var next *state.Entry
	var behind []state.Entry
	var lost bool
	d.queueWrite(func(tx *transaction) (err error) {
		if next, lost, err = tx.settle(s); next != nil && readsOn {
			behind, err = state.Following(tx, tx.who, next, maxAhead, maxAheadBytes)
		}
		return err
	}, func() {
		it.hasRead()
		if lost {
			d.claims.forget(it)
		} else {
			d.claims.remove(it)
			d.report(it.result(statusOf(o), why))
		}
		if next != nil {
			d.takeClaimed(*next, behind, it)
		}
	}, d.halted() || !d.underWay())
}

// underWay reports whether attempts are being made, or about to be.
func (d *Deliverer) underWay() bool {
	for _, q := range d.targets {
		if q.busy > 0 || len(q.queue) > 0 {
			return true
		}
	}
	return false
}

// statusOf returns the status of what was written.
func statusOf(o state.Outcome) Status {
	switch o {
	case state.Confirmed:
		return Delivered
	case state.Died:
		return Dead
	}
	return Pending
}
