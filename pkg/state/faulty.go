package state

import "context"

// Faulty lets tests fail or kill around every Update of a store: fault is called with "update:before" before it, and with
// "update:after" when all is stored. What fault returns is what Update returns; an error before prevents the Update.
func Faulty(s Store, fault func(op string) error) Store { return &faulty{s, fault} }

type faulty struct {
	Store
	fault func(op string) error
}

// Update runs the store's between two faults.
func (f *faulty) Update(ctx context.Context, fn func(Tx) error) error {
	if err := f.fault("update:before"); err != nil {
		return err
	}
	if err := f.Store.Update(ctx, fn); err != nil {
		return err
	}
	return f.fault("update:after")
}
