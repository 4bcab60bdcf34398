package state

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// schema is the layout of docs/state.md. A file with a higher number is refused, one with a lower number migrated.
const schema = 2

// The buckets.
const (
	bucketMeta   = "meta"
	bucketSubj   = "subj"
	bucketName   = "name"
	bucketSeen   = "seen"
	bucketBlob   = "blob"
	bucketRefs   = "refs"
	bucketOut    = "out"
	bucketLane   = "lane"
	bucketDead   = "dead"
	bucketThread = "thread"
	// Since schema 2.
	bucketQueue = "queue"
	bucketHead  = "head"
)

// The keys of bucket meta.
const (
	metaSchema   = "schema"
	metaID       = "id"
	metaSalt     = "salt"
	metaCounters = "counters"
	metaLabels   = "labels"
	metaSweeps   = "sweeps"
	metaCommits  = "commits"
)

// establish writes what every state has from the beginning: schema, identity, salt.
func establish(tx Tx) error {
	var id, salt [16]byte
	rand.Read(id[:])
	rand.Read(salt[:])
	if err := tx.Put(bucketMeta, metaSchema, binary.AppendUvarint(nil, schema)); err != nil {
		return err
	}
	if err := tx.Put(bucketMeta, metaID, id[:]); err != nil {
		return err
	}
	if err := tx.Put(bucketMeta, metaSalt, salt[:]); err != nil {
		return err
	}
	if err := tx.Put(bucketMeta, metaSweeps, []byte{0}); err != nil {
		return err
	}
	return putCounters(tx, counters{})
}

// Salt returns the sixteen random bytes of this state: fingerprints are salted with them, so that they say nothing outside it.
func Salt(tx Tx) (salt [16]byte, err error) { return sixteen(tx, metaSalt) }

// identity returns the state's own random number: a file with another one is another state.
func identity(tx Tx) (id [16]byte, err error) { return sixteen(tx, metaID) }

// commits returns how many transactions were stored, as far as that was counted: 0 in a file of a version that did not.
func commits(tx Tx) (uint64, error) {
	v, err := tx.Get(bucketMeta, metaCommits)
	if err != nil || v == nil {
		return 0, err
	}
	n, size := binary.Uvarint(v)
	if size <= 0 || size != len(v) {
		return 0, damaged(bucketMeta, metaCommits, "no number")
	}
	return n, nil
}

// sixteen reads a value of sixteen bytes from bucket meta.
func sixteen(tx Tx, key string) (b [16]byte, err error) {
	v, err := tx.Get(bucketMeta, key)
	if err != nil {
		return b, err
	}
	if len(v) != len(b) {
		return b, damaged(bucketMeta, key, fmt.Sprintf("%d bytes instead of 16", len(v)))
	}
	copy(b[:], v)
	return b, nil
}

// sweepsOf returns how often names that nothing refers to were taken out: what a process remembers of names holds only until
// the next time. (Whether a file is the one that was opened before would not tell: its number is used again when it is gone.)
func sweepsOf(tx Tx) (uint64, error) {
	v, err := tx.Get(bucketMeta, metaSweeps)
	if err != nil || v == nil {
		return 0, err
	}
	n, size := binary.Uvarint(v)
	if size != len(v) {
		return 0, damaged(bucketMeta, metaSweeps, "no number")
	}
	return n, nil
}

// readSchema returns the number of the layout.
func readSchema(tx Tx) (uint64, error) {
	v, err := tx.Get(bucketMeta, metaSchema)
	if err != nil {
		return 0, err
	}
	n, size := binary.Uvarint(v)
	if size <= 0 || size != len(v) {
		return 0, damaged(bucketMeta, metaSchema, "no number")
	}
	return n, nil
}

// migrateMeta brings what an older version wrote to this schema, once all buckets are there. Schema 2 only added some.
func migrateMeta(tx Tx, from uint64) error {
	if from == schema {
		return nil
	}
	return tx.Put(bucketMeta, metaSchema, binary.AppendUvarint(nil, schema))
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

// fieldsOfSchema1 is how many counters there were then.
const fieldsOfSchema1 = 5

// getCounters reads the counters.
func getCounters(tx Tx) (c counters, err error) {
	v, err := tx.Get(bucketMeta, metaCounters)
	if err != nil {
		return c, err
	}
	for i, f := range c.fields() {
		if len(v) == 0 && i == fieldsOfSchema1 {
			break
		}
		n, size := binary.Uvarint(v)
		if size <= 0 {
			return c, damaged(bucketMeta, metaCounters, "cut short or missing")
		}
		*f, v = n, v[size:]
	}
	return c, nil
}

// putCounters writes the counters.
func putCounters(tx Tx, c counters) error {
	var b []byte
	for _, f := range c.fields() {
		b = binary.AppendUvarint(b, *f)
	}
	return tx.Put(bucketMeta, metaCounters, b)
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
