package state

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
)

// Compacted is what a compaction has done: the file's bytes before and after, and how many names nothing referred to.
type Compacted struct {
	Before, After int64
	Names         int
}

// Compact writes the state anew, without free pages and without names of findings that no subject has any more, and puts it in
// the old one's place. Everything is read and verified on the way: a damaged state is refused, and stays as it was. So it does
// when the disk is full, ctx ends, or the process is killed: the path leads to the old file or to the new one. It keeps the
// state's lock for as long as it takes: two to four seconds for half a gigabyte.
func (b *Bolt) Compact(ctx context.Context) (c Compacted, err error) {
	release, err := b.lock.acquire(ctx, b.timeout, true)
	if err != nil {
		return c, err
	}
	defer release()
	if err := b.usable(); err != nil {
		return c, err
	}
	path := b.target()
	f, err := makeNew(path)
	if err != nil {
		return c, b.notCompacted(err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := f.Close(); err != nil {
		return c, b.notCompacted(err)
	}
	var old os.FileInfo
	err = b.transact(false, func(tx Tx) (err error) {
		t := tx.(*boltState)
		if old, err = t.file.Stat(); err == nil {
			c.Names, err = b.copyTo(ctx, t, f.Name())
		}
		return err
	})
	if err == nil {
		err = b.exchange(f.Name(), path, old, &c)
	}
	return c, b.notCompacted(err)
}

// exchange puts the finished copy in the state's place.
func (b *Bolt) exchange(made, path string, old os.FileInfo, c *Compacted) error {
	if err := liken(made, old); err != nil {
		return err
	}
	info, err := os.Stat(made)
	if err != nil {
		return err
	}
	c.Before, c.After = old.Size(), info.Size()
	if err := b.step("copied"); err != nil {
		return err
	}
	if err := replace(made, path); err != nil {
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

// notCompacted words why the file is still the old one. Damage stays damage, and the end of the run what it is.
func (b *Bolt) notCompacted(err error) error {
	var d *DamagedError
	var u *UnusableError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &u):
		return err
	case errors.As(err, &d):
		return b.placed(err)
	}
	return &UnusableError{Path: b.path, Reason: "cannot be compacted, and is as it was", Err: err,
		Hint: "its folder must be writable, and its disk have room for a second copy"}
}

// copyTo writes all pairs to a new file but the names that nothing refers to, which it counts.
func (b *Bolt) copyTo(ctx context.Context, t *boltState, path string) (swept int, err error) {
	if err := inspect(t.file, t.header, true); err != nil {
		return 0, &DamagedError{Place: "pages", Reason: err.Error(), Err: err}
	}
	used, err := usedPrints(t)
	if err != nil {
		return 0, err
	}
	w, err := newBuilder(path, int64(t.header.pages)*pageSize)
	if err != nil {
		return 0, err
	}
	defer w.close()
	if err := b.step("made"); err != nil {
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
	return swept, w.finish()
}

// usedPrints gathers the fingerprints of all findings of all subjects, and looks whether all subjects are there.
func usedPrints(tx Tx) (*printSet, error) {
	used := &printSet{}
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
