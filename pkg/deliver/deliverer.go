// Package deliver empties the outbox: it claims what waits, plans it in the target's language, sends it, tries again where
// that can help, and confirms. It meets route in the state only.
//
// A [Deliverer] has a target queue for each target, which decides who is asked next and when; an attempt runs in a goroutine of its
// own and takes no decision; a writer writes what came of the attempts, as many at once as have gathered. Whoever holds the
// Deliverer's lock does no I/O. What a Deliverer has not delivered when it ends is in the state, where the next one finds it.
package deliver

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// Target is a sink with the name under which the outbox knows it.
type Target struct {
	Name  string
	Sink  sinks.Sink
	Needs sinks.Needs
}

// Options say what to deliver, where, and for how long to try. Only Store and Targets are needed.
type Options struct {
	Store   state.Store
	Targets []Target
	// Accept reports whether the configuration still has an entry's route; entries that it refuses are left alone. nil accepts
	// all. It must be quick and do no I/O: it runs while the state's lock is held.
	Accept func(*state.Entry) bool
	// Timeout is how long an entry is tried from its first attempt in this run on, and for how long a target may fail before
	// it is not asked any more. 0 is 60 seconds.
	Timeout time.Duration
	// Lease is how long a claim lasts without being renewed. 0 is 5 minutes; more than [state.MaxLease] is that.
	Lease time.Duration
	// Grace is how long an attempt may go on after an interrupt. 0 is 5 seconds; less than 0 is none.
	Grace time.Duration
	// MaxAge is how old an entry can be and still wait after an attempt has failed; older ones die. 0 is 7 days.
	MaxAge time.Duration
	// Report is told what became of each entry, one call at a time; nil is not told. It may block without delaying targets.
	Report func(Result)
}

// Status is what became of an entry in this run.
type Status uint8

// The statuses.
const (
	// Delivered: the target has all of it, and the state knows.
	Delivered Status = iota
	// Pending: it waits in the state for the next run.
	Pending
	// Dead: it is in the state and not tried again until a person says so.
	Dead
)

// Result is what became of one entry.
type Result struct {
	// Entry is the entry at its end, without Message and Last.
	Entry state.Entry
	// Own reports whether this run admitted it.
	Own    bool
	Status Status
	// Ref is what the target calls it, "" when it gave no name.
	Ref string
	// Reason is why it was not delivered, without secrets.
	Reason string
	// Tried reports whether this run made an attempt.
	Tried bool
}

// Deliverer delivers for one run: Start, Add as often as needed, Wait.
type Deliverer struct {
	o        Options
	writer   *writer
	reporter *reporter
	created  time.Time
	// stop is closed when nothing new may begin; over when Finish has seen the end.
	stop, over chan struct{}
	// sending is the context of all attempts; abort ends them.
	sending context.Context
	abort   context.CancelCauseFunc
	// lasting is Start's context without its cancellation: what was sent must still be written down after an interrupt.
	lasting context.Context
	unwatch func() bool
	running sync.WaitGroup
	// ahead is by how much the state's clock is ahead of this process's, a [time.Duration].
	ahead atomic.Int64

	// mu guards all below, and the target queues and items; moved is told of every change.
	mu      sync.Mutex
	moved   *sync.Cond
	targets map[string]*targetQueue
	// items are the entries that this process has claimed, by Seq.
	items map[uint64]*item
	// behind are entries of this run that somebody or something else stands before.
	behind map[uint64]unclaimed
	// unannounced are results of entries that may turn out to be born in this run: the lane handed them over before Add did.
	unannounced map[uint64]Result
	// returned are entries that this run has given back for good.
	returned map[uint64]bool
	// writing counts operations that the writer has not finished.
	writing int
	// stopped is set by an interrupt, with its cause, fatal by a state that failed, ended by Finish.
	stopped bool
	cause   error
	fatal   error
	ended   bool
}

// unclaimed is an entry of this run that is not claimed by it.
type unclaimed struct {
	entry state.Entry
	since time.Time
}

// Reasons for what was not asked.
var (
	errInterrupted = errors.New("interrupted")
	errLost        = errors.New("another process delivers it")
	errLease       = errors.New("the claim was about to end")
	errState       = errors.New("the state failed")
	errSilent      = errors.New("no answer")
)

