package boltfile

import (
	"errors"
	"maps"
	"math/bits"
	"os"

	"go.etcd.io/bbolt"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile/pages"
)

const (
	// reserved is how much room stays allocated beyond what an admission needs: confirmations must fit on a full disk.
	reserved = 2 << 20
	// nameLimit bounds how many stored names a process remembers: about two megabytes.
	nameLimit = 1 << 16
)

// oldCopy is what to do when an older copy of the state took its place.
const oldCopy = "run again: what was said since the copy was made is said once more, with the same keys"

// transaction is a transaction on a Store: buffered, above checksums, with what [state.Admit] asks a disk for.
type transaction struct {
	*state.Buffer
	sums   *checksummed
	store  *Store
	file   *os.File
	header pages.Header
	// commits is how many transactions were stored before this one.
	commits uint64
	stored  map[uint64]struct{}
}

var (
	_ state.Tx        = (*transaction)(nil)
	_ state.Reserver  = (*transaction)(nil)
	_ state.NameCache = (*transaction)(nil)
	_ state.Prober    = (*transaction)(nil)
	_ state.Measured  = (*transaction)(nil)
)

// newTransaction makes the transaction on an open file.
func newTransaction(s *Store, o *opened, raw *rawTx) *transaction {
	sums := newChecksummed(raw)
	return &transaction{Buffer: state.NewBuffer(sums), sums: sums, store: s, file: o.file, header: o.header}
}

// commit counts this transaction, writes what it has buffered, and stores it.
func (t *transaction) commit(tx *bbolt.Tx) error {
	if err := t.countCommit(); err != nil {
		return err
	}
	if err := t.Flush(t.sums); err != nil {
		return err
	}
	return guarded("the pages to be written", tx.Commit)
}

// ours reports whether this is a state at all: a foreign database would look damaged otherwise. One of our keys is enough,
// so that damage to another is called by its name.
func (t *transaction) ours() bool {
	for _, key := range state.MetaKeys() {
		v, err := t.sums.raw.Get(state.BucketMeta, key)
		if errors.Is(err, errNoBucket) {
			return false
		}
		if err != nil || v != nil {
			return true // what is wrong with it is said when it is read
		}
	}
	return false
}

// recognise refuses what is not ours, newer, or not the state that was opened first.
func (s *Store) recognise(tx *transaction) error {
	if !tx.ours() {
		return &state.UnusableError{Path: s.path, Reason: "is no state of postee", Hint: "another program wrote it: name another file"}
	}
	n, err := state.CheckSchema(tx, s.path)
	if err != nil {
		return err
	}
	tx.sums.raw.(*rawTx).older = n < state.Schema
	id, err := state.Identity(tx)
	if err != nil {
		return err
	}
	swept, err := state.Sweeps(tx)
	if err != nil {
		return err
	}
	if tx.commits, err = state.Commits(tx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if swept != s.sweeps {
		s.names, s.sweeps = nil, swept
	}
	if s.known && s.id != id {
		return &state.UnusableError{Path: s.path, Reason: "was replaced by another state during the run", Hint: "run again"}
	}
	if tx.commits < s.commits {
		return &state.UnusableError{Path: s.path, Reason: "was replaced by an older copy of itself during the run", Hint: oldCopy}
	}
	s.id, s.known, s.commits = id, true, tx.commits
	return nil
}

// migrate brings an older state to this schema, once it has all buckets.
func (t *transaction) migrate() error {
	if err := t.sums.raw.(*rawTx).makeMissing(); err != nil {
		return err
	}
	return state.Migrate(t, t.store.path)
}

// countCommit counts this transaction, which is about to be stored, so that an older copy of the file can be told from it.
func (t *transaction) countCommit() error {
	return state.PutCommits(t, t.commits+1)
}

// Reserve allocates room on the disk beyond the last page in use.
func (t *transaction) Reserve(more int64) error {
	used := int64(t.header.Pages) * pages.Size
	if err := mayGrowTo(grown(used + more + reserved)); err != nil {
		return &state.UnusableError{Path: t.store.path, Reason: "has no room to grow", Err: err, Hint: "raise the limit on the size of files (ulimit -f)"}
	}
	if err := allocate(t.file, used, more+reserved); err != nil {
		return &state.UnusableError{Path: t.store.path, Reason: "has no room to grow", Err: err, Hint: "free some space on its disk"}
	}
	return nil
}

// grown is the size in bytes that bbolt gives a file which has to hold so much: doubling up to its step, then a step more.
func grown(size int64) int64 {
	const step = 16 << 20
	if size > step {
		return size + step
	}
	return 1 << bits.Len64(uint64(size-1))
}

// Remembers reports whether the name is known to be stored.
func (t *transaction) Remembers(p uint64) bool {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	_, known := t.store.names[p]
	return known
}

// Remember notes a name that is stored once this transaction is.
func (t *transaction) Remember(p uint64) {
	if t.stored == nil {
		t.stored = map[uint64]struct{}{}
	}
	t.stored[p] = struct{}{}
}

// walkOnce walks through the pages when this process opens the file for the first time.
func (s *Store) walkOnce(f *os.File, h pages.Header) error {
	info, err := f.Stat()
	if err != nil {
		return s.unusable("cannot be read", err)
	}
	s.mu.Lock()
	known := s.known && s.walked != nil && os.SameFile(s.walked, info)
	s.walked = info
	s.mu.Unlock()
	if known {
		return nil
	}
	if err := inspect(f, h, false); err != nil {
		return &state.DamagedError{Path: s.path, Place: "pages", Reason: err.Error(), Err: err}
	}
	return nil
}

// nameSet is a bounded set of fingerprints.
type nameSet map[uint64]struct{}

// add takes over a set, and forgets the older ones when there are too many.
func (n *nameSet) add(stored map[uint64]struct{}) {
	if *n == nil || len(*n)+len(stored) > nameLimit {
		*n = nameSet{}
	}
	if len(stored) <= nameLimit {
		maps.Copy(*n, stored)
	}
}
