package state

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// Memory is a state that ends with the process (--state none).
func Memory() Store { return Overlay(nil) }

// Overlay reads through to base and keeps what is written in memory: for dry runs and explanations. Close leaves base
// alone. base may be nil, which is an empty state.
func Overlay(base Store) Store {
	o := &overlay{base: base, turn: make(chan struct{}, 1), layer: newLayer(nothing{})}
	o.owners = &singleOwner{number: randomNumber()}
	if base == nil {
		o.setUp()
	} else {
		o.owners.base = base.Owners()
	}
	return o
}

// overlay keeps one layer above another store.
type overlay struct {
	base   Store
	turn   chan struct{}
	layer  *layer
	owners *singleOwner
}

// setUp writes what every state has. Writing to a layer cannot fail.
func (o *overlay) setUp() {
	if err := establish(o.layer); err != nil {
		panic(fmt.Sprintf("state: establishing in memory: %v", err))
	}
}

// View runs fn on base as it is now and what was written here.
func (o *overlay) View(ctx context.Context, fn func(Tx) error) error {
	return o.run(ctx, func() error {
		top := newLayer(o.layer)
		top.readOnly = true
		return fn(top)
	})
}

// Update keeps what fn has written when fn succeeds. base is only viewed.
func (o *overlay) Update(ctx context.Context, fn func(Tx) error) error {
	return o.run(ctx, func() error {
		top := newLayer(o.layer)
		if err := fn(top); err != nil {
			return err
		}
		o.layer.absorb(top)
		return nil
	})
}

// run waits for its turn, and then runs fn above the base.
func (o *overlay) run(ctx context.Context, fn func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case o.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-o.turn }()
	if o.base == nil {
		return fn()
	}
	return o.base.View(ctx, func(tx Tx) error {
		o.layer.below = tx
		defer func() { o.layer.below = nothing{} }()
		return fn()
	})
}

// Owners knows this process, and asks base about others.
func (o *overlay) Owners() Owners { return o.owners }

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

// randomNumber returns an owner's number: 62 bits, never 0, so that it is a valid offset in a file everywhere.
func randomNumber() uint64 {
	var b [8]byte
	for {
		rand.Read(b[:]) // never fails: crypto/rand ends the process instead
		if n := binary.BigEndian.Uint64(b[:]) >> 2; n != 0 {
			return n
		}
	}
}
