package boltfile

import (
	"errors"
	"io/fs"
	"os"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile/pages"
)

// opened is the file while it is open.
type opened struct {
	db     *bbolt.DB
	tx     *bbolt.Tx
	file   *os.File
	header pages.Header
}

// raw returns the transaction on it.
func (o *opened) raw() *rawTx {
	t := newRawTx(o.tx)
	t.paths = pages.NewPaths(pages.NewReader(o.file, o.header.Pages), o.header.Root)
	return t
}

// openFile opens the file when its header is whole. Nothing is written by that.
func (s *Store) openFile(writable bool) (*opened, error) {
	o := &opened{}
	options := &bbolt.Options{
		Timeout: s.timeout, ReadOnly: !writable, NoStatistics: true, PageSize: pages.Size, FreelistType: bbolt.FreelistArrayType,
	}
	options.OpenFile = func(path string, flag int, _ os.FileMode) (*os.File, error) {
		f, err := openPlain(path, flag&^os.O_CREATE)
		if err != nil {
			return nil, s.refused(err)
		}
		if o.header, err = readHeader(f); err != nil {
			_ = f.Close()
			return nil, err
		}
		if err := s.walkOnce(f, o.header); err != nil {
			_ = f.Close()
			return nil, err
		}
		o.file = f
		return f, nil
	}
	err := guarded("header", func() (err error) {
		o.db, err = bbolt.Open(s.path, 0, options)
		return err
	})
	if err == nil {
		return o, nil
	}
	var d *state.DamagedError
	if errors.As(err, &d) && o.file != nil {
		// bbolt gave up half-way: closing the file is what frees its lock.
		_ = o.file.Close()
	}
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, &state.LockedError{Path: s.path, Waited: s.timeout}
	}
	return nil, s.unusable("cannot be opened", err)
}

// refused words why the file could not be opened.
func (s *Store) refused(err error) error {
	s.mu.Lock()
	known := s.known
	s.mu.Unlock()
	stray, isStray := errors.AsType[*strayError](err)
	switch {
	case isStray:
		return &state.UnusableError{Path: s.path, Reason: "cannot be opened", Err: err, Hint: stray.hint()}
	case errors.Is(err, fs.ErrNotExist) && known:
		return &state.UnusableError{Path: s.path, Reason: "vanished during the run", Err: err,
			Hint: "something removed it: what was said since is not remembered"}
	case errors.Is(err, fs.ErrPermission):
		return &state.UnusableError{Path: s.path, Reason: "cannot be opened", Err: err, Hint: "give yourself the right to read and write it and its folder"}
	}
	return &state.UnusableError{Path: s.path, Reason: "cannot be opened", Err: err}
}

// closeFile ends the transaction, if it has not ended, and closes the file. Where damage prevents the one, the other would wait
// for ever: then only the descriptor is closed, which frees the lock, and the state is not used again by this process.
func (s *Store) closeFile(o *opened) {
	err := guarded("the pages", func() error {
		if o.tx != nil {
			_ = o.tx.Rollback() // a committed transaction says that it is closed
		}
		return nil
	})
	if err == nil {
		_ = o.db.Close()
		return
	}
	_ = o.file.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = s.withPath(err)
}
