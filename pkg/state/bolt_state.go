package state

import (
	"encoding/binary"
	"errors"
	"maps"
	"math/bits"
	"os"
)

const (
	// reserved is how much room stays allocated beyond what an admission needs: confirmations must fit on a full disk.
	reserved = 2 << 20
	// nameLimit bounds how many stored names a process remembers: about two megabytes.
	nameLimit = 1 << 16
)

// oldCopy is what to do when an older copy of the state took its place.
const oldCopy = "run again: what was said since the copy was made is said once more, with the same keys"

// boltState is a transaction on a Bolt: sealed, with what [Admit] asks a disk for.
type boltState struct {
	*checksummed
	b      *Bolt
	file   *os.File
	header header
	// commits is how many transactions were stored before this one.
	commits uint64
	stored  map[uint64]struct{}
}

// ours reports whether this is a state at all: a foreign database would look damaged otherwise. One of our keys is enough,
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

// recognise refuses what is not ours, newer, or not the state that was opened first.
func (b *Bolt) recognise(tx *boltState) error {
	if !tx.ours() {
		return &UnusableError{Path: b.path, Reason: "is no state of postee", Hint: "another program wrote it: name another file"}
	}
	n, err := readSchema(tx)
	if err != nil {
		return err
	}
	if n > schema {
		return &UnusableError{Path: b.path, Reason: "was written by a newer postee", Hint: "use that version, or another state"}
	}
	id, err := identity(tx)
	if err != nil {
		return err
	}
	swept, err := sweepsOf(tx)
	if err != nil {
		return err
	}
	if tx.commits, err = commits(tx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if swept != b.sweeps {
		b.names, b.sweeps = nil, swept
	}
	if b.known && b.id != id {
		return &UnusableError{Path: b.path, Reason: "was replaced by another state during the run", Hint: "run again"}
	}
	if tx.commits < b.commits {
		return &UnusableError{Path: b.path, Reason: "was replaced by an older copy of itself during the run", Hint: oldCopy}
	}
	b.id, b.known, b.commits = id, true, tx.commits
	return nil
}

// tally counts this transaction, which is about to be stored, so that an older copy of the file can be told from it.
func (t *boltState) tally() error {
	return t.Put(bucketMeta, metaCommits, binary.AppendUvarint(nil, t.commits+1))
}

// reserve allocates room on the disk beyond the last page in use.
func (t *boltState) reserve(more int64) error {
	used := int64(t.header.pages) * pageSize
	if err := mayGrowTo(grown(used + more + reserved)); err != nil {
		return &UnusableError{Path: t.b.path, Reason: "has no room to grow", Err: err, Hint: "raise the limit on the size of files (ulimit -f)"}
	}
	if err := allocate(t.file, used, more+reserved); err != nil {
		return &UnusableError{Path: t.b.path, Reason: "has no room to grow", Err: err, Hint: "free some space on its disk"}
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

// remembers reports whether the name is known to be stored.
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
