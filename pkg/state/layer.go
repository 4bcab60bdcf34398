package state

import (
	"iter"
)

// nothing is a transaction on an empty state.
type nothing struct{}

func (nothing) Get(string, string) ([]byte, error)          { return nil, nil }
func (nothing) Put(string, string, []byte) error            { return errReadOnly }
func (nothing) Delete(string, string) error                 { return errReadOnly }
func (nothing) Range(string, string) iter.Seq2[Pair, error] { return func(func(Pair, error) bool) {} }

// layer is a transaction that reads through to the one below, and keeps what is written to itself.
type layer struct {
	below    Tx
	changes  map[string]*sorted
	readOnly bool
}

// newLayer lays an empty layer above a transaction.
func newLayer(below Tx) *layer { return &layer{below: below, changes: map[string]*sorted{}} }

// Get prefers what was written here.
func (l *layer) Get(bucket, key string) ([]byte, error) {
	if b := l.changes[bucket]; b != nil {
		if value, found := b.get(key); found {
			return value, nil
		}
	}
	return l.below.Get(bucket, key)
}

// has looks here and below.
func (l *layer) has(bucket, key string) (bool, error) {
	if b := l.changes[bucket]; b != nil {
		if value, found := b.get(key); found {
			return value != nil, nil
		}
	}
	return has(l.below, bucket, key)
}

// Put keeps a copy of the value.
func (l *layer) Put(bucket, key string, value []byte) error {
	return l.write(bucket, key, append(make([]byte, 0, len(value)), value...))
}

// Delete keeps that the key is gone.
func (l *layer) Delete(bucket, key string) error { return l.write(bucket, key, nil) }

func (l *layer) write(bucket, key string, value []byte) error {
	if l.readOnly {
		return errReadOnly
	}
	b := l.changes[bucket]
	if b == nil {
		b = &sorted{}
		l.changes[bucket] = b
	}
	b.put(key, value)
	return nil
}

// Range merges what was written here with what is below.
func (l *layer) Range(bucket, from string) iter.Seq2[Pair, error] {
	b := l.changes[bucket]
	if b == nil {
		return l.below.Range(bucket, from)
	}
	return func(yield func(Pair, error) bool) {
		next, stop := iter.Pull(b.from(from))
		defer stop()
		mine, more := next()
		for p, err := range l.below.Range(bucket, from) {
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

// absorb takes over what a layer above has written. Where nothing is below, deleted keys need not be remembered.
func (l *layer) absorb(above *layer) {
	_, bottom := l.below.(nothing)
	for bucket, b := range above.changes {
		mine := l.changes[bucket]
		if mine == nil {
			mine = &sorted{}
			l.changes[bucket] = mine
		}
		for c := range b.from("") {
			if bottom && c.value == nil {
				mine.remove(c.key)
			} else {
				mine.put(c.key, c.value)
			}
		}
	}
}
