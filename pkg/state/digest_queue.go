package state

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
)

// digestQueue adds messages to queues, and makes digests of those that are complete, within one transaction.
type digestQueue struct {
	tx    Tx
	c     Claimant
	n     *counters
	lanes *laneIndex
	heads map[string]*head
	made  []Entry
}

// add puts a message at the end of its queue. When as many wait as it asks for, they become a digest at once: what a digest
// gathers must not depend on how the scans were batched.
func (g *digestQueue) add(e *Entry) (added bool, err error) {
	h := g.heads[e.Lane]
	if h == nil {
		if h, err = getHead(g.tx, e.Lane); err != nil {
			return false, err
		}
		g.heads[e.Lane] = h
	}
	if e.Unique {
		if e.Seq, err = h.duplicate(g.tx, e.Key); err != nil || e.Seq != 0 {
			return false, err
		}
	}
	g.n.seq++
	g.n.queued++
	e.Seq, e.Admitter, e.Claim, e.Last = g.n.seq, g.c.Owner, Claim{}, nil
	if err := g.tx.Put(BucketQueue, laneKey(e.Lane, e.Seq), encodeEntry(e)); err != nil {
		return false, err
	}
	h.add(e)
	if h.scans() < e.Gather {
		return true, nil
	}
	return true, g.form(h)
}

// duplicate returns the number of the message in the queue that has the key, 0 when none has.
func (h *head) duplicate(tx Tx, key string) (uint64, error) {
	if len(h.segments) == 0 {
		return 0, nil
	}
	for e, err := range inQueue(tx, h.lane, h.segments[0].from, h.segments[len(h.segments)-1].to) {
		if err != nil || e.Key == key {
			return e.Seq, err
		}
	}
	return 0, nil
}

// form makes the digests of a queue, oldest first; nothing waits in it then.
func (g *digestQueue) form(h *head) error {
	for i := range h.segments {
		e := h.digest(&h.segments[i], g.tx.Now())
		g.n.queued -= uint64(e.Scans)
		added, err := admitEntry(g.tx, g.c, &e, g.n, g.lanes)
		if err != nil {
			return err
		}
		if !added {
			// The very same messages wait as a digest already (only runs that remember nothing repeat keys): once is enough.
			if err := eraseMembers(g.tx, &e); err != nil {
				return err
			}
		}
		g.made = append(g.made, e)
	}
	h.segments = nil
	return nil
}

// write stores the heads.
func (g *digestQueue) write() error {
	for _, h := range g.heads {
		if err := h.put(g.tx); err != nil {
			return err
		}
	}
	return nil
}

// FormDigests makes digests of the queues that are due, oldest message first, and claims those that head their lane. due must be
// quick: the lock is held.
func FormDigests(tx Tx, c Claimant, due func(Queue) bool) ([]Entry, error) {
	all, err := heads(tx)
	if err != nil {
		return nil, err
	}
	n, err := getCounters(tx)
	if err != nil {
		return nil, err
	}
	g := &digestQueue{tx: tx, c: c, n: &n, lanes: &laneIndex{tx: tx, lanes: map[string]*waitingLane{}}, heads: map[string]*head{}}
	for _, h := range all {
		if !due(h.queue()) {
			continue
		}
		g.heads[h.lane] = h
		if err := g.form(h); err != nil {
			return nil, err
		}
	}
	if len(g.made) == 0 {
		return nil, nil
	}
	if err := g.write(); err != nil {
		return nil, err
	}
	return g.made, putCounters(tx, n)
}

// DigestMembers returns what a digest in the outbox gathers, oldest first: up to most messages whose number is greater than after.
// ErrLost when the digest is not there any more.
func DigestMembers(tx Tx, digest *Entry, after uint64, most int) (members []Entry, err error) {
	if err := Stands(tx, digest.Seq); err != nil {
		return nil, err
	}
	for e, err := range inQueue(tx, digest.Lane, max(digest.From, after+1), digest.To) {
		if err != nil {
			return nil, err
		}
		e.Message = bytes.Clone(e.Message)
		members = append(members, e)
		if len(members) == most {
			break
		}
	}
	if len(members) == 0 {
		return nil, Damaged(BucketOut, seqKey(digest.Seq), "the digest lacks a message")
	}
	return members, nil
}

// Queued walks the messages that wait for a digest, without Message: queue by queue, oldest first.
func Queued(tx Tx) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		all, err := heads(tx)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for _, h := range all {
			for e, err := range inQueue(tx, h.lane, h.segments[0].from, h.segments[len(h.segments)-1].to) {
				e.Message = nil
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// inQueue walks the messages of a queue with numbers between the two. Message is valid until the transaction ends.
func inQueue(tx Tx, lane string, from, to uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		prefix := hash16(lane)
		for p, err := range tx.Range(BucketQueue, laneKey(lane, from)) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if len(p.Key) != len(prefix)+8 || p.Key[:len(prefix)] != prefix || binary.BigEndian.Uint64([]byte(p.Key[len(prefix):])) > to {
				return
			}
			e, message, err := decodeHeader(p.Value)
			e.Message = message
			if err != nil || laneKey(e.Lane, e.Seq) != p.Key {
				yield(Entry{}, Damaged(BucketQueue, p.Key, "the message cannot be read"))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// eraseMembers removes what a digest gathers, and the references. Of an entry that is none there is nothing.
func eraseMembers(tx Tx, digest *Entry) error {
	if digest.Scans == 0 {
		return nil
	}
	var gone []Entry
	for e, err := range inQueue(tx, digest.Lane, digest.From, digest.To) {
		if err != nil {
			return err
		}
		e.Message = nil
		gone = append(gone, e)
	}
	for i := range gone {
		if err := tx.Delete(BucketQueue, laneKey(gone[i].Lane, gone[i].Seq)); err != nil {
			return err
		}
		if err := dropReference(tx, gone[i].Document); err != nil {
			return err
		}
	}
	return nil
}

// dropQueued takes one message out of the queue in which it waits.
func dropQueued(tx Tx, seq uint64) error {
	all, err := heads(tx)
	if err != nil {
		return err
	}
	for _, h := range all {
		for i, s := range h.segments {
			if seq < s.from || seq > s.to {
				continue
			}
			found, err := h.drop(tx, i, seq)
			if err != nil {
				return err
			}
			if found {
				return count(tx, func(c *counters) { c.queued-- })
			}
		}
	}
	return ErrAbsent
}

// drop takes a message out of a segment, and counts that one anew; found is false when the number belongs to another queue.
func (h *head) drop(tx Tx, place int, seq uint64) (found bool, err error) {
	var dropped Entry
	rest, s := &head{}, h.segments[place]
	for e, err := range inQueue(tx, h.lane, s.from, s.to) {
		if err != nil {
			return false, err
		}
		if e.Seq == seq {
			dropped, found = e, true
		} else {
			rest.add(&e)
		}
	}
	if !found {
		return false, nil
	}
	if err := tx.Delete(BucketQueue, laneKey(h.lane, seq)); err != nil {
		return false, err
	}
	if err := dropReference(tx, dropped.Document); err != nil {
		return false, err
	}
	h.segments = slices.Replace(h.segments, place, place+1, rest.segments...)
	if place == 0 && len(h.segments) > 0 {
		for e, err := range inQueue(tx, h.lane, h.segments[0].from, h.segments[0].to) {
			if err != nil {
				return false, err
			}
			h.oldest = e.Admitted
			break
		}
	}
	return true, h.put(tx)
}
