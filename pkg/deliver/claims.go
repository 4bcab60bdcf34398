package deliver

import (
	"slices"
	"time"

	"github.com/postee/postee/pkg/state"
)

// claims keeps account of the entries that concern this run. The Deliverer's mu guards it.
type claims struct {
	// items are the entries that this process has claimed, by Seq.
	items map[uint64]*item
	// behind are entries of this run that it has not claimed: somebody or something else stands before them.
	behind map[uint64]unclaimed
	// order has the numbers of those by target, ascending; some are behind nothing any more.
	order map[string][]uint64
	// unannounced are results of entries that may turn out to be of this run: the lane handed them over before Add did.
	unannounced map[uint64]Result
	// returned are entries that this run has given back for good: it does not claim them again.
	returned map[uint64]bool
}

// unclaimed is an entry of this run that is not claimed by it.
type unclaimed struct {
	entry state.Entry
	since time.Time
}

// newClaims returns an account of nothing.
func newClaims() claims {
	return claims{
		items: make(map[uint64]*item), behind: make(map[uint64]unclaimed), order: make(map[string][]uint64), unannounced: make(map[uint64]Result), returned: make(map[uint64]bool),
	}
}

// addBehind takes down an entry of this run that is not claimed by it.
func (k *claims) addBehind(e state.Entry) {
	e.Message, e.Last = nil, nil
	k.behind[e.Seq] = unclaimed{e, time.Now()}
	order := k.order[e.Target]
	if at, known := slices.BinarySearch(order, e.Seq); !known {
		k.order[e.Target] = slices.Insert(order, at, e.Seq)
	}
}

// firstBehind returns the smallest number of behind for a target, 0 when there is none. It looks at each entry once, however often it
// is asked.
func (k *claims) firstBehind(target string) uint64 {
	order := k.order[target]
	for len(order) > 0 {
		if _, is := k.behind[order[0]]; is {
			break
		}
		order = order[1:]
	}
	if k.order[target] = order; len(order) == 0 {
		return 0
	}
	return order[0]
}

// addItem takes down an entry that this process has claimed, which nothing stands before any more.
func (k *claims) addItem(it *item) {
	if _, own := k.behind[it.Seq]; own {
		it.own = true
		delete(k.behind, it.Seq)
	}
	k.items[it.Seq] = it
}

// remove strikes out an item that this process has no claim on any more, and makes room for another.
func (k *claims) remove(it *item) {
	delete(k.items, it.Seq)
	it.dropAhead()
	it.target.release(it)
}

// forget strikes out an item that is another process's now. What this run admitted is asked about again at the end.
func (k *claims) forget(it *item) {
	k.remove(it)
	if it.own {
		k.addBehind(it.Entry)
	}
}

// announce returns the result of an entry that turns out to be of this run, if there is one already.
func (k *claims) announce(seq uint64) (Result, bool) {
	r, ok := k.unannounced[seq]
	delete(k.unannounced, seq)
	r.Own = true
	return r, ok
}

// claimCursor is how far the outbox has been searched for entries of one target. The Deliverer's mu guards it.
type claimCursor struct {
	// more says that there may be entries to claim where the walk goes on.
	more bool
	walk state.Walk
	// claiming says that a claim is being written. again says that the walk begins once more when it is, behind from.
	claiming, again bool
	from            uint64
}

// restart makes the search look at the entry and what follows it, again.
func (w *claimCursor) restart(seq uint64) {
	from := seq - 1
	switch {
	case w.claiming && w.again:
		w.from = min(w.from, from)
	case w.claiming:
		w.again, w.from = true, from
	case w.more:
		w.walk = state.Walk{After: min(w.walk.After, from)}
	default:
		w.more, w.walk = true, state.Walk{After: from}
	}
}

// begin says that a claim is being written.
func (w *claimCursor) begin() {
	w.claiming = true
}

// end takes down how far a claim came: nil is to the end.
func (w *claimCursor) end(next *state.Walk) {
	w.claiming, w.walk, w.more = false, state.Walk{}, next != nil
	if next != nil {
		w.walk = *next
	}
	if w.again {
		w.again = false
		w.restart(w.from + 1)
	}
}
