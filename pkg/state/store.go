package state

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Store is a place to remember. View and Update hold the state's lock while fn runs: fn does no network, reads no input, and
// runs no policy. What a store can do beside this, [Maintenance] and the interfaces of a transaction say.
type Store interface {
	// View runs fn on what is stored now. fn must not write.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn and stores all that it wrote, or nothing. fn may run again: it touches nothing but tx.
	Update(ctx context.Context, fn func(Tx) error) error
	// Owners tells which processes that claimed something still live.
	Owners() Owners
	// Durable reports whether what is written outlives the process.
	Durable() bool
	// Close gives up what the process holds: its claims are free afterwards.
	Close() error
}

// Tx is one transaction. Buckets are made by writing to them. Values are checked when they are read: one that was
// changed outside this program is a [*DamagedError].
type Tx interface {
	// Get returns the value, nil when there is none; one that is empty is not nil. It is valid until the transaction ends, and must
	// not be changed.
	Get(bucket, key string) ([]byte, error)
	// GetAll returns the values of many keys, in their order, as Get does each: in one round trip where the state is elsewhere.
	GetAll(bucket string, keys []string) ([][]byte, error)
	// Put writes a value, which may be changed afterwards. The key must not be empty.
	Put(bucket, key string, value []byte) error
	// Delete removes a key, which need not be there.
	Delete(bucket, key string) error
	// Range walks the keys from the given one on, bytewise ascending. Writing to the bucket while walking it is not allowed.
	Range(bucket, from string) iter.Seq2[Pair, error]
	// Now returns the store's time when the transaction began: one clock for all who share the state, so that the clock of one
	// machine cannot void what another one has claimed.
	Now() time.Time
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

// Claimant is who claims, and for how long from the transaction's time ([Tx.Now]) on. Owner 0 claims nothing.
type Claimant struct {
	Owner uint64
	Lease time.Duration
}
