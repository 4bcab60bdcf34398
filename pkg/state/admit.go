package state

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// pairRoom is what a pair may take beyond its bytes, in bytes: a page of its own, where it is a large one.
const pairRoom = 4096

// Admit stores all of an admission, or nothing: with [ErrStale] when a record is not what was viewed any more. It sets Seq
// of the entries in place, and Claim and Last of those that head their lane. An entry whose Key waits in its lane already
// is not added again: it gets the Seq of the waiting one, and no claim.
func Admit(tx Tx, c Claimant, a *Admission) error {
	names := unknownNames(tx, a.Names)
	if r, ok := tx.(Reserver); ok {
		if err := r.Reserve(a.weight(len(names))); err != nil {
			return err
		}
	}
	n, err := getCounters(tx)
	if err != nil {
		return err
	}
	n.generation++
	if err := admitRecords(tx, a.Records, &n); err != nil {
		return err
	}
	if err := admitOnce(tx, a.Once); err != nil {
		return err
	}
	if err := putNames(tx, names); err != nil {
		return err
	}
	if err := admitEntries(tx, c, a, &n); err != nil {
		return err
	}
	if err := admitKnown(tx, a, n.generation); err != nil {
		return err
	}
	return putCounters(tx, n)
}

// admitEntries adds the entries to outbox and queues, and stores the documents that they need.
func admitEntries(tx Tx, c Claimant, a *Admission, n *counters) error {
	if err := prefetchFor(tx, c, a.Entries); err != nil {
		return err
	}
	lanes, err := newLaneIndex(tx, a.Entries, n.waiting)
	if err != nil {
		return err
	}
	needs := map[[32]byte]uint64{}
	queues := &digestQueue{tx: tx, c: c, n: n, lanes: lanes, heads: map[string]*head{}}
	for i := range a.Entries {
		e := &a.Entries[i]
		digest, err := documentOf(e)
		if err != nil {
			return err
		}
		if e.Chained && i > 0 {
			e.After = a.Entries[i-1].Seq
		}
		var added bool
		if e.Gather > 0 {
			added, err = queues.add(e)
		} else {
			added, err = admitEntry(tx, c, e, n, lanes)
		}
		if err != nil {
			return err
		}
		if added && len(e.Document) > 0 {
			needs[digest]++
		}
	}
	if err := queues.write(); err != nil {
		return err
	}
	a.Digests = queues.made
	for digest, more := range needs {
		if err := addReferences(tx, digest, more, a.Blobs[digest]); err != nil {
			return err
		}
	}
	return nil
}

// prefetchFor reads what admitting the entries asks for one by one, a bucket at a time: the buffer has it then.
func prefetchFor(tx Tx, c Claimant, entries []Entry) error {
	var threads, heads, documents []string
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Gather > 0:
			heads = append(heads, hash16(e.Lane))
		case e.Thread != "" && c.Owner != 0:
			threads = append(threads, hash16(e.Thread))
		}
		if len(e.Document) > 0 {
			documents = append(documents, string(e.Document))
		}
	}
	return cmp.Or(prefetch(tx, BucketThread, threads), prefetch(tx, BucketHead, heads), prefetch(tx, BucketRefs, documents))
}

// prefetch reads keys at once, so that the buffer has them.
func prefetch(tx Tx, bucket string, keys []string) error {
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) < 2 {
		return nil
	}
	_, err := tx.GetAll(bucket, keys)
	return err
}

// documentOf returns the digest of the document that an entry needs.
func documentOf(e *Entry) (digest [32]byte, err error) {
	if len(e.Document) > 0 && copy(digest[:], e.Document)+len(e.Document) != 2*len(digest) {
		return digest, Damaged(BucketOut, e.Key, "the digest of its document is not SHA-256")
	}
	return digest, nil
}

// weight returns roughly how many bytes an admission with so many names that are not stored will take in the file.
func (a *Admission) weight(names int) (n int64) {
	for _, d := range a.Blobs {
		n += int64(len(d)) + pairRoom
	}
	for i := range a.Entries {
		n += int64(len(a.Entries[i].Message)) + pairRoom
	}
	for i := range a.Records {
		for _, v := range a.Records[i].Views {
			n += int64(len(v.Marks))
		}
	}
	return n + int64(names+len(a.Records))*512
}

// admitRecords writes the records with the new generation, when none has moved since it was viewed.
func admitRecords(tx Tx, records []Record, n *counters) error {
	subjects := make([]string, len(records))
	for i := range records {
		subjects[i] = records[i].Subject
	}
	stored, err := LoadAll(tx, subjects)
	if err != nil {
		return err
	}
	l, err := getLabels(tx)
	if err != nil {
		return err
	}
	written := make(map[string]bool, len(records))
	for i, r := range records {
		old := stored[i]
		// One that was told and forgotten since it was viewed is as new as before, but its messages begin further on.
		if old.Generation != r.Generation || old.Generation == 0 && old.Base > r.Base || written[r.Subject] {
			return ErrStale
		}
		written[r.Subject] = true
		if old.Generation == 0 {
			n.subjects++
		}
		r.Generation = n.generation
		r.keepTold(&old)
		if err := putRecord(tx, old, &r, l); err != nil {
			return err
		}
	}
	return l.put(tx)
}

// admitEntry adds one entry to the outbox, unless it waits there already.
func admitEntry(tx Tx, c Claimant, e *Entry, n *counters, lanes *laneIndex) (added bool, err error) {
	e.Claim, e.Last, e.Admitter = Claim{}, nil, 0
	head, duplicate, err := lanes.look(e)
	if err != nil {
		return false, err
	}
	if duplicate != 0 {
		e.Seq = duplicate
		return false, nil
	}
	n.seq++
	n.waiting++
	e.Seq, e.Admitter = n.seq, c.Owner
	if head && c.Owner != 0 && !e.waits(tx.Now()) {
		e.Claim = c.claim(tx.Now())
		if e.Last, err = receipt(tx, e); err != nil {
			return false, err
		}
	}
	lanes.add(e)
	return true, enqueue(tx, e)
}

// claim returns a claim from now on.
func (c Claimant) claim(now time.Time) Claim {
	return Claim{Owner: c.Owner, Since: now, Until: now.Add(min(c.Lease, MaxLease))}
}

// running reports whether the claim's time has begun and has not ended, at a plausible distance.
func (c Claim) running(now time.Time) bool {
	return c.Owner != 0 && !c.Since.After(now) && now.Before(c.Until) && !c.Until.After(now.Add(MaxLease))
}

// held reports whether the claim is worth something: its time runs, and its owner lives as far as can be known.
func (c Claim) held(now time.Time, o Owners) bool {
	if !c.running(now) {
		return false
	}
	alive, known := o.Alive(c.Owner)
	return alive || !known
}

// receipt returns a copy of what is kept for the entry's thread, or else with the entry; nil when that is nothing.
func receipt(tx Tx, e *Entry) ([]byte, error) {
	if e.Thread == "" {
		return bytes.Clone(e.Kept), nil
	}
	return threadReceipt(tx, e.Thread)
}

// threadReceipt returns what is kept of a thread, nil when there is nothing.
func threadReceipt(tx Tx, thread string) ([]byte, error) {
	v, err := tx.Get(BucketThread, hash16(thread))
	return bytes.Clone(v), err
}

// Receipt returns the last receipt of a route's target for a subject, nil when there is none.
func Receipt(tx Tx, route, target, subject string) ([]byte, error) {
	return threadReceipt(tx, laneOf(&Entry{Route: route, Target: target, Subject: subject}))
}
