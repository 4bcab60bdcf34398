package state

import (
	"context"
	"encoding/binary"
)

const (
	// pruneChunk is how many subjects one transaction forgets at most: nobody waits long for the lock.
	pruneChunk = 256
	// dayKey and hashKey are the parts of a key in the index by day, in bytes.
	dayKey, hashKey = 8, 16
	// pairCost is about what a pair takes in a file beside its bytes: an element of a page, a version and a checksum.
	pairCost = 16 + 5
)

// Kept is a set of subjects that are not forgotten, as they are stored: by hash. The zero value cannot be added to.
type Kept map[[hashKey]byte]struct{}

// Add puts a subject into the set.
func (k Kept) Add(subject string) { k[[hashKey]byte([]byte(hash16(subject)))] = struct{}{} }

// Bounds says what to forget.
type Bounds struct {
	// Before is a day, counted since 1970-01-01 UTC: subjects that were last seen before it are forgotten. 0 forgets none.
	Before int64
	// MaxBytes is what pages in use may take; when they take more, the subjects unseen longest are forgotten, and no more than
	// it takes to come down to Goal. 0 is no bound; a Goal of 0 is MaxBytes.
	MaxBytes, Goal int64
	// Limit is how many subjects are forgotten at most; 0 is no limit.
	Limit int
	// Kept are never forgotten.
	Kept Kept
	// Targets names the targets that a route may have told of a subject: their receipts are forgotten with it. A target with
	// the route's own name is always looked for.
	Targets map[string][]string
}

// Pruned is what became of the bounds.
type Pruned struct {
	// Forgotten counts subjects. Bytes is about what they took: their pages are free only when nothing else lies in them.
	Forgotten int
	Bytes     int64
	// Limited reports whether Limit ended it: more is to be forgotten.
	Limited bool
	// Short is how many bytes more would have to go and may not, because all that is left is kept or has messages.
	Short int64
}

// Prune forgets subjects until the bounds hold, some at a time, so that other processes come in between; where the state is too large, only
// once no document is marked any more. A subject that a message is about, waiting or dead, is never forgotten. In a state whose size cannot be known (memory) only Before counts.
func Prune(ctx context.Context, s Store, b Bounds) (Pruned, error) {
	p := pruning{Bounds: b}
	due := false
	err := s.View(ctx, func(tx Tx) (err error) {
		due, err = p.due(tx)
		return err
	})
	for err == nil && due {
		if err = s.Update(ctx, p.chunk); err != nil {
			break
		}
		p.commit()
		due = !p.finished
	}
	if err == nil && b.Before != 0 {
		err = p.sweepOnce(ctx, s)
	}
	return p.done, err
}

// pruning is one run of Prune.
type pruning struct {
	Bounds
	waiting waitingSubjects
	done    Pruned
	// excess is how many bytes are still to go.
	excess int64
	// at is the key in the index by day that was looked at last; all before it is gone, or stays.
	at       string
	finished bool
	// now is what the transaction that runs has done: it counts when it is stored.
	now struct {
		forgotten []Record
		bytes     int64
		at        string
		finished  bool
		short     int64
	}
}

// due is the first look: is there anything to forget?
func (p *pruning) due(tx Tx) (bool, error) {
	if m, ok := tx.(Measured); ok && p.MaxBytes > 0 {
		u, err := m.Usage()
		if err != nil {
			return false, err
		}
		if u.InUse > p.MaxBytes {
			if p.Goal <= 0 || p.Goal > p.MaxBytes {
				p.Goal = p.MaxBytes
			}
			p.excess = u.InUse - p.Goal
			return true, nil
		}
	}
	if p.Before == 0 {
		return false, nil
	}
	for q, err := range tx.Range(BucketSeen, "") {
		if err != nil {
			return false, err
		}
		day, _, err := splitSeen(q.Key)
		return day < p.Before, err
	}
	return false, nil
}

// chunk forgets some subjects in one transaction.
func (p *pruning) chunk(tx Tx) error {
	p.now.forgotten, p.now.bytes, p.now.at, p.now.finished, p.now.short = nil, 0, p.at, false, 0
	known, err := p.waiting.gather(tx)
	if err != nil || !known {
		return err
	}
	if err := p.choose(tx); err != nil {
		return err
	}
	for i := range p.now.forgotten {
		if err := p.forget(tx, &p.now.forgotten[i]); err != nil {
			return err
		}
	}
	if len(p.now.forgotten) == 0 {
		return nil
	}
	if err := noteForgotten(tx, p.now.forgotten); err != nil {
		return err
	}
	return count(tx, func(c *counters) { c.subjects -= uint64(len(p.now.forgotten)) })
}

