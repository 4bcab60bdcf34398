package state

import (
	"cmp"
	"context"
	"encoding/binary"
	"os"
)

// Compacted is what a compaction has done: the file's bytes before and after, and how many names nothing referred to.
type Compacted struct {
	Before, After int64
	Names         int
}

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
func (b *Bolt) Compact(ctx context.Context) (c Compacted, err error) {
	for range compactions {
		if done, err := b.compactAside(ctx, &c); done || err != nil {
			return c, b.notCompacted(err)
		}
	}
	return c, b.notCompacted(b.compactLocked(ctx, &c))
}

// compactAside builds the new file from a copy. done is false when the state has been written to since the copy was made.
func (b *Bolt) compactAside(ctx context.Context, c *Compacted) (done bool, err error) {
	var w *builder
	defer func() {
		if w != nil {
			w.discard()
		}
	}()
	// The new file is made under the lock: until it is open as a database, others take it for a left-over.
	begin := func() error {
		info, err := os.Stat(b.path)
		if err != nil {
			return err
		}
		w, err = makeBuilder(b.path, info.Size())
		return err
	}
	var commits, txid uint64
	err = b.snapshot(ctx, begin, func(t *boltState) (err error) {
		if err := b.step("made"); err != nil {
			return err
		}
		commits, txid = t.commits, t.header.txid
		c.Names, err = copyTo(ctx, t, w)
		return err
	})
	if err != nil {
		return false, err
	}
	release, err := b.lock.acquire(ctx, b.timeout, true)
	if err != nil {
		return false, err
	}
	defer release()
	var old os.FileInfo
	err = b.transact(false, func(tx Tx) (err error) {
		t := tx.(*boltState)
		old, err = t.file.Stat()
		done = t.commits == commits && t.header.txid == txid // a version that does not count commits moves the other
		return err
	})
	if err != nil || !done {
		return false, b.placed(err)
	}
	return true, b.exchange(w, old, c)
}

// compactLocked builds the new file from the state itself, while everybody waits.
func (b *Bolt) compactLocked(ctx context.Context, c *Compacted) error {
	release, err := b.lock.acquire(ctx, b.timeout, true)
	if err != nil {
		return err
	}
	defer release()
	old, err := os.Stat(b.path)
	if err != nil {
		return err
	}
	w, err := makeBuilder(b.path, old.Size())
	if err != nil {
		return err
	}
	defer w.discard()
	err = b.transact(false, func(tx Tx) (err error) {
		t := tx.(*boltState)
		if u, err := t.usage(); err != nil || u.InUse > lockedBytes {
			return cmp.Or(err, error(&UnusableError{Path: b.path, Reason: "is written to all the time, and was not compacted",
				Hint: "try again when less is going on"}))
		}
		if err := inspect(t.file, t.header, true); err != nil {
			return &DamagedError{Place: "pages", Reason: err.Error(), Err: err}
		}
		c.Names, err = copyTo(ctx, t, w)
		return err
	})
	if err != nil {
		return b.placed(err)
	}
	return b.exchange(w, old, c)
}

// exchange puts the complete copy in the state's place. The lock is held.
func (b *Bolt) exchange(w *builder, old os.FileInfo, c *Compacted) error {
	if err := w.finish(); err != nil {
		return err
	}
	if err := copyOwner(w.path, old); err != nil {
		return err
	}
	info, err := os.Stat(w.path)
	if err != nil {
		return err
	}
	c.Before, c.After = old.Size(), info.Size()
	if err := b.step("copied"); err != nil {
		return err
	}
	if err := replace(w.path, b.path); err != nil {
		return err
	}
	return b.step("replaced")
}

// step lets a test end things here.
func (b *Bolt) step(name string) error {
	if b.halt == nil {
		return nil
	}
	return b.halt(name)
}

// notCompacted words why the file is still the old one.
func (b *Bolt) notCompacted(err error) error {
	return b.besides(err, "cannot be compacted, and is as it was", "its folder must be writable, and its disk have room for two more copies")
}

// copyTo writes all pairs to a new file but the names that nothing refers to, which it counts.
func copyTo(ctx context.Context, t *boltState, w *builder) (swept int, err error) {
	used, err := usedPrints(t)
	if err != nil {
		return 0, err
	}
	for _, bucket := range buckets() {
		for p, err := range t.Range(bucket, "") {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return 0, err
			}
			switch {
			case bucket == bucketName && len(p.Key) != 8:
				return 0, damaged(bucketName, p.Key, "the key has a wrong length")
			case bucket == bucketName && !used.has(binary.BigEndian.Uint64([]byte(p.Key))):
				swept++
				continue
			case bucket == bucketMeta && p.Key == metaSweeps:
				continue
			}
			if err := w.put(bucket, p.Key, p.Value); err != nil {
				return 0, err
			}
		}
	}
	n, err := sweepsOf(t)
	if err != nil {
		return 0, err
	}
	if err := w.put(bucketMeta, metaSweeps, binary.AppendUvarint(nil, n+1)); err != nil {
		return 0, err
	}
	return swept, w.complete()
}

// usedPrints gathers the fingerprints of all findings of all subjects, and looks whether all subjects are there.
func usedPrints(tx Tx) (*fingerprintSet, error) {
	used := &fingerprintSet{}
	n, err := getCounters(tx)
	if err != nil {
		return nil, err
	}
	for r, err := range Subjects(tx) {
		if err != nil {
			return nil, err
		}
		n.subjects--
		for _, v := range r.Views {
			if !used.addAll(v.Marks) {
				return nil, damaged(bucketSubj, hash16(r.Subject), "its marks are cut short")
			}
		}
	}
	if n.subjects != 0 {
		return nil, damaged(bucketSubj, "", "there are not as many subjects as were counted")
	}
	return used, nil
}