// New makes a Deliverer. Nothing runs before Start.
func New(o Options) *Deliverer {
	o.Timeout = positive(o.Timeout, time.Minute)
	o.Lease = min(positive(o.Lease, 5*time.Minute), state.MaxLease)
	o.MaxAge = positive(o.MaxAge, 7*24*time.Hour)
	if o.Grace == 0 {
		o.Grace = 5 * time.Second
	}
	c := &Deliverer{
		o: o, created: time.Now(), stop: make(chan struct{}), over: make(chan struct{}), targets: make(map[string]*targetQueue),
		items: make(map[uint64]*item), behind: make(map[uint64]unclaimed), unannounced: make(map[uint64]Result), returned: make(map[uint64]bool),
	}
	c.moved = sync.NewCond(&c.mu)
	c.reporter = newReporter(o.Report)
	for _, t := range o.Targets {
		c.targets[t.Name] = newTargetQueue(c, t)
	}
	return c
}

// positive returns d, or what stands for 0 and less.
func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Start begins to deliver what waits from earlier runs. After it, and only when it gave no error, Finish must be called.
// When ctx ends, nothing new is begun, and what is under way gets Options.Grace, unless it was a deadline that ended ctx.
func (c *Deliverer) Start(ctx context.Context) error {
	waiting := false
	err := c.o.Store.View(ctx, func(tx state.Tx) (err error) {
		c.ahead.Store(int64(tx.Now().Sub(time.Now().Round(0))))
		waiting, err = state.Waiting(tx)
		return err
	})
	if err != nil {
		return err
	}
	c.lasting = context.WithoutCancel(ctx)
	c.sending, c.abort = context.WithCancelCause(c.lasting)
	c.writer = newWriter(c.o.Store)
	c.running.Go(func() { c.writer.run(c.lasting, c.over) })
	c.running.Go(c.renewals)
	c.running.Go(c.reporter.run)
	for _, d := range c.targets {
		d.more = waiting
		c.running.Go(d.loop)
	}
	c.unwatch = context.AfterFunc(ctx, func() { c.interrupt(context.Cause(ctx)) })
	return nil
}

// Wait waits until everything is delivered or given back, and ends the Deliverer. The error is the state's: it makes the
// run's status 5. An end of ctx is an interrupt, as Start's is.
func (c *Deliverer) Wait(ctx context.Context) error {
	unwatch := context.AfterFunc(ctx, func() { c.interrupt(context.Cause(ctx)) })
	c.mu.Lock()
	for {
		c.settle()
		if c.halted() || len(c.behind) == 0 || !c.followUp() {
			break
		}
	}
	c.settle()
	c.ended = true
	c.reportRest()
	c.wakeAll()
	c.mu.Unlock()
	unwatch()
	c.unwatch()
	c.abort(nil)
	c.reporter.close()
	close(c.over)
	c.running.Wait()
	return c.fatal
}

// settle waits until nothing moves any more.
func (c *Deliverer) settle() {
	for !c.idle() {
		c.moved.Wait()
	}
}

// idle reports whether nothing is under way, and nothing that this run could do is left in the state.
func (c *Deliverer) idle() bool {
	if c.writing > 0 || c.fatal == nil && len(c.items) > 0 {
		return false
	}
	for _, d := range c.targets {
		if d.busy > 0 || d.more && d.shut == "" && !c.halted() {
			return false
		}
	}
	return true
}

// halted reports whether nothing new may begin.
func (c *Deliverer) halted() bool { return c.stopped || c.fatal != nil }

// interrupt returns all that is not under way, and ends the rest after the grace.
func (c *Deliverer) interrupt(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.halted() || c.ended {
		return
	}
	c.stopped, c.cause = true, cause
	close(c.stop)
	for _, d := range c.targets {
		d.returnAll(c.interrupted(), time.Time{})
	}
	abort := c.abort
	if c.o.Grace < 0 || errors.Is(cause, context.DeadlineExceeded) {
		abort(errInterrupted)
	} else {
		// Left to run out when all ends sooner: ending ended attempts does nothing.
		time.AfterFunc(c.o.Grace, func() { abort(errInterrupted) })
	}
	c.wakeAll()
}

// interrupted says why the run was ended early.
func (c *Deliverer) interrupted() string {
	if errors.Is(c.cause, context.DeadlineExceeded) {
		return "the run's deadline was reached"
	}
	return errInterrupted.Error()
}

// fail ends everything: what cannot be written down must not be sent.
func (c *Deliverer) fail(err error) {
	if c.fatal != nil {
		return
	}
	if !c.stopped {
		close(c.stop)
	}
	c.fatal = err
	c.abort(errState)
	for _, d := range c.targets {
		d.queue = nil
	}
	c.wakeAll()
}

// wakeAll makes everybody look again.
func (c *Deliverer) wakeAll() {
	for _, d := range c.targets {
		d.wakeUp()
	}
	c.moved.Broadcast()
}
