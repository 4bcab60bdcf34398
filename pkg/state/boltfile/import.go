package boltfile

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/postee/postee/pkg/state"
)

// importMapped is how large a state is expected to be whose size nobody knows yet, in bytes.
const importMapped = 64 << 20

// Import makes a state of an export, when there is none, or one without subjects and messages. It is built under another name
// and gets its own when all of it is there and fits together; the identity is a new one. An export that is cut, changed or
// newer is an [*state.ImportError]; a state that is not empty an error that is [state.ErrNotEmpty]. Then nothing is changed.
func Import(ctx context.Context, o Options, r io.Reader) (state.Totals, error) {
	s, err := newStore(o)
	if err != nil {
		return state.Totals{}, err
	}
	defer s.Close()
	if err := os.MkdirAll(folderOf(s.path), 0o700); err != nil {
		return state.Totals{}, s.notImported(err)
	}
	w, err := s.beginImport(ctx)
	if err != nil {
		return state.Totals{}, s.notImported(err)
	}
	defer w.discard()
	if err := w.readExport(ctx, r); err != nil {
		return state.Totals{}, s.notImported(err)
	}
	n, err := s.adopt(ctx, w)
	return n, s.notImported(err)
}

// beginImport makes the new file, when nothing stands in the way. It is locked as a database from then on, so that nobody takes
// it for a left-over.
func (s *Store) beginImport(ctx context.Context) (w *builder, err error) {
	release, err := s.lock.acquire(ctx, s.timeout, true)
	if err != nil {
		return nil, err
	}
	defer release()
	if _, err := s.vacant(); err != nil {
		return nil, err
	}
	return makeBuilder(s.path, importMapped)
}

// vacant looks whether the path is free, or leads to an empty state: then it returns the file to replace. The lock is held.
func (s *Store) vacant() (old os.FileInfo, err error) {
	old, err = os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !old.Mode().IsRegular():
		return nil, &state.UnusableError{Path: s.path, Reason: "is not a regular file", Hint: "name a file in a folder of your own"}
	}
	err = s.transact(false, func(tx state.Tx) error {
		n, err := state.Summarise(tx)
		if err == nil && n.Subjects+n.Pending+n.Queued+n.Dead > 0 {
			err = &state.UnusableError{Path: s.path, Reason: "is not empty", Err: state.ErrNotEmpty,
				Hint: "name another with --state FILE; or keep a copy with postee state export, and move it away"}
		}
		return err
	})
	return old, s.withPath(err)
}

// adopt finishes the new file, looks whether it is a state, and returns it the state's name.
func (s *Store) adopt(ctx context.Context, w *builder) (n state.Totals, err error) {
	if err := w.complete(); err != nil {
		return n, err
	}
	if err := w.view(func(tx state.Tx) (err error) {
		n, err = state.VerifyImport(tx, s.decoders)
		return err
	}); err != nil {
		return state.Totals{}, err
	}
	release, err := s.lock.acquire(ctx, s.timeout, true)
	if err != nil {
		return n, err
	}
	defer release()
	if err := w.finish(); err != nil {
		return n, err
	}
	old, err := s.vacant()
	if err != nil {
		return state.Totals{}, err
	}
	if err := s.step("built"); err != nil {
		return state.Totals{}, err
	}
	if old == nil {
		return n, nameNew(w.path, s.path)
	}
	if err := w.copyOwner(old); err != nil {
		return state.Totals{}, err
	}
	return n, replace(w.path, s.path)
}

// notImported words what the file system says; what the export or the state says stays.
func (s *Store) notImported(err error) error {
	var i *state.ImportError
	if errors.As(err, &i) {
		return err
	}
	return s.wrap(err, "cannot be made", "its folder must be writable, and its disk have room")
}
