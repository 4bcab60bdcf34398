package state

import (
	"bytes"
	"slices"
)

// Settler stores what became of entries, within one transaction that does not write records otherwise.
type Settler struct {
	tx Tx
	c  Claimant
	// told are the records that were read, by subject, nil for one that is not there; they are written by Close.
	told   map[string]*told
	labels *labels
	// heads are the numbers of entries that became the head of their lane in this transaction: a long lane is not walked through anew
	// for each of many that are confirmed together.
	heads map[string]uint64
}

// NewSettler returns one for a transaction on behalf of c. Close must be called at the end.
func NewSettler(tx Tx, c Claimant) *Settler {
	return &Settler{tx: tx, c: c, told: map[string]*told{}, heads: map[string]uint64{}}
}

// Settle settles one entry in a transaction of its own, as [Settler.Settle] does.
func Settle(tx Tx, c Claimant, s Settlement) (next *Entry, err error) {
	settler := NewSettler(tx, c)
	if next, err = settler.Settle(s); err != nil {
		return nil, err
	}
	return next, settler.Close()
}

// Settle stores what became of an entry. After Confirmed and Died it returns the next entry of the lane, claimed for c, or nil
// when there is none that c may have now. Released and Died from somebody who does not hold the claim any more are
// [ErrLost]; so are they when the entry is gone.
func (r *Settler) Settle(s Settlement) (next *Entry, err error) {
	tx, c := r.tx, r.c
	stored, waiting, err := getEntry(tx, BucketOut, s.Entry.Seq)
	if err != nil {
		return nil, err
	}
	if s.Outcome == Released || s.Outcome == Died {
		if !waiting || c.Owner == 0 || stored.Claim.Owner != c.Owner {
			return nil, ErrLost
		}
	}
	if s.Receipt != nil && s.Entry.Thread != "" {
		if err := tx.Put(BucketThread, hash16(s.Entry.Thread), s.Receipt); err != nil {
			return nil, err
		}
	}
	if !waiting {
		return nil, r.settleGone(s)
	}
	if latest := tx.Now().Add(maxWait); s.Entry.NotBefore.After(latest) {
		s.Entry.NotBefore = latest
	}
	if s.Receipt != nil && s.Entry.Thread == "" {
		stored.Kept = s.Receipt
	}
	switch s.Outcome {
	case Confirmed:
		if err := r.markTold(&stored); err != nil {
			return nil, err
		}
		if err := erase(tx, &stored, BucketOut); err != nil {
			return nil, err
		}
	case Died:
		stored.learn(&s.Entry, true)
		if err := markDead(tx, stored); err != nil {
			return nil, err
		}
	default:
		mine := stored.Claim.Owner == c.Owner
		stored.learn(&s.Entry, mine)
		if s.Outcome == Released {
			stored.Claim = Claim{}
		}
		return nil, putEntry(tx, BucketOut, &stored)
	}
	return r.nextOf(&stored)
}

// settleGone settles what waits no more: another process confirmed it, or declared it dead although it was delivered.
func (r *Settler) settleGone(s Settlement) error {
	if s.Outcome != Confirmed {
		return nil
	}
	dead, found, err := getEntry(r.tx, BucketDead, s.Entry.Seq)
	if err != nil || !found {
		return err
	}
	if err := r.markTold(&dead); err != nil {
		return err
	}
	return erase(r.tx, &dead, BucketDead)
}

// learn takes over what a delivery found out. Somebody whose claim was lost adds the parts that the target confirmed to it,
// when they are parts of the same plan, and nothing else.
func (e *Entry) learn(from *Entry, mine bool) {
	if mine {
		e.Attempts, e.Unsure, e.NotBefore, e.Reason = from.Attempts, from.Unsure, from.NotBefore, from.Reason
		e.Done, e.Plan = from.Done, from.Plan
		return
	}
	if len(e.Done) > 0 && !bytes.Equal(e.Plan, from.Plan) {
		return
	}
	e.Plan = from.Plan
	e.Attempts = max(e.Attempts, from.Attempts)
	for _, part := range from.Done {
		if !slices.Contains(e.Done, part) {
			e.Done = append(e.Done, part)
		}
	}
}

// nextOf claims the head of the lane that an entry has left, when c may have it.
func (r *Settler) nextOf(left *Entry) (*Entry, error) {
	from := uint64(0)
	if r.heads[left.Lane] == left.Seq {
		from = left.Seq
	}
	seq, err := headBehind(r.tx, left.Lane, from)
	if err != nil || seq == 0 || r.c.Owner == 0 {
		return nil, err
	}
	r.heads[left.Lane] = seq
	e, err := inLaneEntry(r.tx, left.Lane, seq)
	if err != nil || !handable(r.tx, &e, r.c) {
		return nil, err
	}
	if err := take(r.tx, r.c, &e); err != nil {
		return nil, err
	}
	return &e, nil
}

