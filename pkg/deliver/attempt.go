package deliver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// maxReason bounds what is stored of an error's text, in bytes.
const maxReason = 1024

// attempt makes one attempt at what is left of an item, and concludes what that means.
func (c *Deliverer) attempt(it *item) {
	err := c.deliver(it)
	c.mu.Lock()
	defer c.mu.Unlock()
	it.target.busy--
	c.conclude(it, err, time.Now())
	c.wakeAll()
}

// deliver sends the parts that are left, one attempt each, and saves each before the next.
func (c *Deliverer) deliver(it *item) error {
	m, parts, err := c.plan(it)
	if err != nil {
		return err
	}
	for i, p := range parts {
		if i > 0 {
			if err := c.between(it); err != nil {
				return err
			}
		}
		receipt, err := c.send(it, p, m)
		it.keep(receipt)
		if err != nil {
			if it.dirty {
				return errors.Join(err, c.save(it))
			}
			return err
		}
		it.Done = append(it.Done, p.Name)
	}
	return nil
}

// between saves what is done, keeps the target's pace, and reports whether the next part may be sent.
func (c *Deliverer) between(it *item) error {
	if err := c.save(it); err != nil {
		return err
	}
	if d := it.target; d.limiter != nil {
		timer := time.NewTimer(d.limiter.Reserve().Delay())
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.stop:
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.fatal != nil:
		return errState
	case c.stopped:
		return errInterrupted
	case it.lost:
		return errLost
	}
	return nil
}

// save stores progress, and waits until it is stored.
func (c *Deliverer) save(it *item) error {
	saved := make(chan struct{})
	c.mu.Lock()
	if c.fatal != nil {
		c.mu.Unlock()
		return errState
	}
	s := it.settlement(state.Progress)
	c.write(func(tx state.Tx, who state.Claimant) error {
		_, err := state.Settle(tx, who, s)
		return err
	}, func() { close(saved) })
	c.mu.Unlock()
	select {
	case <-saved:
		return nil
	case <-c.sending.Done():
		return context.Cause(c.sending)
	}
}

// send makes one attempt at one part. It ends with the entry's budget, before its claim, and after an interrupt's grace.
func (c *Deliverer) send(it *item, p sinks.Part, m *message.Message) (sinks.Receipt, error) {
	ctx, cancel := context.WithCancelCause(c.sending)
	defer cancel(nil)
	c.mu.Lock()
	now := time.Now()
	left := c.claimed(it, now)
	if c.fatal != nil || it.lost || left <= 0 {
		defer c.mu.Unlock()
		return sinks.Receipt{}, c.forbidden(it)
	}
	if it.began.IsZero() {
		it.began = now
	}
	it.tried, it.asked, it.cancel = true, now, cancel
	it.Attempts++
	it.leaseTimer = time.AfterFunc(left, func() { cancel(errLease) })
	c.mu.Unlock()
	ctx, stop := context.WithDeadline(ctx, it.began.Add(c.o.Timeout))
	defer stop()
	receipt, err := guard(func() (sinks.Receipt, error) {
		return it.target.Sink.Send(ctx, sinks.Delivery{Key: it.Key, Subject: it.Subject, Part: p, Last: it.last, Message: m})
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	it.leaseTimer.Stop()
	it.leaseTimer, it.cancel = nil, nil
	if err == nil {
		// The target answers: the next part has a budget of its own, and everybody else may ask too.
		it.began, it.back = time.Time{}, nil
		it.target.breaker.reset()
		it.target.wakeUp()
	} else if cause := context.Cause(ctx); errors.Is(cause, errLease) || errors.Is(cause, errLost) || errors.Is(cause, errInterrupted) {
		err = cause
	} else if errors.Is(err, context.DeadlineExceeded) && errors.Is(cause, context.DeadlineExceeded) {
		err = fmt.Errorf("%w within %s", errSilent, c.o.Timeout)
	}
	return receipt, err
}

// forbidden says why an attempt must not begin.
func (c *Deliverer) forbidden(it *item) error {
	switch {
	case c.fatal != nil:
		return errState
	case it.lost:
		return errLost
	}
	return errLease
}

// margin is how long before its claim's end an entry is not attempted any more.
func (c *Deliverer) margin() time.Duration { return c.o.Lease / 10 }

// conclude decides what the outcome of an attempt means for the item.
func (c *Deliverer) conclude(it *item, err error, now time.Time) {
	switch {
	case c.fatal != nil:
		// What cannot be written down stays as the state has it, and is reported so at the end.
	case err == nil:
		c.finish(it, state.Confirmed, "")
	case it.lost:
		c.forget(it)
	case c.stopped && !dead(err):
		if it.tried && !errors.Is(err, errInterrupted) {
			it.Reason = reason(err)
		}
		c.giveBack(it, c.interrupted(), time.Time{})
	case errors.Is(err, errLease):
		c.enqueue(it)
	default:
		c.judge(it, err, now)
	}
}

// dead reports whether no attempt will ever succeed.
func dead(err error) bool {
	verdict, _ := sinks.Judge(err)
	return verdict == sinks.Dead
}

// judge acts on a failed attempt.
func (c *Deliverer) judge(it *item, err error, now time.Time) {
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
		it.target.failed(it, wait, now)
	case sinks.Hold:
		c.giveBack(it, it.Reason, notBefore)
		it.target.shutDown("the target is not asked again in this run: "+it.Reason, notBefore)
	case sinks.Dead:
		if answer, ok := errors.AsType[*sinks.HTTPError](err); ok && answer != nil {
			it.target.breaker.reset() // it refuses this message, but it answers
		}
		c.finish(it, state.Died, it.Reason)
	}
}

// reason is an error in one line.
func reason(err error) string {
	s := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "…"
	}
	return strings.ToValidUTF8(s, "?")
}

// giveBack ends an item undelivered: it waits for the next run. A local one has none, and one that is too old has had its
// chances.
func (c *Deliverer) giveBack(it *item, why string, notBefore time.Time) {
	if it.tried && it.Reason != "" {
		why = it.Reason
	}
	if it.Local || it.tried && time.Since(it.Admitted) > c.o.MaxAge {
		it.Reason = why
		c.finish(it, state.Died, why)
		return
	}
	if !notBefore.IsZero() {
		it.NotBefore = c.stateTime(notBefore).Round(0)
	}
	c.returned[it.Seq] = true
	c.finish(it, state.Released, why)
}

// finish writes what became of an item, and reports it when it is written.
func (c *Deliverer) finish(it *item, o state.Outcome, why string) {
	it.stage = settling
	s := it.settlement(o)
	var next *state.Entry
	var lost bool
	c.write(func(tx state.Tx, who state.Claimant) (err error) {
		next, err = state.Settle(tx, who, s)
		if lost = errors.Is(err, state.ErrLost); lost {
			err = nil
		}
		return err
	}, func() {
		if lost {
			c.forget(it)
		} else {
			c.remove(it)
			c.report(it.result(statusOf(o), why))
		}
		if next != nil {
			c.takeClaimed(*next)
		}
	})
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
