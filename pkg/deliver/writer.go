package deliver

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/postee/postee/pkg/state"
)

// Limits of one commit: how much is written at once, for how long what can wait gathers, and how long may be waited for the state
// beyond its own patience.
const (
	maxCommit   = 256
	gathering   = 10 * time.Millisecond
	commitLimit = time.Minute
)

// transaction is one that operations are written in, on behalf of this process.
type transaction struct {
	state.Tx
	who     state.Claimant
	settler *state.Settler
}

// settle stores what became of an entry; lost is that it is another process's now.
func (t *transaction) settle(s state.Settlement) (next *state.Entry, lost bool, err error) {
	next, err = t.settler.Settle(s)
	if errors.Is(err, state.ErrLost) {
		return nil, true, nil
	}
	return next, false, err
}

// operation is something to write. write may run again; done runs once, when it is stored, or with the error that kept it
// from being stored.
type operation struct {
	write func(*transaction) error
	done  func(error)
	// presses: somebody waits for it. What does not press gathers for a moment, so that one commit serves many.
	presses bool
}

// writer writes operations in the order they came, as many in one transaction as have gathered while the last was written.
type writer struct {
	store state.Store
	// claimant says on whose behalf a transaction is.
	claimant func(state.Tx) (state.Claimant, error)

	mu    sync.Mutex
	queue []operation
	// pressing says that something of the queue presses, or that it is long enough.
	pressing bool
	// wake and press say that there is something, and that it presses.
	wake, press chan struct{}
	// totals are the sizes of the state as they were when it was written last.
	totals state.Totals
	// broken is the first error: nothing is written after it.
	broken error
}

// newWriter makes a writer; nothing is written before run. totals are the sizes of the state now.
func newWriter(store state.Store, claimant func(state.Tx) (state.Claimant, error), totals state.Totals) *writer {
	return &writer{store: store, claimant: claimant, totals: totals, wake: make(chan struct{}, 1), press: make(chan struct{}, 1)}
}

// seen returns the sizes of the state as they were last seen.
func (l *writer) seen() state.Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.totals
}

// add queues an operation. It does not block.
func (l *writer) add(o operation) {
	l.mu.Lock()
	l.queue = append(l.queue, o)
	l.pressing = l.pressing || o.presses || len(l.queue) >= maxCommit
	pressing := l.pressing
	l.mu.Unlock()
	signal(l.wake)
	if pressing {
		signal(l.press)
	}
}

// signal leaves a sign in a channel that holds one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// gather waits until something presses, or for a moment.
func (l *writer) gather(over <-chan struct{}) {
	timer := time.NewTimer(gathering)
	defer timer.Stop()
	for {
		l.mu.Lock()
		pressing := l.pressing || len(l.queue) == 0
		l.mu.Unlock()
		if pressing {
			return
		}
		select {
		case <-l.press: // perhaps of what was written before
		case <-timer.C:
			return
		case <-over:
			return
		}
	}
}

// take returns the operations of the next commit.
func (l *writer) take() []operation {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.queue), maxCommit)
	taken := l.queue[:n:n]
	l.queue = l.queue[n:]
	l.pressing = slices.ContainsFunc(l.queue, func(o operation) bool { return o.presses })
	return taken
}

// run writes until over is closed.
func (l *writer) run(ctx context.Context, over <-chan struct{}) {
	for {
		select {
		case <-l.wake:
		case <-over:
			return
		}
		for {
			l.gather(over)
			batch := l.take()
			if len(batch) == 0 {
				break
			}
			err := l.commit(ctx, batch)
			for _, o := range batch {
				o.done(err)
			}
		}
	}
}

// commit writes a batch in one transaction.
func (l *writer) commit(ctx context.Context, batch []operation) error {
	if l.broken != nil {
		return l.broken
	}
	ctx, cancel := context.WithTimeout(ctx, commitLimit)
	defer cancel()
	var totals state.Totals
	l.broken = l.store.Update(ctx, func(tx state.Tx) error {
		who, err := l.claimant(tx)
		if err != nil {
			return err
		}
		t := &transaction{Tx: tx, who: who, settler: state.NewSettler(tx, who)}
		for _, o := range batch {
			if err := o.write(t); err != nil {
				return err
			}
		}
		if err := t.settler.Close(); err != nil {
			return err
		}
		totals, err = state.Summarise(tx)
		return err
	})
	if l.broken == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.totals = totals
	}
	return l.broken
}

// write queues an operation on behalf of this process, for which somebody waits. Its done runs under the Deliverer's lock, and only when
// it was stored; otherwise everything ends.
func (d *Deliverer) write(fn func(*transaction) error, done func()) {
	d.queueWrite(fn, done, true)
}

// queueWrite is write; what does not press may wait a moment for company.
func (d *Deliverer) queueWrite(fn func(*transaction) error, done func(), presses bool) {
	d.writing++
	d.writer.add(operation{
		presses: presses, write: fn,
		done: func(err error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.writing--
			if err != nil {
				d.fail(err)
			} else {
				done()
			}
			d.wakeAll()
		},
	})
}

// claimant is this process. What the state's clock shows is taken down: claims end by it.
func (d *Deliverer) claimant(tx state.Tx) (state.Claimant, error) {
	d.readClock(tx)
	owner, err := d.o.Store.Owners().Self()
	return state.Claimant{Owner: owner, Lease: d.o.Lease}, err
}

// readClock compares the state's clock with this process's.
func (d *Deliverer) readClock(tx state.Tx) { d.ahead.Store(int64(state.Ahead(tx))) }
