package state

import (
	"bytes"
	"iter"
	"time"
)

// scanLimit bounds how many entries one call of ClaimNext looks at: the lock is held meanwhile.
const scanLimit = 4096

// abandonedReason is why a local entry died.
const abandonedReason = "the run that should have printed it ended before it did"

// Query says which entries to claim.
type Query struct {
	// Wants chooses; nil wants all. The entry is given without Message and Last. It must be quick: the lock is held.
	Wants func(*Entry) bool
	// Target chooses the entries of one target, and only those are read; "" is all targets.
	Target string
	// Walk is where to go on: the zero value begins at the oldest.
	Walk Walk
	// Max is how many entries to claim at most; 0 is no bound.
	Max int
}

// Walk is a walk through the outbox that takes several calls of [ClaimNext]. Its values are not changed: one can be used again.
type Walk struct {
	// After is the Seq to continue after; 0 begins at the oldest.
	After uint64
	// lanes are those that the walk has met. It has met all that have an entry up to After, unless it is partial: then it began
	// somewhere in the middle.
	lanes   map[string]met
	partial bool
}

// met is how a walk has met a lane.
type met uint8

const (
	// blocked: its head cannot be claimed, and nothing of it is in this walk.
	blocked met = iota + 1
	// headed: the head was claimed by an earlier call. When that entry is gone by now, the next one is the head.
	headed
	// claimedNow: the head was claimed by this call.
	claimedNow
)

// begin returns the walk as this call goes on with it.
func (w Walk) begin() Walk {
	if w.lanes == nil {
		w.partial = w.After > 0
	}
	lanes := make(map[string]met, len(w.lanes))
	for lane, m := range w.lanes {
		lanes[lane] = min(m, headed)
	}
	w.lanes = lanes
	return w
}

// ClaimNext claims heads of lanes, oldest first. It returns the entries and the walk to continue with, nil when the end was
// reached: there may be more to find even when it returns no entry. Local entries that nobody can print any more die here.
func ClaimNext(tx Tx, c Claimant, o Owners, q Query) (claimed []Entry, next *Walk, err error) {
	s := claimScan{tx: tx, c: c, now: tx.Now(), o: o, q: q, walk: q.Walk.begin(), abandoned: map[uint64]bool{}, alive: map[uint64]liveness{}}
	more, err := s.scan()
	if err != nil {
		return nil, nil, err
	}
	if more {
		next = &s.walk
	}
	return s.claimed, next, s.write()
}

// claimScan is one call of ClaimNext. Nothing is written before the walk is over.
type claimScan struct {
	tx        Tx
	c         Claimant
	now       time.Time
	o         Owners
	q         Query
	walk      Walk
	claimed   []Entry
	dying     []Entry
	abandoned map[uint64]bool
	// alive is what is known of owners: each is asked about once.
	alive map[uint64]liveness
}

// liveness is what [Owners] says of a process.
type liveness struct{ alive, known bool }

// Self is that of the owners.
func (s *claimScan) Self() (uint64, error) { return s.o.Self() }

// Alive asks once.
func (s *claimScan) Alive(owner uint64) (alive, known bool) {
	l, asked := s.alive[owner]
	if !asked {
		l.alive, l.known = s.o.Alive(owner)
		s.alive[owner] = l
	}
	return l.alive, l.known
}

// scan walks the outbox and collects. more is false at its end.
func (s *claimScan) scan() (more bool, err error) {
	if s.q.Target != "" && s.walk.After == 0 {
		if err := s.bury(); err != nil {
			return false, err
		}
	}
	looked := 0
	for p, err := range s.pairs() {
		if err != nil {
			return false, err
		}
		if looked == scanLimit || s.q.Max > 0 && len(s.claimed) == s.q.Max {
			return true, nil
		}
		looked++
		e, message, err := decodeHeader(p.Value)
		if err != nil || seqKey(e.Seq) != p.Key {
			return false, Damaged(BucketOut, p.Key, "the entry cannot be read")
		}
		s.walk.After = e.Seq
		if err := s.consider(&e, message); err != nil {
			return false, err
		}
	}
	return false, nil
}

// pairs walks the entries of the query from where the walk is.
func (s *claimScan) pairs() iter.Seq2[Pair, error] {
	if s.q.Target == "" {
		return s.tx.Range(BucketOut, seqKey(s.walk.After+1))
	}
	return inLine(s.tx, s.q.Target, s.walk.After)
}

