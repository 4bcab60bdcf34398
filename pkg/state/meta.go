package state

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// The buckets. docs/state.md says what keys and values they have.
const (
	// BucketMeta holds what is there once: schema, identity, salt, counters, and what a backend notes for itself.
	BucketMeta = "meta"
	// BucketSubj holds records of subjects, BucketName what findings are called, BucketSeen the subjects by day.
	BucketSubj = "subj"
	BucketName = "name"
	BucketSeen = "seen"
	// BucketKnown holds what documents would say again, by day and a hash of their bytes.
	BucketKnown = "known"
	// BucketOnce holds when messages were admitted that are sent once in a while.
	BucketOnce = "once"
	// BucketBlob holds documents, BucketRefs how many messages need each.
	BucketBlob = "blob"
	BucketRefs = "refs"
	// BucketOut holds messages that wait, BucketLane their order within lanes, BucketLine their order by target, BucketDead those that are
	// not tried again.
	BucketOut  = "out"
	BucketLane = "lane"
	BucketLine = "line"
	BucketDead = "dead"
	// BucketThread holds the last receipts.
	BucketThread = "thread"
	// BucketQueue holds messages that wait for a digest, BucketHead what is known of each such queue.
	BucketQueue = "queue"
	BucketHead  = "head"
)

// Buckets lists all buckets, in the order in which they are exported and flushed. A backend makes them with the state, so that a
// missing one is noticed.
func Buckets() []string {
	return []string{BucketMeta, BucketSubj, BucketName, BucketSeen, BucketKnown, BucketOnce, BucketBlob, BucketRefs, BucketOut, BucketLane, BucketLine, BucketDead,
		BucketThread, BucketQueue, BucketHead}
}

// The keys of bucket meta.
const (
	metaSchema   = "schema"
	metaID       = "id"
	metaSalt     = "salt"
	metaCounters = "counters"
	metaLabels   = "labels"
	metaSweeps   = "sweeps"
	metaCommits  = "commits"
	// metaForgotten is where the messages of subjects that were forgotten go on.
	metaForgotten = "forgotten"
)

// MetaKeys lists keys of bucket meta that every state has from its beginning: what has none of them is no state.
func MetaKeys() []string { return []string{metaSchema, metaID, metaSalt, metaCounters} }

// Establish writes what every state has from the beginning: schema, identity, salt. Its buckets are there, and empty.
func Establish(tx Tx) error {
	var id, salt [16]byte
	rand.Read(id[:])
	rand.Read(salt[:])
	if err := putSchema(tx, Schema); err != nil {
		return err
	}
	if err := tx.Put(BucketMeta, metaID, id[:]); err != nil {
		return err
	}
	if err := tx.Put(BucketMeta, metaSalt, salt[:]); err != nil {
		return err
	}
	if err := tx.Put(BucketMeta, metaSweeps, []byte{0}); err != nil {
		return err
	}
	return putCounters(tx, counters{})
}

// Salt returns the sixteen random bytes of this state: fingerprints are salted with them, so that they say nothing outside it.
func Salt(tx Tx) (salt [16]byte, err error) { return sixteen(tx, metaSalt) }

// Identity returns the state's own random number: a file with another one is another state.
func Identity(tx Tx) (id [16]byte, err error) { return sixteen(tx, metaID) }

// sixteen reads a value of sixteen bytes from bucket meta.
func sixteen(tx Tx, key string) (b [16]byte, err error) {
	v, err := tx.Get(BucketMeta, key)
	if err != nil {
		return b, err
	}
	if len(v) != len(b) {
		return b, Damaged(BucketMeta, key, fmt.Sprintf("%d bytes instead of 16", len(v)))
	}
	copy(b[:], v)
	return b, nil
}

// Sweeps returns how often names that nothing refers to were taken out: what a process remembers of names holds only until
// the next time. (Whether a file is the one that was opened before would not tell: its number is used again when it is gone.)
func Sweeps(tx Tx) (uint64, error) {
	v, err := tx.Get(BucketMeta, metaSweeps)
	if err != nil || v == nil {
		return 0, err
	}
	return number(v, metaSweeps)
}

// Commits returns how many transactions were stored, as far as that was counted: 0 in a state that says nothing of it.
func Commits(tx Tx) (uint64, error) {
	v, err := tx.Get(BucketMeta, metaCommits)
	if err != nil || v == nil {
		return 0, err
	}
	return number(v, metaCommits)
}

// PutCommits writes how many transactions were stored.
func PutCommits(tx Tx, n uint64) error {
	return tx.Put(BucketMeta, metaCommits, binary.AppendUvarint(nil, n))
}

// highest is the largest number that counts anything: one beyond was not reached by counting, and the next might be 0.
const highest = 1 << 62

// number reads a value that is a number, and nothing else.
func number(v []byte, key string) (uint64, error) {
	n, size := binary.Uvarint(v)
	if size <= 0 || size != len(v) || n > highest {
		return 0, Damaged(BucketMeta, key, "no number")
	}
	return n, nil
}

// counters are all numbers that grow, and the sizes that every run reports, in one small value.
type counters struct {
	// seq and generation were given last; they are never given again.
	seq, generation uint64
	// subjects, waiting, dead and queued count records, entries in the outbox, dead entries, and what waits for a digest.
	subjects, waiting, dead, queued uint64
}

// fields lists the counters in the order in which they are stored.
func (c *counters) fields() [6]*uint64 {
	return [6]*uint64{&c.seq, &c.generation, &c.subjects, &c.waiting, &c.dead, &c.queued}
}

// getCounters reads the counters.
func getCounters(tx Tx) (c counters, err error) {
	v, err := tx.Get(BucketMeta, metaCounters)
	if err != nil {
		return c, err
	}
	for _, f := range c.fields() {
		n, size := binary.Uvarint(v)
		if size <= 0 {
			return c, Damaged(BucketMeta, metaCounters, "cut short or missing")
		}
		if *f, v = n, v[size:]; n > highest {
			return c, Damaged(BucketMeta, metaCounters, "no number")
		}
	}
	if len(v) > 0 {
		return c, Damaged(BucketMeta, metaCounters, "too long")
	}
	return c, nil
}

// putCounters writes the counters.
func putCounters(tx Tx, c counters) error {
	var b []byte
	for _, f := range c.fields() {
		b = binary.AppendUvarint(b, *f)
	}
	return tx.Put(BucketMeta, metaCounters, b)
}

// count changes the counters, and writes them when they differ.
func count(tx Tx, change func(*counters)) error {
	c, err := getCounters(tx)
	if err != nil {
		return err
	}
	before := c
	change(&c)
	if c == before {
		return nil
	}
	return putCounters(tx, c)
}
