package state

import (
	"encoding/binary"
	"errors"
	"iter"
	"strings"
)

// seqKey orders entries by admission.
func seqKey(seq uint64) string { return string(binary.BigEndian.AppendUint64(nil, seq)) }

// laneKey orders the entries of a lane by admission.
func laneKey(lane string, seq uint64) string { return hash16(lane) + seqKey(seq) }

// getEntry reads an entry from the outbox or the dead ones; found is false when it is not there.
func getEntry(tx Tx, bucket string, seq uint64) (e Entry, found bool, err error) {
	v, err := tx.Get(bucket, seqKey(seq))
	if err != nil || v == nil {
		return e, false, err
	}
	e, err = decodeEntry(v)
	if err == nil && e.Seq != seq {
		err = errors.New("it has another number")
	}
	if err != nil {
		return Entry{}, false, Damaged(bucket, seqKey(seq), err.Error())
	}
	return e, true, nil
}

// Stands is nil while the entry waits in the outbox, and [ErrLost] when it does not any more: then what it needs may be gone.
func Stands(tx Tx, seq uint64) error {
	v, err := tx.Get(BucketOut, seqKey(seq))
	if err == nil && v == nil {
		return ErrLost
	}
	return err
}

// putEntry writes an entry to the outbox or to the dead ones.
func putEntry(tx Tx, bucket string, e *Entry) error {
	return tx.Put(bucket, seqKey(e.Seq), encodeEntry(e))
}

// enqueue puts an entry at the tail of its lane, where its key stands too: who looks for a key need not read the messages.
func enqueue(tx Tx, e *Entry) error {
	if err := putEntry(tx, BucketOut, e); err != nil {
		return err
	}
	for _, key := range lineKeys(e) {
		if err := tx.Put(BucketLine, key, nil); err != nil {
			return err
		}
	}
	return tx.Put(BucketLane, laneKey(e.Lane, e.Seq), []byte(e.Key))
}

// unqueue takes an entry out of the outbox and its lane; what it refers to stays.
func unqueue(tx Tx, e *Entry) error {
	if err := tx.Delete(BucketOut, seqKey(e.Seq)); err != nil {
		return err
	}
	for _, key := range lineKeys(e) {
		if err := tx.Delete(BucketLine, key); err != nil {
			return err
		}
	}
	return tx.Delete(BucketLane, laneKey(e.Lane, e.Seq))
}

// markDead moves a waiting entry to the dead ones.
func markDead(tx Tx, e Entry) error {
	if err := unqueue(tx, &e); err != nil {
		return err
	}
	e.Claim, e.Dead, e.Last = Claim{}, true, nil
	if err := putEntry(tx, BucketDead, &e); err != nil {
		return err
	}
	return count(tx, func(c *counters) { c.waiting--; c.dead++ })
}

// splitLane takes a key of a lane apart.
func splitLane(key string) (hash string, seq uint64, err error) {
	if len(key) != 16+8 {
		return "", 0, Damaged(BucketLane, key, "the key has a wrong length")
	}
	return key[:16], binary.BigEndian.Uint64([]byte(key[16:])), nil
}

// inLane walks the numbers of a lane's entries that are greater than after, oldest first.
func inLane(tx Tx, lane string, after uint64) iter.Seq2[uint64, error] {
	return func(yield func(uint64, error) bool) {
		for p, err := range lanePairs(tx, lane, after) {
			var seq uint64
			if err == nil {
				_, seq, err = splitLane(p.Key)
			}
			if !yield(seq, err) || err != nil {
				return
			}
		}
	}
}

// lanePairs walks the pairs of a lane whose numbers are greater than after.
func lanePairs(tx Tx, lane string, after uint64) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		prefix := hash16(lane)
		for p, err := range tx.Range(BucketLane, prefix+seqKey(after+1)) {
			if err == nil && !strings.HasPrefix(p.Key, prefix) || !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// headOf returns the number of the oldest entry of a lane, leaving out some; 0 when there is none.
func headOf(tx Tx, lane string, without map[uint64]bool) (uint64, error) {
	for seq, err := range inLane(tx, lane, 0) {
		if err != nil {
			return 0, err
		}
		if !without[seq] {
			return seq, nil
		}
	}
	return 0, nil
}

// headBehind returns the number of the oldest entry of a lane behind a number; 0 when there is none.
func headBehind(tx Tx, lane string, after uint64) (uint64, error) {
	for seq, err := range inLane(tx, lane, after) {
		return seq, err
	}
	return 0, nil
}

// Entries walks the waiting entries, or the dead ones, by Seq, without Message.
func Entries(tx Tx, dead bool) iter.Seq2[Entry, error] {
	bucket := BucketOut
	if dead {
		bucket = BucketDead
	}
	return func(yield func(Entry, error) bool) {
		for p, err := range tx.Range(bucket, "") {
			var e Entry
			if err == nil {
				if e, _, err = decodeHeader(p.Value); err != nil {
					err = Damaged(bucket, p.Key, err.Error())
				}
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
