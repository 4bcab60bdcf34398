package boltfile

import (
	"cmp"
	"context"
	"os"

	"github.com/postee/postee/pkg/state"
)

const (
	// compactions is how often a compaction is begun again because the state was written to meanwhile.
	compactions = 3
	// lockedBytes is how much a state may have in use, in bytes, to be compacted under its lock when nothing else helps: as much
	// as takes well under a second.
	lockedBytes = 64 << 20
)

// Compact writes the state anew, without free pages and without names of findings that no subject has any more, and puts it in
// the old one's place. Everything is read and verified on the way: a damaged state is refused, and stays as it was. So it does
// when the disk is full, ctx ends, or the process is killed: the path leads to the old file or to the new one. The lock is held
// only while the file is copied, and while the new one takes its place, unless that one is out of date by then: it is begun
// again some times, and at last a small state is compacted under the lock, and a large one is left as it was.
func (s *Store) Compact(ctx context.Context) (c state.Compacted, err error) {
	for range compactions {
		if done, err := s.compactAside(ctx, &c); done || err != nil {
			return c, s.notCompacted(err)
		}
	}
	return c, s.notCompacted(s.compactLocked(ctx, &c))
}

// compactAside builds the new file from a copy. done is false when the state has been written to since the copy was made.
func (s *Store) compactAside(ctx context.Context, c *state.Compacted) (done bool, err error) {
	var w *builder
	defer func() {
		if w != nil {
			w.discard()
		}
	}()
	// The new file is made under the lock: until it is open as a database, others take it for a left-over.
	begin := func() error {
		info, err := os.Stat(s.path)
		if err != nil {
			return err
		}
		w, err = makeBuilder(s.path, info.Size())
		return err
	}
	var commits, txid uint64
	err = s.snapshot(ctx, begin, func(t *transaction) (err error) {
		if err := s.step("made"); err != nil {
			return err
		}
		commits, txid = t.commits, t.header.Txid
		c.Names, err = w.copyUsed(ctx, t.sums)
		return err
	})
	if err != nil {
		return false, err
	}
	release, err := s.lock.acquire(ctx, s.timeout, true)
	if err != nil {
		return false, err
	}
	defer release()
	var old os.FileInfo
	err = s.transact(false, func(tx state.Tx) (err error) {
		t := tx.(*transaction)
		old, err = t.file.Stat()
		done = t.commits == commits && t.header.Txid == txid // a version that does not count commits moves the other
		return err
	})
	if err != nil || !done {
		return false, s.withPath(err)
	}
	return true, s.exchange(w, old, c)
}

// compactLocked builds the new file from the state itself, while everybody waits.
func (s *Store) compactLocked(ctx context.Context, c *state.Compacted) error {
	release, err := s.lock.acquire(ctx, s.timeout, true)
	if err != nil {
		return err
	}
	defer release()
	old, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	w, err := makeBuilder(s.path, old.Size())
	if err != nil {
		return err
	}
	defer w.discard()
	err = s.transact(false, func(tx state.Tx) (err error) {
		t := tx.(*transaction)
		if u, err := t.Usage(); err != nil || u.InUse > lockedBytes {
			return cmp.Or(err, error(&state.UnusableError{Path: s.path, Reason: "is written to all the time, and was not compacted",
				Hint: "try again when less is going on"}))
		}
		if err := inspect(t.file, t.header, true); err != nil {
			return &state.DamagedError{Place: "pages", Reason: err.Error(), Err: err}
		}
		c.Names, err = w.copyUsed(ctx, t.sums)
		return err
	})
	if err != nil {
		return s.withPath(err)
	}
	return s.exchange(w, old, c)
}

// exchange puts the complete copy in the state's place. The lock is held.
func (s *Store) exchange(w *builder, old os.FileInfo, c *state.Compacted) error {
	if err := w.finish(); err != nil {
		return err
	}
	if err := w.copyOwner(old); err != nil {
		return err
	}
	info, err := os.Stat(w.path)
	if err != nil {
		return err
	}
	c.Before, c.After = old.Size(), info.Size()
	if err := s.step("copied"); err != nil {
		return err
	}
	if err := replace(w.path, s.path); err != nil {
		return err
	}
	return s.step("replaced")
}

// step lets a test end things here.
func (s *Store) step(name string) error {
	if s.halt == nil {
		return nil
	}
	return s.halt(name)
}

// notCompacted words why the file is still the old one.
func (s *Store) notCompacted(err error) error {
	return s.wrap(err, "cannot be compacted, and is as it was", "its folder must be writable, and its disk have room for two more copies")
}
