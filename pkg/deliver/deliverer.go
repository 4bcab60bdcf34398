package deliver

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postee/postee/pkg/message"
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
	// Aggregate, if set, returns what the route's template makes of a digest as a whole, nil when it makes nothing of it. An error is that
	// the digest can never be said.
	Aggregate func(context.Context, *message.Message) (*message.Custom, error)
	// Opening is what was read when the state was opened, which spares Start to read it; nil was not.
	Opening *state.Opening
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
	// Notes are what people should know of its delivery, Objection is why the target refuses the artifact, "" when it does not.
	Notes     []string
	Objection string
	// Tried reports whether this run made an attempt.
	Tried bool
}

// Deliverer delivers for one run: Start, Add as often as needed, Wait.
type Deliverer struct {
	// These are set by New and Start, and do not change.
	o       Options
	created time.Time
	// writer stores what came of attempts, reporter calls Options.Report; each has a goroutine and a lock of its own.
	writer   *writer
	reporter *reporter
	// stop is closed when nothing new may begin; over when Wait has seen the end.
	stop, over chan struct{}
	// sending is the context of all attempts; abort ends them.
	sending context.Context
	abort   context.CancelCauseFunc
	// lasting is Start's context without its cancellation: what was sent must still be written down after an interrupt. giveUp
	// ends it when the state could not be had in time.
	lasting context.Context
	giveUp  context.CancelFunc
	unwatch func() bool
	running sync.WaitGroup
	// ahead is by how much the state's clock is ahead of this process's, a [time.Duration].
	ahead atomic.Int64

	// mu guards everything below: the claims, and the queue of each target with the items in it. Nobody holds it during I/O, but
	// for the moment in which a claim asks whether it is wanted, under the state's lock; so nobody who holds it waits for the
	// state. moved is told of every change.
	mu    sync.Mutex
	moved *sync.Cond
	// targets has the queue of each target; the map itself never changes.
	targets map[string]*targetQueue
	claims  claims
	// held is about how many bytes all items keep in memory.
	held int
	// writing counts operations that the writer has not finished.
	writing int
	// stopped is set by an interrupt, with its cause, fatal by a state that failed, ended by Wait.
	stopped bool
	cause   error
	fatal   error
	ended   bool
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
	d := &Deliverer{
		o: o, created: time.Now(), stop: make(chan struct{}), over: make(chan struct{}), targets: make(map[string]*targetQueue),
		claims: newClaims(),
	}
	d.moved = sync.NewCond(&d.mu)
	d.reporter = newReporter(o.Report)
	for _, t := range o.Targets {
		d.targets[t.Name] = newTargetQueue(t, &d.held)
	}
	return d
}

// positive returns given, or what stands for 0 and less.
func positive(given, otherwise time.Duration) time.Duration {
	if given > 0 {
		return given
	}
	return otherwise
}

// Start begins to deliver what waits from earlier runs. After it, and only when it gave no error, Wait must be called.
// When ctx ends, nothing new is begun, and what is under way gets Options.Grace, unless it was a deadline that ended ctx.
func (d *Deliverer) Start(ctx context.Context) error {
	opening, err := d.opening(ctx)
	if err != nil {
		return err
	}
	d.ahead.Store(int64(opening.Ahead))
	d.lasting, d.giveUp = context.WithCancel(context.WithoutCancel(ctx))
	d.sending, d.abort = context.WithCancelCause(d.lasting)
	d.writer = newWriter(d.o.Store, d.claimant, opening.Totals)
	d.running.Go(func() { d.writer.run(d.lasting, d.over) })
	d.running.Go(d.renewals)
	d.running.Go(d.reporter.run)
	for _, q := range d.targets {
		q.cursor.more = opening.Totals.Pending > 0
		d.running.Go(func() { d.loop(q) })
	}
	d.unwatch = context.AfterFunc(ctx, func() { d.interrupt(context.Cause(ctx)) })
	return nil
}

// opening returns what is asked of the state before anything else.
func (d *Deliverer) opening(ctx context.Context) (o state.Opening, err error) {
	if d.o.Opening != nil {
		return *d.o.Opening, nil
	}
	err = d.o.Store.View(ctx, func(tx state.Tx) (err error) {
		o, err = state.ReadOpening(tx)
		return err
	})
	return o, err
}

// Totals returns the sizes of the state as they were when it was last written here, or at the start when nothing was.
func (d *Deliverer) Totals() state.Totals { return d.writer.seen() }

// Wait waits until everything is delivered or given back, and ends the Deliverer. The error is the state's: it makes the
// run's status 5. An end of ctx is an interrupt, as Start's is.
func (d *Deliverer) Wait(ctx context.Context) error {
	unwatch := context.AfterFunc(ctx, func() { d.interrupt(context.Cause(ctx)) })
	d.mu.Lock()
	for {
		d.settle()
		if d.halted() || len(d.claims.behind) == 0 || !d.followUp() {
			break
		}
	}
	d.settle()
	d.ended = true
	d.reportRest()
	d.wakeAll()
	d.mu.Unlock()
	unwatch()
	d.unwatch()
	d.abort(nil)
	d.reporter.close()
	close(d.over)
	d.running.Wait()
	d.giveUp()
	return d.fatal
}

// settle waits until nothing moves any more.
func (d *Deliverer) settle() {
	for !d.idle() {
		d.moved.Wait()
	}
}

// idle reports whether nothing is under way, and nothing that this run could do is left in the state.
func (d *Deliverer) idle() bool {
	if d.writing > 0 || d.fatal == nil && len(d.claims.items) > 0 {
		return false
	}
	for _, q := range d.targets {
		if q.busy > 0 || q.cursor.more && q.shut == "" && !d.halted() {
			return false
		}
	}
	return true
}

// halted reports whether nothing new may begin.
func (d *Deliverer) halted() bool { return d.stopped || d.fatal != nil }

// interrupt returns all that is not under way, and ends the rest after the grace.
func (d *Deliverer) interrupt(cause error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halted() || d.ended {
		return
	}
	d.stopped, d.cause = true, cause
	close(d.stop)
	for _, q := range d.targets {
		d.returnAll(q, d.interrupted(), time.Time{})
	}
	d.abortAfter(cause)
	d.wakeAll()
}

// interrupted says why the run was ended early.
func (d *Deliverer) interrupted() string {
	if errors.Is(d.cause, context.DeadlineExceeded) {
		return "the run's deadline was reached"
	}
	return errInterrupted.Error()
}

// fail ends everything: what cannot be written down must not be sent.
func (d *Deliverer) fail(err error) {
	if d.fatal != nil {
		return
	}
	if !d.stopped {
		close(d.stop)
	}
	d.fatal = err
	d.abort(errState)
	for _, q := range d.targets {
		q.queue = nil
	}
	d.wakeAll()
}

// wakeAll makes everybody look again.
func (d *Deliverer) wakeAll() {
	for _, q := range d.targets {
		q.wakeUp()
	}
	d.moved.Broadcast()
}
