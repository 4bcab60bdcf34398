package state

import "bytes"

// scanLimit bounds how many entries one call of ClaimNext looks at: the lock is held meanwhile.
const scanLimit = 4096

// orphaned is why a local entry died.
const orphaned = "the run that should have printed it ended before it did"

// Query says which entries to claim.
type Query struct {
	// Wants chooses; nil wants all. The entry is given without Message and Last. It must be quick: the lock is held.
	Wants func(*Entry) bool
	// After is the Seq to continue after; 0 begins at the oldest.
	After uint64
	// Max is how many entries to claim at most; 0 is no bound.
	Max int
	// Blocked collects the lanes whose head cannot be claimed, for the calls that continue this one. nil collects for this
	// call only.
	Blocked map[string]bool
}

// ClaimNext claims heads of lanes, oldest first. It returns the entries and the Seq to continue after, 0 when the end was
// reached: there may be more to find even when it gives no entry. Local entries that nobody can print any more die here.
func ClaimNext(tx Tx, c Claimant, o Owners, q Query) (claimed []Entry, next uint64, err error) {
	s := claimScan{tx: tx, c: c, o: o, q: q, orphans: map[uint64]bool{}}
	if s.q.Blocked == nil {
		s.q.Blocked = map[string]bool{}
	}
	next, err = s.scan()
	if err != nil {
		return nil, 0, err
	}
	return s.claimed, next, s.write()
}

// claimScan is one call of ClaimNext. Nothing is written before the walk is over.
type claimScan struct {
	tx      Tx
	c       Claimant
	o       Owners
	q       Query
	claimed []Entry
	dying   []Entry
	orphans map[uint64]bool
}

// scan walks the outbox and collects.
func (s *claimScan) scan() (next uint64, err error) {
	looked, last := 0, s.q.After
	for p, err := range s.tx.Range(bucketOut, seqKey(s.q.After+1)) {
		if err != nil {
			return 0, err
		}
		if looked == scanLimit || s.q.Max > 0 && len(s.claimed) == s.q.Max {
			return last, nil
		}
		looked++
		e, message, err := decodeHeader(p.Value)
		if err != nil || seqKey(e.Seq) != p.Key {
			return 0, damaged(bucketOut, p.Key, "the entry cannot be read")
		}
		last = e.Seq
		if err := s.consider(&e, message); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// consider decides about one entry.
func (s *claimScan) consider(e *Entry, message []byte) error {
	if s.q.Blocked[e.Lane] {
		return nil
	}
	head, err := headOf(s.tx, e.Lane, s.orphans)
	if err != nil || head != e.Seq {
		return err
	}
	if s.orphan(e) {
		e.Reason, e.Message = orphaned, bytes.Clone(message)
		s.orphans[e.Seq] = true
		s.dying = append(s.dying, *e)
		return nil
	}
	if !s.free(e) {
		s.q.Blocked[e.Lane] = true
		return nil
	}
	e.Message = bytes.Clone(message)
	s.claimed = append(s.claimed, *e)
	return nil
}

// free reports whether the entry, the head of its lane, can be claimed now.
func (s *claimScan) free(e *Entry) bool {
	if !printable(e, s.c) || e.waits(s.c.Now) || e.Claim.held(s.c.Now, s.o) {
		return false
	}
	return s.q.Wants == nil || s.q.Wants(e)
}

// printable reports whether the entry is not a local one of another run.
func printable(e *Entry, c Claimant) bool {
	return !e.Local || e.Revived || e.Admitter == c.Owner && c.Owner != 0
}

// orphan reports whether the entry could only be delivered by a run that is over. Where the system cannot tell which processes
// live, the claim's time decides, and for an entry that was never claimed the longest lease after its admission.
func (s *claimScan) orphan(e *Entry) bool {
	if printable(e, s.c) {
		return false
	}
	if alive, known := s.o.Alive(e.Admitter); known {
		return !alive
	}
	if e.Claim.Owner != 0 {
		return !e.Claim.running(s.c.Now)
	}
	age := s.c.Now.Sub(e.Admitted) // below zero when a clock was wrong
	return age.Abs() > MaxLease
}

// write stores what the walk has decided.
func (s *claimScan) write() error {
	for _, e := range s.dying {
		if err := markDead(s.tx, e); err != nil {
			return err
		}
	}
	for i := range s.claimed {
		if err := take(s.tx, s.c, &s.claimed[i]); err != nil {
			return err
		}
	}
	return nil
}

// take claims an entry, and adds the receipt of its thread.
func take(tx Tx, c Claimant, e *Entry) (err error) {
	e.Claim = c.claim()
	if err := putEntry(tx, bucketOut, e); err != nil {
		return err
	}
	e.Last, err = receipt(tx, e)
	return err
}

// Renew makes claims last from now on again. Those that are somebody else's by now, and entries that are gone, are lost.
func Renew(tx Tx, c Claimant, seqs []uint64) (lost []uint64, err error) {
	for _, seq := range seqs {
		e, found, err := getEntry(tx, bucketOut, seq)
		if err != nil {
			return nil, err
		}
		if !found || c.Owner == 0 || e.Claim.Owner != c.Owner {
			lost = append(lost, seq)
			continue
		}
		e.Claim = c.claim()
		if err := putEntry(tx, bucketOut, &e); err != nil {
			return nil, err
		}
	}
	return lost, nil
}
