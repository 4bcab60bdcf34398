package state

import "context"

// Faulty lets tests fail or kill around every transaction of a store: fault is called with "view:before" or "update:before"
// before it, and with "view:after" or "update:after" when it is over and all is stored. What fault returns is what the
// transaction returns; an error before prevents it.
func Faulty(s Store, fault func(op string) error) Store { return &faulty{s, fault} }

type faulty struct {
	Store
	fault func(op string) error
}

// Unwrap returns the store that is made to fail.
func (f *faulty) Unwrap() Store { return f.Store }

// View runs the store's between two faults.
func (f *faulty) View(ctx context.Context, fn func(Tx) error) error {
	return f.between("view", func() error { return f.Store.View(ctx, fn) })
}

// Update runs the store's between two faults.
func (f *faulty) Update(ctx context.Context, fn func(Tx) error) error {
	return f.between("update", func() error { return f.Store.Update(ctx, fn) })
}

// between runs a transaction between two faults.
func (f *faulty) between(kind string, transaction func() error) error {
	if err := f.fault(kind + ":before"); err != nil {
		return err
	}
	if err := transaction(); err != nil {
		return err
	}
	return f.fault(kind + ":after")
}