// handable reports whether an entry can be handed over by its lane. Whether another owner lives cannot be asked here; its claim counts
// as long as its time runs.
func handable(tx Tx, e *Entry, c Claimant) bool {
	return !e.Claim.running(tx.Now()) && !e.waits(tx.Now()) && printable(e, c)
}

// inLaneEntry reads an entry that stands in a lane.
func inLaneEntry(tx Tx, lane string, seq uint64) (Entry, error) {
	e, found, err := getEntry(tx, BucketOut, seq)
	if err == nil && !found {
		err = Damaged(BucketLane, laneKey(lane, seq), "it leads to no entry")
	}
	return e, err
}

// Following returns what stands behind an entry in its lane, in order, as long as c could have it one after the other: up to most
// entries of so many bytes of messages. They are not claimed: who holds the claim on the head of a lane, and nobody else, may send
// them, after it and in order, and confirm all together. Last is what is kept for the thread now, not what will be by then.
func Following(tx Tx, c Claimant, head *Entry, most, size int) (following []Entry, err error) {
	for seq, err := range inLane(tx, head.Lane, head.Seq) {
		if err != nil {
			return nil, err
		}
		e, err := inLaneEntry(tx, head.Lane, seq)
		if err != nil {
			return nil, err
		}
		size -= len(e.Message)
		if len(following) == most || size < 0 || !handable(tx, &e, c) {
			break
		}
		if e.Last, err = receipt(tx, &e); err != nil {
			return nil, err
		}
		following = append(following, e)
	}
	return following, nil
}

// erase removes an entry for good, from the outbox or from the dead ones, and its reference.
func erase(tx Tx, e *Entry, bucket string) error {
	if bucket == BucketDead {
		if err := tx.Delete(BucketDead, seqKey(e.Seq)); err != nil {
			return err
		}
	} else if err := unqueue(tx, e); err != nil {
		return err
	}
	if err := dropReference(tx, e.Document); err != nil {
		return err
	}
	if err := eraseMembers(tx, e); err != nil {
		return err
	}
	return count(tx, func(c *counters) {
		if bucket == BucketDead {
			c.dead--
		} else {
			c.waiting--
		}
	})
}

// Revive puts a dead entry at the tail of its lane, with a new Seq: any run that wants it may deliver it now. What was
// delivered of it stays known. ErrAbsent when no dead entry has that number.
func Revive(tx Tx, seq uint64) error {
	e, found, err := getEntry(tx, BucketDead, seq)
	if err != nil {
		return err
	}
	if !found {
		return ErrAbsent
	}
	if err := tx.Delete(BucketDead, seqKey(seq)); err != nil {
		return err
	}
	n, err := getCounters(tx)
	if err != nil {
		return err
	}
	n.seq++
	n.dead--
	n.waiting++
	e.Seq, e.Dead, e.Revived, e.Reason, e.Claim = n.seq, false, true, "", Claim{}
	if err := enqueue(tx, &e); err != nil {
		return err
	}
	return putCounters(tx, n)
}

// Drop removes an entry, waiting, queued or dead, whoever has claimed it; with a digest goes what it gathers. ErrAbsent when
// there is none with that number.
func Drop(tx Tx, seq uint64) error {
	for _, bucket := range []string{BucketOut, BucketDead} {
		e, found, err := getEntry(tx, bucket, seq)
		if err != nil {
			return err
		}
		if found {
			return erase(tx, &e, bucket)
		}
	}
	return dropQueued(tx, seq)
}

// Totals is the size of a state.
type Totals struct {
	// Schema is the number of the layout.
	Schema int
	// Subjects counts records; Pending entries that wait; Queued what waits for a digest; Dead entries not tried again.
	Subjects, Pending, Queued, Dead int
}

// Summarise reads the totals, which are kept with every change: it is cheap.
func Summarise(tx Tx) (Totals, error) {
	s, err := readSchema(tx)
	if err != nil {
		return Totals{}, err
	}
	c, err := getCounters(tx)
	if err != nil {
		return Totals{}, err
	}
	return Totals{Schema: int(s), Subjects: int(c.subjects), Pending: int(c.waiting), Queued: int(c.queued), Dead: int(c.dead)}, nil
}
