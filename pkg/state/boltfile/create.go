package boltfile

import (
	"context"
	"os"

	"go.etcd.io/bbolt"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile/pages"
)

// firstSize is how large a new file is, in bytes: growing costs a flush each time, and a file of the library's own first size grows
// with its first message, and again when that is confirmed. What is not written takes no room on the disk.
const firstSize = 128 << 10

// createLocked creates the state, with its folder, unless another process is faster.
func (s *Store) createLocked(ctx context.Context) error {
	if err := os.MkdirAll(folderOf(s.path), 0o700); err != nil {
		return &state.UnusableError{Path: s.path, Reason: "cannot be created", Err: err, Hint: "name a file in a folder that you may write to"}
	}
	release, err := s.lock.acquire(ctx, s.timeout, true)
	if err != nil {
		return err
	}
	defer release()
	if _, err := os.Stat(s.path); err == nil {
		return nil
	}
	if err := s.create(); err != nil {
		return &state.UnusableError{Path: s.path, Reason: "cannot be created", Err: err, Hint: "name a file in a folder that you may write to"}
	}
	return nil
}

// create builds a whole state under another name, and gives it the state's name when all of it is on the disk.
func (s *Store) create() error {
	f, err := makeNew(s.path)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = fill(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return nameNew(f.Name(), s.path)
}

// fill makes an empty file a state, and flushes it once: nobody else sees the file before.
func fill(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	db, err := bbolt.Open(f.Name(), 0o600, &bbolt.Options{
		PageSize: pages.Size, NoStatistics: true, OpenFile: opener(info), NoSync: true, NoGrowSync: true,
	})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range state.Buckets() {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return state.Establish(newChecksummed(newRawTx(tx)))
	})
	if closeErr := db.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = f.Truncate(firstSize)
	}
	if err == nil {
		err = f.Sync()
	}
	return err
}
