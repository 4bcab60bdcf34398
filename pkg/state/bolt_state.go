package state

import (
	"errors"
	"maps"
	"os"
)

const (
	// reserved is how much room stays allocated beyond what an admission needs: confirmations must fit on a full disk.
	reserved = 2 << 20
	// nameLimit bounds how many stored names a process remembers: about two megabytes.
	nameLimit = 1 << 16
)

// boltState is a transaction on a Bolt: sealed, with what [Admit] asks a disk for.
type boltState struct {
	*sealed
	b      *Bolt
	file   *os.File
	header header
	stored map[uint64]struct{}
}

// ours tells whether this is a state at all: a foreign database would look damaged otherwise. One of our keys is enough,
// so that damage to another is called by its name.
func (t *boltState) ours() bool {
	for _, key := range []string{metaSchema, metaID, metaSalt, metaCounters} {
		v, err := t.raw.Get(bucketMeta, key)
		if errors.Is(err, errNoBucket) {
			return false
		}
		if err != nil || v != nil {
			return true // what is wrong with it is said when it is read
		}
	}
	return false
}

// reserve allocates room on the disk beyond the last page in use.
func (t *boltState) reserve(more int64) error {
	if err := allocate(t.file, int64(t.header.pages)*pageSize, more+reserved); err != nil {
		return &UnusableError{Path: t.b.path, Reason: "has no room to grow", Err: err, Hint: "free some space on its disk"}
	}
	return nil
}

// remembers tells that the name is known to be stored.
func (t *boltState) remembers(p uint64) bool {
	t.b.mu.Lock()
	defer t.b.mu.Unlock()
	_, known := t.b.names[p]
	return known
}

// remember notes a name that is stored once this transaction is.
func (t *boltState) remember(p uint64) {
	if t.stored == nil {
		t.stored = map[uint64]struct{}{}
	}
	t.stored[p] = struct{}{}
}

// survey walks through the pages when this process opens the file for the first time.
func (b *Bolt) survey(f *os.File, h header) error {
	info, err := f.Stat()
	if err != nil {
		return b.unusable("cannot be read", err)
	}
	b.mu.Lock()
	known := b.known && b.seen != nil && os.SameFile(b.seen, info)
	b.seen = info
	b.mu.Unlock()
	if known {
		return nil
	}
	if err := inspect(f, h, false); err != nil {
		return &DamagedError{Path: b.path, Place: "pages", Reason: err.Error(), Err: err}
	}
	return nil
}

// nameSet is a bounded set of fingerprints.
type nameSet map[uint64]struct{}

// add takes over a set, and forgets the older ones when there are too many.
func (s *nameSet) add(stored map[uint64]struct{}) {
	if *s == nil || len(*s)+len(stored) > nameLimit {
		*s = nameSet{}
	}
	if len(stored) <= nameLimit {
		maps.Copy(*s, stored)
	}
}
