package state

import (
	"iter"

	"go.etcd.io/bbolt"
)

// boltTx is a transaction of bbolt as [raw].
type boltTx struct {
	tx      *bbolt.Tx
	buckets map[string]*bbolt.Bucket
	// reader and root lead to the pages as they were committed, past bbolt; reader is zero in a file that is being made.
	reader pageReader
	root   uint64
	// made are the buckets that this transaction has made: no page of the file has them yet.
	made map[string]bool
	// written reports whether there is something to commit: an Update that finds nothing to do costs no flush.
	written bool
}

// bucket returns a bucket. Every state has all of its schema from the beginning: a missing one is damage, not emptiness. One
// that came with a later schema is nil.
func (t *boltTx) bucket(name string) (*bbolt.Bucket, error) {
	b := t.buckets[name]
	if b == nil {
		if b = t.tx.Bucket([]byte(name)); b == nil {
			if t.before(name) {
				return nil, nil
			}
			return nil, &DamagedError{Place: name, Reason: errNoBucket.Error(), Err: errNoBucket}
		}
		t.buckets[name] = b
	}
	return b, nil
}

// before reports whether the state is of a schema that did not have the bucket yet.
func (t *boltTx) before(bucket string) bool {
	if bucket != bucketQueue && bucket != bucketHead {
		return false
	}
	n, err := readSchema(newChecksummed(t))
	return err == nil && n < 2
}

// migrate brings an older state to this schema.
func (t *boltTx) migrate() error {
	s := newChecksummed(t)
	n, err := readSchema(s)
	if err != nil || n >= schema {
		return err
	}
	t.made = map[string]bool{}
	for _, name := range buckets() {
		if t.tx.Bucket([]byte(name)) != nil {
			continue
		}
		if t.buckets[name], err = t.tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
		t.made[name] = true
	}
	return migrateMeta(s, n)
}

// Get returns the bytes as they lie in the file.
func (t *boltTx) Get(bucket, key string) (value []byte, err error) {
	err = guarded(bucket, func() error {
		b, err := t.bucket(bucket)
		if b != nil {
			value = b.Get([]byte(key))
		}
		return err
	})
	return value, err
}

// Put writes a pair.
func (t *boltTx) Put(bucket, key string, value []byte) error {
	return t.write(bucket, func(b *bbolt.Bucket) error { return b.Put([]byte(key), value) })
}

// Delete removes a key; it need not exist.
func (t *boltTx) Delete(bucket, key string) error {
	return t.write(bucket, func(b *bbolt.Bucket) error { return b.Delete([]byte(key)) })
}

// write runs a change of a bucket.
func (t *boltTx) write(bucket string, change func(*bbolt.Bucket) error) error {
	return guarded(bucket, func() error {
		if !t.tx.Writable() {
			return errReadOnly
		}
		b, err := t.bucket(bucket)
		if err != nil {
			return err
		}
		t.written = true
		return change(b)
	})
}

// Range walks with a cursor; every step is guarded, what the caller does with a pair is not.
func (t *boltTx) Range(bucket, from string) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		var c *bbolt.Cursor
		var k, v []byte
		err := guarded(bucket, func() error {
			b, err := t.bucket(bucket)
			if b != nil {
				c = b.Cursor()
				k, v = c.Seek([]byte(from))
			}
			return err
		})
		for err == nil && k != nil {
			var p Pair
			if p, err = pairOf(k, v); err != nil {
				break
			}
			if !yield(p, nil) {
				return
			}
			err = guarded(bucket, func() error {
				k, v = c.Next()
				return nil
			})
		}
		if err != nil {
			yield(Pair{}, err)
		}
	}
}

// beside looks left and right of a key, and at the pages that lead there: one that lost a bit may have hidden the key.
func (t *boltTx) beside(bucket, key string) (before, after Pair, err error) {
	var b *bbolt.Bucket
	err = guarded(bucket, func() (err error) {
		b, err = t.bucket(bucket)
		return err
	})
	if b == nil {
		return before, after, err
	}
	if t.reader.file != nil && !t.made[bucket] {
		if err := t.reader.path(t.root, bucket, key); err != nil {
			return before, after, &DamagedError{Place: bucket, Reason: err.Error(), Err: err}
		}
	}
	err = guarded(bucket, func() (err error) {
		c := b.Cursor()
		k, v := c.Seek([]byte(key))
		if k != nil {
			if after, err = pairOf(k, v); err != nil {
				return err
			}
			k, v = c.Prev()
		} else {
			k, v = c.Last()
		}
		if k != nil {
			before, err = pairOf(k, v)
		}
		return err
	})
	return before, after, err
}

// pairOf copies the key. One longer than bbolt allows is a damaged length, and not worth its memory.
func pairOf(k, v []byte) (p Pair, err error) {
	if len(k) > bbolt.MaxKeySize {
		return p, &DamagedError{Place: "a key", Reason: "it is too long"}
	}
	err = guarded("a key", func() error {
		p = Pair{Key: string(k), Value: v}
		return nil
	})
	return p, err
}
