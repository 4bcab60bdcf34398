package state

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Store is a place to remember. Both functions hold the state's lock while fn runs: fn does no network, reads no input,
// and runs no policy.
type Store interface {
	// View runs fn on what is stored now. fn must not write.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn and stores all that it wrote, or nothing. fn may run again: it touches nothing but tx.
	Update(ctx context.Context, fn func(Tx) error) error
	// Owners tells which processes that claimed something still live.
	Owners() Owners
	// Close returns up what the process holds: its claims are free afterwards.
	Close() error
}

// Tx is one transaction. Buckets are made by writing to them. Values are checked when they are read: one that was
// changed outside this program is a [*DamagedError].
type Tx interface {
	// Get returns the value, nil when there is none. It is valid until the transaction ends, and must not be changed.
	Get(bucket, key string) ([]byte, error)
	Put(bucket, key string, value []byte) error
	Delete(bucket, key string) error
	// Range walks the keys from the given one on, bytewise ascending. Writing to the bucket while walking it is not allowed.
	Range(bucket, from string) iter.Seq2[Pair, error]
}

// Pair is a key and its value; both are valid until the transaction ends.
type Pair struct {
	Key   string
	Value []byte
}

// Owners tells which processes live. A process is a number of its own, never used again.
type Owners interface {
	// Self returns this process's number; it is taken, visibly to all others, at the first call.
	Self() (uint64, error)
	// Alive reports whether that process lives. known is false where the system cannot tell: then only the lease counts.
	Alive(owner uint64) (alive, known bool)
}

// ErrStale says that another process spoke about a subject after it was viewed: decide again.
var ErrStale = errors.New("another process spoke about the subject meanwhile")

// MaxLease is the longest time that one claim can last; a longer lease is cut down to it.
const MaxLease = time.Hour

// Claimant is who claims, at what time, for how long. Owner 0 claims nothing.
type Claimant struct {
	Owner uint64
	Now   time.Time
	Lease time.Duration
}
