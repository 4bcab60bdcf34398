package state

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// Buffer is a transaction that reads through to another one and keeps what is written to itself, until it is flushed. What was
// read is kept too: a key is asked for below at most once. A backend runs every transaction on one, so that what is read and
// written many times costs one read and one write, and what is written arrives in order.
type Buffer struct {
	below    Tx
	changes  map[string]*sorted
	reads    map[string]map[string][]byte
	now      time.Time
	readOnly bool
}

// NewBuffer returns an empty buffer above a transaction, which must last as long.
func NewBuffer(below Tx) *Buffer {
	return &Buffer{below: below, changes: map[string]*sorted{}, reads: map[string]map[string][]byte{}}
}

// ReadOnly makes writing an error from now on, [ErrReadOnly], and returns the buffer.
func (b *Buffer) ReadOnly() *Buffer {
	b.readOnly = true
	return b
}

// Now returns the time of the transaction below, always the same.
func (b *Buffer) Now() time.Time {
	if b.now.IsZero() {
		b.now = b.below.Now()
	}
	return b.now
}

// known returns what was written or read here; found is false when the transaction below must be asked.
func (b *Buffer) known(bucket, key string) (value []byte, found bool) {
	if written := b.changes[bucket]; written != nil {
		if value, found = written.get(key); found {
			return value, true
		}
	}
	value, found = b.reads[bucket][key]
	return value, found
}

// keep remembers what was read.
func (b *Buffer) keep(bucket, key string, value []byte) {
	if b.reads == nil {
		return
	}
	if b.reads[bucket] == nil {
		b.reads[bucket] = map[string][]byte{}
	}
	b.reads[bucket][key] = value
}

// Get prefers what was written here.
func (b *Buffer) Get(bucket, key string) ([]byte, error) {
	if value, found := b.known(bucket, key); found {
		return value, nil
	}
	value, err := b.below.Get(bucket, key)
	if err == nil {
		b.keep(bucket, key, value)
	}
	return value, err
}

// GetAll prefers what was written here, and asks for all the rest at once.
func (b *Buffer) GetAll(bucket string, keys []string) ([][]byte, error) {
	values, asked, places := make([][]byte, len(keys)), []string(nil), []int(nil)
	for i, key := range keys {
		value, found := b.known(bucket, key)
		if values[i] = value; !found {
			asked, places = append(asked, key), append(places, i)
		}
	}
	if len(asked) == 0 {
		return values, nil
	}
	below, err := b.below.GetAll(bucket, asked)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		values[place] = below[i]
		b.keep(bucket, asked[i], below[i])
	}
	return values, nil
}

// Exist prefers what was written here, and asks for all the rest at once.
func (b *Buffer) Exist(bucket string, keys []string) ([]bool, error) {
	there, asked, places := make([]bool, len(keys)), []string(nil), []int(nil)
	for i, key := range keys {
		value, found := b.known(bucket, key)
		if there[i] = value != nil; !found {
			asked, places = append(asked, key), append(places, i)
		}
	}
	if len(asked) == 0 {
		return there, nil
	}
	below, err := exist(b.below, bucket, asked)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		there[place] = below[i]
	}
	return there, nil
}

// Put keeps a copy of the value.
func (b *Buffer) Put(bucket, key string, value []byte) error {
	return b.write(bucket, key, append(make([]byte, 0, len(value)), value...))
}

// Delete keeps that the key is gone.
func (b *Buffer) Delete(bucket, key string) error { return b.write(bucket, key, nil) }

func (b *Buffer) write(bucket, key string, value []byte) error {
	if b.readOnly {
		return ErrReadOnly
	}
	changed := b.changes[bucket]
	if changed == nil {
		changed = &sorted{}
		b.changes[bucket] = changed
	}
	changed.put(key, value)
	return nil
}

// Range merges what was written here with what is below.
func (b *Buffer) Range(bucket, from string) iter.Seq2[Pair, error] {
	changed := b.changes[bucket]
	if changed == nil {
		return b.below.Range(bucket, from)
	}
	return func(yield func(Pair, error) bool) {
		next, stop := iter.Pull(changed.from(from))
		defer stop()
		mine, more := next()
		for p, err := range b.below.Range(bucket, from) {
			if err != nil {
				yield(p, err)
				return
			}
			for more && mine.key < p.Key {
				if !show(mine, yield) {
					return
				}
				mine, more = next()
			}
			if more && mine.key == p.Key {
				continue // shown, or left out, when its turn comes
			}
			if !yield(p, nil) {
				return
			}
		}
		for ; more; mine, more = next() {
			if !show(mine, yield) {
				return
			}
		}
	}
}

// show yields a cell that is not deleted.
func show(c cell, yield func(Pair, error) bool) bool {
	return c.value == nil || yield(Pair{Key: c.key, Value: c.value}, nil)
}

// Changed reports whether there is anything to flush.
func (b *Buffer) Changed() bool { return len(b.changes) > 0 }

// Writer is the part of a transaction that writes.
type Writer interface {
	Put(bucket, key string, value []byte) error
	Delete(bucket, key string) error
}

// Flush writes all changes: each key once, buckets in the order of [Buckets], keys ascending. The buffer is not used afterwards.
func (b *Buffer) Flush(to Writer) error {
	names := Buckets()
	for bucket := range b.changes {
		if !slices.Contains(names, bucket) {
			return fmt.Errorf("state: there is no bucket %q", bucket)
		}
	}
	for _, bucket := range names {
		changed := b.changes[bucket]
		if changed == nil {
			continue
		}
		for c := range changed.from("") {
			var err error
			if c.value == nil {
				err = to.Delete(bucket, c.key)
			} else {
				err = to.Put(bucket, c.key, c.value)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
