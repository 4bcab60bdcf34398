package boltfile

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile/pages"
)

// Export writes the whole state as JSON Lines: see docs/state.md. The state's lock is held only while a copy of the file is
// made beside it: who reads the export may be slow. What cannot be written to w is an error that is neither damage nor the
// state's fault.
func (s *Store) Export(ctx context.Context, w io.Writer) (x state.Exported, err error) {
	var failed error
	err = s.snapshot(ctx, nil, func(t *transaction) error {
		x, failed, err = state.WriteExport(ctx, t.sums, w)
		return err
	})
	if err != nil {
		return x, s.notExported(err)
	}
	return x, failed
}

// snapshot runs fn on a copy of the state, all of whose pages are in order. The lock is held while the copy is made, and while
// first, which may be nil, is done before it is let go.
func (s *Store) snapshot(ctx context.Context, first func() error, fn func(*transaction) error) error {
	release, err := s.lock.acquire(ctx, s.timeout, true)
	if err != nil {
		return err
	}
	release = sync.OnceFunc(release)
	defer release()
	if err := s.usable(); err != nil {
		return err
	}
	f, err := makeNew(s.path)
	if err != nil {
		return err
	}
	made := f.Name()
	defer func() { _ = os.Remove(made) }()
	err = s.transact(false, func(tx state.Tx) error { return copyPages(tx.(*transaction), f) })
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return s.withPath(err)
	}
	duplicate := &Store{path: made, timeout: s.timeout}
	return s.renamed(duplicate.transact(false, func(tx state.Tx) error {
		// Where the system allows it, nothing of the copy is left when the process is killed.
		_ = os.Remove(made)
		if first != nil {
			if err := first(); err != nil {
				return err
			}
		}
		release()
		t := tx.(*transaction)
		if err := inspect(t.file, t.header, true); err != nil {
			return &state.DamagedError{Place: "pages", Reason: err.Error(), Err: err}
		}
		return fn(t)
	}))
}

// copyPages copies the pages in use: what is allocated beyond them is no data.
func copyPages(t *transaction, to *os.File) error {
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.CopyN(to, t.file, int64(t.header.Pages)*pages.Size)
	return err
}

// notExported words why no copy could be made.
func (s *Store) notExported(err error) error {
	return s.wrap(err, "cannot be copied", "its folder must be writable, and its disk have room for a second copy")
}

// wrap words what is not the state's own fault. Damage stays damage, and the end of the run what it is.
func (s *Store) wrap(err error, reason, hint string) error {
	var d *state.DamagedError
	var u *state.UnusableError
	var l *state.LockedError
	switch {
	case err == nil, errors.As(err, &d), errors.As(err, &u), errors.As(err, &l),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &state.UnusableError{Path: s.path, Reason: reason, Err: err, Hint: hint}
}

// renamed returns the error about the copy with the name of the state that it is a copy of.
func (s *Store) renamed(err error) error {
	var d *state.DamagedError
	var u *state.UnusableError
	switch {
	case errors.As(err, &d):
		d.Path = s.path
	case errors.As(err, &u):
		u.Path = s.path
	}
	return err
}