// choose walks on in the index by day, and collects what is to be forgotten now.
func (p *pruning) choose(tx Tx) error {
	excess, err := p.left(tx)
	if err != nil {
		return err
	}
	l, err := getLabels(tx)
	if err != nil {
		return err
	}
	if excess > 0 {
		left, err := p.unmark(tx, excess)
		if err != nil || left {
			return err
		}
	}
	if err := p.prefetch(tx, excess > p.now.bytes); err != nil {
		return err
	}
	looked := 0
	for q, err := range tx.Range(BucketSeen, p.at) {
		if err != nil {
			return err
		}
		if q.Key == p.at {
			continue
		}
		day, hash, err := splitSeen(q.Key)
		if err != nil {
			return err
		}
		if p.Before != 0 && day < p.Before || excess > p.now.bytes {
			if looked++; looked > scanLimit || len(p.now.forgotten) == pruneChunk || p.full() {
				return nil
			}
			p.now.at = q.Key
			if err := p.consider(tx, hash, l); err != nil {
				return err
			}
			continue
		}
		break
	}
	p.now.finished, p.now.short = true, max(0, excess-p.now.bytes)
	return nil
}

// prefetch reads the records that may be forgotten now at once. oversized says that the day does not matter.
func (p *pruning) prefetch(tx Tx, oversized bool) error {
	var keys []string
	looked := 0
	for q, err := range tx.Range(BucketSeen, p.at) {
		if err != nil {
			return err
		}
		day, hash, err := splitSeen(q.Key)
		if err != nil {
			return err
		}
		if looked++; looked > scanLimit || len(keys) == pruneChunk || !oversized && (p.Before == 0 || day >= p.Before) {
			break
		}
		if !p.stays(hash) {
			keys = append(keys, hash)
		}
	}
	return prefetch(tx, BucketSubj, keys)
}

// stays reports whether a subject may not be forgotten.
func (p *pruning) stays(hash string) bool {
	if _, kept := p.Kept[[hashKey]byte([]byte(hash))]; kept {
		return true
	}
	_, waits := p.waiting.subjects[hash]
	return waits
}

// left returns how many bytes are still to go: what was measured at first, less what was forgotten since, or what is measured now
// when that is less.
func (p *pruning) left(tx Tx) (int64, error) {
	m, ok := tx.(Measured)
	if p.excess <= 0 || !ok {
		return 0, nil
	}
	u, err := m.Usage()
	return min(p.excess-p.done.Bytes, u.InUse-p.Goal), err
}

// full reports whether the limit is reached.
func (p *pruning) full() bool {
	return p.Limit > 0 && p.done.Forgotten+len(p.now.forgotten) >= p.Limit
}

// consider takes a subject into what is forgotten now, unless it stays.
func (p *pruning) consider(tx Tx, hash string, l *labels) error {
	if p.stays(hash) {
		return nil
	}
	v, err := tx.Get(BucketSubj, hash)
	if err != nil {
		return err
	}
	if v == nil {
		return Damaged(BucketSubj, hash, "the index by day leads to no subject")
	}
	r, err := decodeRecord(v, l)
	if err != nil || hash16(r.Subject) != hash {
		return Damaged(BucketSubj, hash, "the record cannot be read")
	}
	p.now.forgotten = append(p.now.forgotten, r)
	p.now.bytes += int64(len(v)) + 2*hashKey + dayKey + 2*pairCost
	return nil
}

// forget removes a record, its place in the index by day, and the receipts that can be found.
func (p *pruning) forget(tx Tx, r *Record) error {
	if err := tx.Delete(BucketSubj, hash16(r.Subject)); err != nil {
		return err
	}
	if err := tx.Delete(BucketSeen, seenKey(r.Day, r.Subject)); err != nil {
		return err
	}
	for _, said := range r.Routes {
		for _, target := range append([]string{said.Route}, p.Targets[said.Route]...) {
			if err := tx.Delete(BucketThread, hash16(said.Route+"\x00"+target+"\x00"+r.Subject)); err != nil {
				return err
			}
		}
	}
	return nil
}

// commit takes over what a transaction that is stored has done.
func (p *pruning) commit() {
	p.done.Forgotten += len(p.now.forgotten)
	p.done.Bytes += p.now.bytes
	p.now.forgotten = nil
	p.at, p.finished = p.now.at, p.now.finished || p.full()
	p.done.Limited, p.done.Short = !p.now.finished, p.now.short
}

// splitSeen takes a key of the index by day apart.
func splitSeen(key string) (day int64, hash string, err error) {
	if len(key) != dayKey+hashKey {
		return 0, "", Damaged(BucketSeen, key, "the key has a wrong length")
	}
	return int64(binary.BigEndian.Uint64([]byte(key)) ^ 1<<63), key[dayKey:], nil
}
