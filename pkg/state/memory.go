package state

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"iter"
	"time"
)

// Memory is a state that ends with the process (--state none).
func Memory() Store { return Overlay(nil) }

// Overlay reads through to base and keeps what is written in memory: for dry runs and explanations. Close leaves base
// alone. base may be nil, which is an empty state.
func Overlay(base Store) Store {
	o := &overlay{base: base, turn: make(chan struct{}, 1), written: map[string]*sorted{}}
	o.owners = &singleOwner{number: NewOwner()}
	if base == nil {
		o.setUp()
	} else {
		o.owners.base = base.Owners()
	}
	return o
}

// overlay keeps what is written above another store.
type overlay struct {
	base    Store
	turn    chan struct{}
	written map[string]*sorted
	owners  *singleOwner
}

// setUp writes what every state has. Writing to a buffer cannot fail.
func (o *overlay) setUp() {
	b := NewBuffer(nothing{})
	if err := Establish(b); err != nil {
		panic(fmt.Sprintf("state: establishing in memory: %v", err))
	}
	o.absorb(b)
}

// View runs fn on base as it is now and what was written here.
func (o *overlay) View(ctx context.Context, fn func(Tx) error) error {
	return o.run(ctx, func(b *Buffer) error { return fn(b.ReadOnly()) })
}

// Update keeps what fn has written when fn succeeds. base is only viewed.
func (o *overlay) Update(ctx context.Context, fn func(Tx) error) error {
	return o.run(ctx, func(b *Buffer) error {
		if err := fn(b); err != nil {
			return err
		}
		o.absorb(b)
		return nil
	})
}

// run waits for its turn, and then runs fn above what was written, above the base.
func (o *overlay) run(ctx context.Context, fn func(*Buffer) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	select {
	case o.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-o.turn }()
	if o.base == nil {
		return fn(o.above(nothing{}))
	}
	return o.base.View(ctx, func(tx Tx) error { return fn(o.above(tx)) })
}

// above returns a buffer above what was written, above a transaction on the base.
func (o *overlay) above(base Tx) *Buffer {
	return &Buffer{below: &Buffer{below: base, changes: o.written}, changes: map[string]*sorted{}}
}

// absorb takes over what a transaction has written. Where nothing is below, deleted keys need not be remembered.
func (o *overlay) absorb(b *Buffer) {
	for bucket, changed := range b.changes {
		mine := o.written[bucket]
		if mine == nil {
			mine = &sorted{}
			o.written[bucket] = mine
		}
		for c := range changed.from("") {
			if o.base == nil && c.value == nil {
				mine.remove(c.key)
			} else {
				mine.put(c.key, c.value)
			}
		}
	}
}

// nothing is a transaction on an empty state.
type nothing struct{}

func (nothing) Get(string, string) ([]byte, error) { return nil, nil }
func (nothing) GetAll(_ string, keys []string) ([][]byte, error) {
	return make([][]byte, len(keys)), nil
}
func (nothing) Put(string, string, []byte) error            { return ErrReadOnly }
func (nothing) Delete(string, string) error                 { return ErrReadOnly }
func (nothing) Range(string, string) iter.Seq2[Pair, error] { return func(func(Pair, error) bool) {} }
func (nothing) Now() time.Time                              { return time.Now() }

// Owners knows this process, and asks base about others.
func (o *overlay) Owners() Owners { return o.owners }

// Durable reports false: nothing outlives the process.
func (o *overlay) Durable() bool { return false }

// Close does nothing: base is its owner's.
func (o *overlay) Close() error { return nil }

// singleOwner is a process whose claims nobody else can see.
type singleOwner struct {
	number uint64
	base   Owners
}

// Self returns a random number; nothing is written anywhere.
func (l *singleOwner) Self() (uint64, error) { return l.number, nil }

// Alive knows itself. Of claims found in base, base knows.
func (l *singleOwner) Alive(owner uint64) (alive, known bool) {
	if owner == l.number {
		return true, true
	}
	if l.base == nil {
		return false, true
	}
	return l.base.Alive(owner)
}

// NewOwner returns a random number for a process: 62 bits, never 0, so that it is a valid offset in a file everywhere.
func NewOwner() uint64 {
	var b [8]byte
	for {
		rand.Read(b[:]) // never fails: crypto/rand ends the process instead
		if n := binary.BigEndian.Uint64(b[:]) >> 2; n != 0 {
			return n
		}
	}
}
