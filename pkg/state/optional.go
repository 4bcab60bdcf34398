package state

import (
	"context"
	"io"
)

// Maintenance is a store that can be measured, made smaller, verified and copied. Find it with [MaintenanceOf]: a store may wrap
// another one.
type Maintenance interface {
	Store
	// Path is where the state is, for people: the path of a file.
	Path() string
	// Usage returns how large the state is, as it was committed last.
	Usage(ctx context.Context) (Usage, error)
	// Compact frees what is not needed: unused room, and names of findings that no subject has. A state that is damaged is
	// refused, and one whose compaction failed is as it was.
	Compact(ctx context.Context) (Compacted, error)
	// Check verifies all that is stored, and returns what is wrong in words, at most a hundred problems; an error when it could
	// not look.
	Check(ctx context.Context) (problems []string, err error)
	// Export writes all that is stored as JSON Lines ([WriteExport]). Others can write meanwhile. What w says is returned as it is.
	Export(ctx context.Context, w io.Writer) (Exported, error)
}

// Compacted is what a compaction has done: bytes before and after, and how many names nothing referred to.
type Compacted struct {
	Before, After int64
	Names         int
}

// MaintenanceOf returns the maintenance of a store, or of the one that it wraps; nil when there is nothing to maintain, because
// all is in memory. A store that wraps another one has a method Unwrap that returns it.
func MaintenanceOf(s Store) Maintenance {
	for s != nil {
		if m, ok := s.(Maintenance); ok {
			return m
		}
		wrapper, ok := s.(interface{ Unwrap() Store })
		if !ok {
			return nil
		}
		s = wrapper.Unwrap()
	}
	return nil
}

// What a transaction may be beside a [Tx]. Code that finds none of it does without.

// Reserver is a transaction on storage that can fill up.
type Reserver interface {
	// Reserve makes sure that what is admitted now, of about that many bytes, can be confirmed later, when no room is left for
	// anything else. An error refuses the admission.
	Reserve(bytes int64) error
}

// NameCache is a transaction that remembers, beyond its end, which names of findings are stored already.
type NameCache interface {
	// Remembers reports whether the name is known to be stored.
	Remembers(fingerprint uint64) bool
	// Remember notes a name that is stored once this transaction is.
	Remember(fingerprint uint64)
}

// Prober is a transaction that finds out quickly which keys have a value.
type Prober interface {
	// Exist reports for each key whether it has a value. Unlike [Tx.Get] it takes the absence of a value for what it seems: a key
	// that was damaged reads as one that is not there.
	Exist(bucket string, keys []string) ([]bool, error)
}

// Measured is a transaction that knows how large the state is, as it was committed last.
type Measured interface {
	// Usage returns what the state takes.
	Usage() (Usage, error)
}
