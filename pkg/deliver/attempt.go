package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// loop starts attempts at one target until the Deliverer ends.
func (d *Deliverer) loop(q *targetQueue) {
	for {
		d.mu.Lock()
		if d.ended {
			d.mu.Unlock()
			return
		}
		it, wait := d.choose(q, time.Now())
		d.mu.Unlock()
		if it != nil {
			d.running.Go(func() { d.attempt(it) })
			continue
		}
		q.sleep(wait)
	}
}

// choose returns the item of a target to attempt now, or how long there is none.
func (d *Deliverer) choose(q *targetQueue, now time.Time) (*item, time.Duration) {
	if d.halted() || q.shut != "" {
		return nil, never
	}
	d.refill(q)
	return q.next(now, func(it *item) bool { return d.claimLeft(it, now) > 0 && !d.overtakes(it) })
}

// overtakes reports whether a local entry would be printed before an earlier one, which is about to be handed over by its lane.
func (d *Deliverer) overtakes(it *item) bool {
	q := it.target
	if !q.Needs.Local || q.held == len(q.queue) {
		return false
	}
	first := d.claims.firstBehind(q.Name)
	return first != 0 && first < it.Seq
}

// attempt makes one attempt at what is left of an item, and concludes what that means.
func (d *Deliverer) attempt(it *item) {
	err := d.deliver(it)
	d.mu.Lock()
	defer d.mu.Unlock()
	it.target.busy--
	d.conclude(it, err, time.Now())
	d.wakeAll()
}

// deliver sends the parts that are left, one attempt each, and saves each before the next. A failure ends it, unless it is about
// its part only: then the others have their attempts too.
func (d *Deliverer) deliver(it *item) error {
	m, parts, err := d.plan(it)
	if err != nil {
		return err
	}
	var failed failures
	unsaved := false
	it.progress, it.passed = false, false
	for i, p := range parts {
		if err, ok := it.refused[p.Name]; ok {
			failed = append(failed, err)
			continue
		}
		if i > 0 {
			if err := d.between(it); err != nil {
				return err
			}
			unsaved = false
		}
		receipt, err := d.send(it, p, m)
		it.keep(receipt)
		if err == nil {
			it.Done, it.progress, unsaved = append(it.Done, p.Name), true, true
			continue
		}
		failed = append(failed, err)
		if !alone(err) {
			break
		}
		it.pass(p.Name, err)
	}
	if len(failed) > 0 && (it.dirty || unsaved) {
		failed = append(failed, d.save(it))
	}
	return failed.join()
}

// between saves what is done, keeps the target's pace, and reports whether the next part may be sent.
func (d *Deliverer) between(it *item) error {
	if err := d.save(it); err != nil {
		return err
	}
	if q := it.target; q.limiter != nil {
		timer := time.NewTimer(q.limiter.Reserve().Delay())
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-d.stop:
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.fatal != nil:
		return errState
	case d.stopped:
		return errInterrupted
	case it.lost:
		return errLost
	}
	return nil
}

// save stores progress, and waits until it is stored.
func (d *Deliverer) save(it *item) error {
	saved := make(chan struct{})
	d.mu.Lock()
	if d.fatal != nil {
		d.mu.Unlock()
		return errState
	}
	s := it.settlement(state.Progress)
	d.write(func(tx *transaction) error {
		_, _, err := tx.settle(s)
		return err
	}, func() { close(saved) })
	d.mu.Unlock()
	select {
	case <-saved:
		return nil
	case <-d.sending.Done():
		return context.Cause(d.sending)
	}
}

// send makes one attempt at one part. It ends with the entry's budget, before its claim, and after an interrupt's grace.
func (d *Deliverer) send(it *item, p sinks.Part, m *message.Message) (sinks.Receipt, error) {
	ctx, cancel := context.WithCancelCause(d.sending)
	defer cancel(nil)
	d.mu.Lock()
	now := time.Now()
	left := d.claimLeft(it, now)
	if d.fatal != nil || it.lost || left <= 0 {
		defer d.mu.Unlock()
		return sinks.Receipt{}, d.forbidden(it)
	}
	if it.began.IsZero() {
		it.began = now
	}
	it.tried, it.asked, it.cancel = true, now, cancel
	it.Attempts++
	it.leaseTimer = time.AfterFunc(left, func() { cancel(errLease) })
	d.mu.Unlock()
	ctx, stop := context.WithDeadline(ctx, it.ends(now, d.o.Timeout))
	defer stop()
	sink, delivery := it.target.Sink, sinks.Delivery{Key: it.Key, Subject: it.Subject, Part: p, Last: it.last, Message: m, Unsure: d.ownTime(it.Unsure)}
	receipt, err := bounded(d.sending, func() (sinks.Receipt, error) { return sink.Send(ctx, delivery) })
	d.mu.Lock()
	defer d.mu.Unlock()
	it.leaseTimer.Stop()
	it.leaseTimer, it.cancel = nil, nil
	if err == nil {
		it.Unsure = time.Time{}
	} else if unknown(err) {
		it.Unsure = d.stateTime(time.Now()).Round(0)
	}
	if err == nil {
		// The target answers: the next part has a budget of its own, and everybody else may ask too.
		it.began, it.back = time.Time{}, nil
		it.target.breaker.reset()
		it.target.wakeUp()
	} else if cause := context.Cause(ctx); errors.Is(cause, errLease) || errors.Is(cause, errLost) || errors.Is(cause, errInterrupted) {
		err = cause
	} else if errors.Is(err, context.DeadlineExceeded) && errors.Is(cause, context.DeadlineExceeded) {
		err = fmt.Errorf("%w within %s", errSilent, d.o.Timeout)
	} else if dead(err) {
		it.target.breaker.reset() // it refuses this message, but it answers
		it.target.wakeUp()
	}
	return receipt, err
}

// forbidden says why an attempt must not begin.
func (d *Deliverer) forbidden(it *item) error {
	switch {
	case d.fatal != nil:
		return errState
	case it.lost:
		return errLost
	}
	return errLease
}

// margin returns how long before its claim's end an entry is not attempted any more.
func (d *Deliverer) margin() time.Duration { return d.o.Lease / 10 }
