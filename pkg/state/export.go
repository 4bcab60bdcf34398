package state

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"sync"
)

// Exported is what an export holds.
type Exported struct {
	// Lines counts all lines, Subjects the records among them.
	Lines, Subjects int
	Bytes           int64
}

// Export writes the whole state as JSON Lines: see docs/state.md. The state's lock is held only while a copy of the file is
// made beside it: who reads the export may be slow. What cannot be written to w is an error that is neither damage nor the
// state's fault.
func (b *Bolt) Export(ctx context.Context, w io.Writer) (x Exported, err error) {
	var failed error
	err = b.snapshot(ctx, nil, func(t *boltState) error {
		x, failed, err = exportAll(ctx, t, w)
		return err
	})
	if err != nil {
		return x, b.notExported(err)
	}
	return x, failed
}

// snapshot runs fn on a copy of the state, all of whose pages are in order. The lock is held while the copy is made, and while
// first, which may be nil, is done before it is let go.
func (b *Bolt) snapshot(ctx context.Context, first func() error, fn func(*boltState) error) error {
	release, err := b.lock.acquire(ctx, b.timeout, true)
	if err != nil {
		return err
	}
	release = sync.OnceFunc(release)
	defer release()
	if err := b.usable(); err != nil {
		return err
	}
	f, err := makeNew(b.path)
	if err != nil {
		return err
	}
	made := f.Name()
	defer func() { _ = os.Remove(made) }()
	err = b.transact(false, func(tx Tx) error { return copyPages(tx.(*boltState), f) })
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return b.placed(err)
	}
	duplicate := &Bolt{path: made, timeout: b.timeout}
	return b.renamed(duplicate.transact(false, func(tx Tx) error {
		// Where the system allows it, nothing of the copy is left when the process is killed.
		_ = os.Remove(made)
		if first != nil {
			if err := first(); err != nil {
				return err
			}
		}
		release()
		t := tx.(*boltState)
		if err := inspect(t.file, t.header, true); err != nil {
			return &DamagedError{Place: "pages", Reason: err.Error(), Err: err}
		}
		return fn(t)
	}))
}

// copyPages copies the pages in use: what is allocated beyond them is no data.
func copyPages(t *boltState, to *os.File) error {
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.CopyN(to, t.file, int64(t.header.pages)*pageSize)
	return err
}

// notExported words why no copy could be made.
func (b *Bolt) notExported(err error) error {
	return b.besides(err, "cannot be copied", "its folder must be writable, and its disk have room for a second copy")
}

// besides words what went wrong beside the state. Damage stays damage, and the end of the run what it is.
func (b *Bolt) besides(err error, reason, hint string) error {
	var d *DamagedError
	var u *UnusableError
	var l *LockedError
	switch {
	case err == nil, errors.As(err, &d), errors.As(err, &u), errors.As(err, &l),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &UnusableError{Path: b.path, Reason: reason, Err: err, Hint: hint}
}

// renamed returns an error about the copy the name of the state that it is a copy of.
func (b *Bolt) renamed(err error) error {
	var d *DamagedError
	var u *UnusableError
	switch {
	case errors.As(err, &d):
		d.Path = b.path
	case errors.As(err, &u):
		u.Path = b.path
	}
	return err
}

// exportAll writes all lines. failed is what went wrong with w, err with the state.
func exportAll(ctx context.Context, tx Tx, to io.Writer) (x Exported, failed, err error) {
	n, err := readSchema(tx)
	if err != nil {
		return x, nil, err
	}
	id, err := identity(tx)
	if err != nil {
		return x, nil, err
	}
	w := newLineWriter(to)
	if failed = w.write(exportHead{exportVersion, n, hex.EncodeToString(id[:])}); failed != nil {
		return x, failed, nil
	}
	for _, bucket := range buckets() {
		for p, err := range tx.Range(bucket, "") {
			if err != nil {
				return x, nil, err
			}
			if failed = ctx.Err(); failed != nil {
				return x, failed, nil
			}
			line := exportPair{bucket, hex.EncodeToString([]byte(p.Key)), p.Value, ""}
			if line.Subject, err = subjectIn(tx, bucket, &p); err != nil {
				return x, nil, err
			}
			if bucket == bucketSubj {
				x.Subjects++
			}
			if failed = w.write(line); failed != nil {
				return x, failed, nil
			}
		}
	}
	failed = w.end()
	x.Lines, x.Bytes = w.lines, w.bytes
	return x, failed, nil
}

// subjectIn returns the subject that a pair is about, "" where it does not say.
func subjectIn(tx Tx, bucket string, p *Pair) (string, error) {
	value := p.Value
	switch bucket {
	case bucketSeen:
		_, hash, err := splitSeen(p.Key)
		if err != nil {
			return "", err
		}
		if value, err = tx.Get(bucketSubj, hash); err != nil {
			return "", err
		}
	case bucketSubj:
	case bucketOut, bucketDead, bucketQueue:
		e, _, err := decodeHeader(value)
		if err != nil {
			return "", damaged(bucket, p.Key, err.Error())
		}
		return e.Subject, nil
	default:
		return "", nil
	}
	d := decoder{rest: value}
	return string(d.bytes()), nil
}