// bury finds local entries that nobody can print any more.
func (s *claimScan) bury() error {
	looked := 0
	for p, err := range inLine(s.tx, "", 0) {
		if err != nil {
			return err
		}
		if looked++; looked > scanLimit {
			return nil
		}
		e, message, err := decodeHeader(p.Value)
		if err != nil {
			return Damaged(BucketOut, p.Key, "the entry cannot be read")
		}
		if e.Target != s.q.Target && s.isAbandoned(&e) { // those of the target are met in its own line
			s.abandon(&e, message)
		}
	}
	return nil
}

// abandon takes down that an entry dies.
func (s *claimScan) abandon(e *Entry, message []byte) {
	e.Reason, e.Message = abandonedReason, bytes.Clone(message)
	s.abandoned[e.Seq] = true
	s.dying = append(s.dying, *e)
}

// consider decides about one entry.
func (s *claimScan) consider(e *Entry, message []byte) error {
	head, err := s.head(e)
	if err != nil || !head {
		return err
	}
	if s.isAbandoned(e) {
		s.abandon(e, message)
		return nil
	}
	if !s.free(e) {
		s.walk.lanes[e.Lane] = blocked
		return nil
	}
	s.walk.lanes[e.Lane] = claimedNow
	e.Message = bytes.Clone(message)
	s.claimed = append(s.claimed, *e)
	return nil
}

// head reports whether the entry is the head of its lane, and the walk not done with that. An entry that is met first is the
// oldest of its lane: the lane itself is read only where the walk cannot know.
func (s *claimScan) head(e *Entry) (bool, error) {
	switch s.walk.lanes[e.Lane] {
	case blocked, claimedNow:
		return false, nil
	case headed:
	default:
		if !s.walk.partial {
			return true, nil
		}
	}
	head, err := headOf(s.tx, e.Lane, s.abandoned)
	return head == e.Seq, err
}

// free reports whether the entry, the head of its lane, can be claimed now.
func (s *claimScan) free(e *Entry) bool {
	if !printable(e, s.c) || e.waits(s.now) || e.Claim.held(s.now, s) {
		return false
	}
	return s.q.Wants == nil || s.q.Wants(e)
}

// printable reports whether the entry is not a local one of another run.
func printable(e *Entry, c Claimant) bool {
	return !e.Local || e.Revived || e.Admitter == c.Owner && c.Owner != 0
}

// isAbandoned reports whether the entry could only be delivered by a run that is over. Where the system cannot tell which processes
// live, the claim's time decides, and for an entry that was never claimed the longest lease after its admission.
func (s *claimScan) isAbandoned(e *Entry) bool {
	if printable(e, s.c) {
		return false
	}
	if alive, known := s.Alive(e.Admitter); known {
		return !alive
	}
	if e.Claim.Owner != 0 {
		return !e.Claim.running(s.now)
	}
	age := s.now.Sub(e.Admitted) // below zero when a clock was wrong
	return age.Abs() > MaxLease
}

// write stores what the walk has decided.
func (s *claimScan) write() error {
	for _, e := range s.dying {
		if err := markDead(s.tx, e); err != nil {
			return err
		}
	}
	var threads []string
	for i := range s.claimed {
		if s.claimed[i].Thread != "" {
			threads = append(threads, hash16(s.claimed[i].Thread))
		}
	}
	if err := prefetch(s.tx, BucketThread, threads); err != nil {
		return err
	}
	for i := range s.claimed {
		if err := take(s.tx, s.c, &s.claimed[i]); err != nil {
			return err
		}
	}
	return nil
}

// take claims an entry, and adds the receipt of its thread. A claim that somebody else has left behind may have been made use of.
func take(tx Tx, c Claimant, e *Entry) (err error) {
	if e.Claim.Owner != 0 && e.Claim.Owner != c.Owner {
		e.Unsure = tx.Now()
	}
	e.Claim = c.claim(tx.Now())
	if err := putEntry(tx, BucketOut, e); err != nil {
		return err
	}
	e.Last, err = receipt(tx, e)
	return err
}

// Renew makes claims last from now on again. Those that are somebody else's by now, and entries that are gone, are lost.
func Renew(tx Tx, c Claimant, seqs []uint64) (lost []uint64, err error) {
	keys := make([]string, len(seqs))
	for i, seq := range seqs {
		keys[i] = seqKey(seq)
	}
	if err := prefetch(tx, BucketOut, keys); err != nil {
		return nil, err
	}
	for _, seq := range seqs {
		e, found, err := getEntry(tx, BucketOut, seq)
		if err != nil {
			return nil, err
		}
		if !found || c.Owner == 0 || e.Claim.Owner != c.Owner {
			lost = append(lost, seq)
			continue
		}
		e.Claim = c.claim(tx.Now())
		if err := putEntry(tx, BucketOut, &e); err != nil {
			return nil, err
		}
	}
	return lost, nil
}
