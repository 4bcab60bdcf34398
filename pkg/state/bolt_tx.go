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
	// written tells that there is something to commit: an Update that finds nothing to do costs no flush.
	written bool
}

// bucket gives a bucket. Every state has all of them from the beginning: a missing one is damage, not emptiness.
func (t *boltTx) bucket(name string) (*bbolt.Bucket, error) {
	b := t.buckets[name]
	if b == nil {
		if b = t.tx.Bucket([]byte(name)); b == nil {
			return nil, &DamagedError{Place: name, Reason: errNoBucket.Error(), Err: errNoBucket}
		}
		t.buckets[name] = b
	}
	return b, nil
}

// Get gives the bytes as they lie in the file.
func (t *boltTx) Get(bucket, key string) (value []byte, err error) {
	err = guarded(bucket, func() error {
		b, err := t.bucket(bucket)
		if err == nil {
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
			if err == nil {
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
	if t.reader.file != nil {
		if err := t.reader.path(t.root, bucket, key); err != nil {
			return before, after, &DamagedError{Place: bucket, Reason: err.Error(), Err: err}
		}
	}
	err = guarded(bucket, func() error {
		b, err := t.bucket(bucket)
		if err != nil {
			return err
		}
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
