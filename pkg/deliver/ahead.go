package deliver

import "github.com/postee/postee/pkg/state"

// How much of a lane is read ahead: what one commit confirms at most, and as many bytes of messages. aheadRoom is what all of that
// takes in memory.
const (
	maxAhead      = maxCommit
	maxAheadBytes = 256 << 10
	aheadRoom     = maxAheadBytes + maxAhead*itemSize
)

// ahead is what stands in a lane behind an item, in order, read with the item itself. The claim on the item keeps others from all of
// it, so that the next is sent as soon as the item is, before that is confirmed, and one commit confirms many. Whatever is not
// a success ends it: then the lane hands over what follows, as the state has it.
type ahead struct {
	entries []state.Entry
	// queue counts the bytes.
	queue *targetQueue
}

// newAhead takes over what was read ahead.
func newAhead(q *targetQueue, entries []state.Entry) *ahead {
	a := &ahead{queue: q, entries: entries}
	for i := range entries {
		q.count(aheadSize(&entries[i]))
	}
	return a
}

// aheadSize returns about what an entry takes in memory.
func aheadSize(e *state.Entry) int { return itemSize + len(e.Message) + int(e.Weight) }

// next takes the next entry out; ok is false at the end.
func (a *ahead) next() (e state.Entry, ok bool) {
	if a == nil || len(a.entries) == 0 {
		return e, false
	}
	e = a.entries[0]
	a.entries[0] = state.Entry{} // its message is not kept by those behind it
	a.entries = a.entries[1:]
	a.queue.count(-aheadSize(&e))
	return e, true
}

// drop forgets what was read ahead.
func (it *item) dropAhead() {
	for {
		if _, more := it.ahead.next(); !more {
			it.ahead = nil
			return
		}
	}
}

// readOn makes the confirmation of an item read what follows, if there is room; that is taken at once, for others read on too.
func (it *item) readOn() {
	if q := it.target; q.bytes <= maxBytes/2 && *q.all <= maxAllBytes/2 {
		it.readsOn = true
		q.count(aheadRoom)
	}
}

// hasRead frees the room that readOn took: what was read counts by itself.
func (it *item) hasRead() {
	if it.readsOn {
		it.readsOn = false
		it.target.count(-aheadRoom)
	}
}

// follows takes over what is known of the item before it in the lane: where a process that died had sent that one, it may have gone on.
func (it *item) follows(before *item) {
	if it.taken = before.taken; it.Unsure.Before(it.taken) {
		it.Unsure = it.taken
	}
}

// follow puts what stands behind an item that was sent in line, with the receipt that the item got. Where nothing was read, or all of
// it was sent, it makes the item's confirmation read on, if there is room.
func (d *Deliverer) follow(it *item) {
	defer it.dropAhead()
	q := it.target
	if d.halted() || q.shut != "" || it.lost {
		return
	}
	e, ok := it.ahead.next()
	if !ok {
		it.readOn()
		return
	}
	if d.claims.items[e.Seq] != nil || d.claims.returned[e.Seq] || !d.accepts(&e) {
		return // somebody dropped what stood before it, so that the state has handed it over already; or it is not ours to send
	}
	next := newItem(e, q)
	if e.Thread != "" && e.Thread == it.Thread {
		next.last = it.last
	}
	next.Claim = it.Claim
	next.follows(it)
	next.ahead, it.ahead = it.ahead, nil
	d.claims.addItem(next)
	q.push(next)
}
