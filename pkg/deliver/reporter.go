package deliver

import (
	"slices"
	"sync"

	"github.com/postee/postee/pkg/state"
)

// reporter calls Report from one goroutine, so that a slow reader of results keeps no target waiting.
type reporter struct {
	report func(Result)
	mu     sync.Mutex
	queue  []Result
	closed bool
	wake   chan struct{}
}

// newReporter makes a reporter; report may be nil.
func newReporter(report func(Result)) *reporter {
	return &reporter{report: report, wake: make(chan struct{}, 1)}
}

// add queues a result.
func (t *reporter) add(r Result) {
	if t.report == nil {
		return
	}
	t.mu.Lock()
	t.queue = append(t.queue, r)
	t.mu.Unlock()
	t.wakeUp()
}

// close ends run when all is told.
func (t *reporter) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wakeUp()
}

// wakeUp makes run look again.
func (t *reporter) wakeUp() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// run tells until close.
func (t *reporter) run() {
	for range t.wake {
		t.mu.Lock()
		queue, closed := t.queue, t.closed
		t.queue = nil
		t.mu.Unlock()
		for _, r := range queue {
			t.report(r)
		}
		if closed {
			return
		}
	}
}

// report tells what became of an entry. One that was admitted while this run lasts may be its own although Add has not
// said so yet: it is told when that is known.
func (d *Deliverer) report(r Result) {
	r.Entry.Message, r.Entry.Last = nil, nil
	if !r.Own && !r.Entry.Admitted.Before(d.created) {
		d.claims.unannounced[r.Entry.Seq] = r
		return
	}
	d.reporter.add(r)
}

// reportRest tells about all that is left at the end, in the order of admission.
func (d *Deliverer) reportRest() {
	var rest []Result
	for _, it := range d.claims.items {
		rest = append(rest, it.result(Pending, d.why(&it.Entry)))
	}
	for _, w := range d.claims.behind {
		rest = append(rest, Result{Entry: w.entry, Own: true, Status: Pending, Reason: d.why(&w.entry)})
	}
	for _, r := range d.claims.unannounced {
		rest = append(rest, r)
	}
	slices.SortFunc(rest, func(a, b Result) int { return int(min(max(int64(a.Entry.Seq-b.Entry.Seq), -1), 1)) })
	for _, r := range rest {
		r.Entry.Message, r.Entry.Last = nil, nil
		d.reporter.add(r)
	}
}

// why says why an entry that was not asked about is left.
func (d *Deliverer) why(e *state.Entry) string {
	q := d.targets[e.Target]
	switch {
	case d.fatal != nil:
		return errState.Error()
	case d.stopped:
		return d.interrupted()
	case q == nil:
		return "the configuration has no such target"
	case q.shut != "":
		return q.shut
	case e.After != 0:
		return "what is told before it waits"
	}
	return "an earlier message about the same subject waits"
}
