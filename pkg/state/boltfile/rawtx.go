package boltfile

import (
	"errors"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile/pages"
)

// errNoBucket says that a bucket that every state has is not there.
var errNoBucket = errors.New("the bucket is missing")

// rawTx is a transaction of bbolt as [raw].
type rawTx struct {
	tx      *bbolt.Tx
	buckets map[string]*bbolt.Bucket
	// paths leads to the pages as they were committed, past bbolt; it is nil in a file that is being made.
	paths *pages.Paths
	// older reports whether the state is of an older schema, so that it may lack buckets.
	older bool
	// began is the transaction's time.
	began time.Time
}

// newRawTx returns the transaction that begins now.
func newRawTx(tx *bbolt.Tx) *rawTx {
	return &rawTx{tx: tx, buckets: map[string]*bbolt.Bucket{}, began: time.Now()}
}

// bucket returns a bucket. Every state has all of its schema from the beginning: a missing one is damage, not emptiness, but in
// a state of an older schema, where it is nil.
func (t *rawTx) bucket(name string) (*bbolt.Bucket, error) {
	b := t.buckets[name]
	if b == nil {
		if b = t.tx.Bucket([]byte(name)); b == nil {
			if t.older {
				return nil, nil
			}
			return nil, &state.DamagedError{Place: name, Reason: errNoBucket.Error(), Err: errNoBucket}
		}
		t.buckets[name] = b
	}
	return b, nil
}

// makeMissing makes the buckets that a state of an older schema does not have.
func (t *rawTx) makeMissing() error {
	if !t.older {
		return nil
	}
	return guarded("schema", func() error {
		for _, name := range state.Buckets() {
			if _, err := t.tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Get returns the bytes as they lie in the file.
func (t *rawTx) Get(bucket, key string) (value []byte, err error) {
	err = guarded(bucket, func() error {
		b, err := t.bucket(bucket)
		if b != nil {
			value = b.Get([]byte(key))
		}
		return err
	})
	return value, err
}

// GetAll is Get for each key: pages are at hand.
func (t *rawTx) GetAll(bucket string, keys []string) (values [][]byte, err error) {
	values = make([][]byte, len(keys))
	for i, key := range keys {
		if values[i], err = t.Get(bucket, key); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Now returns when the transaction began, by this machine's clock: who shares the file is on this machine.
func (t *rawTx) Now() time.Time { return t.began }

// Put writes a pair.
func (t *rawTx) Put(bucket, key string, value []byte) error {
	return t.write(bucket, func(b *bbolt.Bucket) error { return b.Put([]byte(key), value) })
}

// Delete removes a key; it need not exist.
func (t *rawTx) Delete(bucket, key string) error {
	return t.write(bucket, func(b *bbolt.Bucket) error { return b.Delete([]byte(key)) })
}

// write runs a change of a bucket.
func (t *rawTx) write(bucket string, change func(*bbolt.Bucket) error) error {
	return guarded(bucket, func() error {
		if !t.tx.Writable() {
			return state.ErrReadOnly
		}
		b, err := t.bucket(bucket)
		if err != nil {
			return err
		}
		return change(b)
	})
}

// Range walks with a cursor; every step is guarded, what the caller does with a pair is not. Each leaf is looked at beside bbolt before
// anything behind it is yielded: one that lost a bit may hide keys.
func (t *rawTx) Range(bucket, from string) iter.Seq2[state.Pair, error] {
	return func(yield func(state.Pair, error) bool) {
		var c *bbolt.Cursor
		var k, v []byte
		next, err := t.sound(bucket, from)
		if err == nil {
			err = guarded(bucket, func() error {
				b, err := t.bucket(bucket)
				if b != nil {
					c = b.Cursor()
					k, v = c.Seek([]byte(from))
				}
				return err
			})
		}
		for err == nil {
			for err == nil && next != "" && (k == nil || string(k) >= next) {
				next, err = t.sound(bucket, next)
			}
			if err != nil || k == nil {
				break
			}
			var p state.Pair
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
			yield(state.Pair{}, err)
		}
	}
}

// beside looks left and right of a key, and at the pages that lead there: one that lost a bit may have hidden the key.
func (t *rawTx) beside(bucket, key string) (before, after state.Pair, err error) {
	var b *bbolt.Bucket
	err = guarded(bucket, func() (err error) {
		b, err = t.bucket(bucket)
		return err
	})
	if b == nil {
		return before, after, err
	}
	if _, err := t.sound(bucket, key); err != nil {
		return before, after, err
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

// sound looks at the pages that lead to a key as they were committed. next is where the next leaf begins, "" when there is none.
func (t *rawTx) sound(bucket, key string) (next string, err error) {
	if t.paths == nil || t.older {
		return "", nil
	}
	if next, err = t.paths.Check(bucket, key); err != nil {
		return "", &state.DamagedError{Place: bucket, Reason: err.Error(), Err: err}
	}
	return next, nil
}

// pairOf copies the key. One longer than bbolt allows is a damaged length, and not worth its memory.
func pairOf(k, v []byte) (p state.Pair, err error) {
	if len(k) > bbolt.MaxKeySize {
		return p, &state.DamagedError{Place: "a key", Reason: "it is too long"}
	}
	err = guarded("a key", func() error {
		p = state.Pair{Key: string(k), Value: v}
		return nil
	})
	return p, err
}
