package deliver

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// stage is where an item is.
type stage uint8

// An item arrives, is queued and sent, perhaps several times, and is settled.
const (
	arriving stage = iota
	queued
	sending
	settling
)

// item is an entry that this process has claimed. The Deliverer's lock guards it, but for what only its attempt changes while
// it is being sent: Attempts, Unsure, Done, Plan, Reason, last, dirty, notes, objection, began, refused, progress, passed.
type item struct {
	state.Entry
	target  *targetQueue
	own     bool
	counted bool
	stage   stage
	// held is the entry's message, where it is in memory.
	held message.Held
	// document is the entry's document when it is at hand; otherwise it is read from the state for each attempt.
	document []byte
	// ahead is what was read of the lane behind it; nil where nothing was. readsOn says that its confirmation reads what follows.
	ahead   *ahead
	readsOn bool
	// last is the receipt of the thread, dirty that the state does not have it yet.
	last  sinks.Receipt
	dirty bool
	ref   string
	// notes are what the sink said of parts that were delivered; objection is what the target has against the artifact.
	notes     []string
	objection string
	// taken is when the lane was taken over from a process that died, in the state's time; zero is that it was not. What stands in it
	// may have been sent.
	taken time.Time
	// tried says that this run made an attempt; began is when the budget began to run, zero before the first attempt.
	tried bool
	began time.Time
	// asked is when the current or last attempt began, next when the following may.
	asked, next time.Time
	back        *backoff.ExponentialBackOff
	// refused are the parts that no attempt of this run will deliver, by name; the others go on without them.
	refused map[string]error
	// progress says that the attempt has delivered a part, passed that it went on behind one that failed.
	progress, passed bool
	// cancel ends the attempt, leaseTimer does so before the claim ends.
	cancel     context.CancelCauseFunc
	leaseTimer *time.Timer
	lost       bool
}

// newItem makes an item of a claimed entry.
func newItem(e state.Entry, q *targetQueue) *item {
	it := &item{Entry: e, target: q, taken: e.Unsure}
	if len(e.Last) > 0 {
		// A receipt that cannot be read, because a newer program wrote it, is as good as none.
		_ = json.Unmarshal(e.Last, &it.last)
	}
	return it
}

// itemSize is about what an item takes beside its message, in bytes: with hundreds of routes there are many of small ones.
const itemSize = 1 << 10

// size returns what the item keeps in memory, in bytes. A message that is held keeps the document too.
func (it *item) size() int {
	if it.held.Message != nil {
		return itemSize + it.held.Size
	}
	return itemSize + len(it.Message) + len(it.document) + int(it.Weight)
}

// backoff returns the item's own next wait.
func (it *item) backoff() time.Duration {
	if it.back == nil {
		it.back = newBackOff()
	}
	return it.back.NextBackOff()
}

// beginAttempt begins an attempt. What a rate limit made it wait does not count against its budget.
func (it *item) beginAttempt(now time.Time) {
	if it.target.limiter != nil && !it.began.IsZero() && now.After(it.next) {
		it.began = it.began.Add(now.Sub(it.next))
	}
}

// ends returns when an attempt at a part ends that begins now. One that waited for a part that failed has not to pay for it.
func (it *item) ends(now time.Time, limit time.Duration) time.Time {
	if it.passed {
		return now.Add(limit)
	}
	return it.began.Add(limit)
}

// pass takes down that a part failed alone. One that will never be delivered is not attempted again in this run.
func (it *item) pass(name string, err error) {
	it.passed = true
	if !dead(err) {
		return
	}
	if it.refused == nil {
		it.refused = make(map[string]error)
	}
	it.refused[name] = err
}

// result returns what to report.
func (it *item) result(s Status, why string) Result {
	r := Result{Entry: it.Entry, Own: it.own, Status: s, Ref: it.ref, Reason: why, Tried: it.tried, Notes: it.notes, Objection: it.objection}
	return r
}

// keep takes in a receipt.
func (it *item) keep(r sinks.Receipt) {
	it.notes = append(it.notes, r.Notes...)
	if r.Ref == "" && len(r.Keep) == 0 {
		return
	}
	it.last, it.dirty, it.objection = r, true, r.Objection
	if r.Ref != "" {
		it.ref = r.Ref
	}
}

// settlement says what became of the item. The receipt goes with it when the state does not have it yet.
func (it *item) settlement(o state.Outcome) state.Settlement {
	s := state.Settlement{Entry: it.Entry, Outcome: o}
	s.Entry.Message = nil
	if it.dirty {
		// Strings in a struct and a map: what cannot be written is not valid UTF-8, and then there is nothing to keep.
		s.Receipt, _ = json.Marshal(it.last)
		it.dirty = false
	}
	return s
}
