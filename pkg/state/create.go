package state

import (
	"context"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// buckets lists all buckets: they are made with the state, so that a missing one is noticed.
func buckets() []string {
	return []string{bucketMeta, bucketSubj, bucketName, bucketSeen, bucketBlob, bucketRefs, bucketOut, bucketLane, bucketDead, bucketThread,
		bucketQueue, bucketHead}
}

// createLocked creates the state, with its folder, unless another process is faster.
func (b *Bolt) createLocked(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return &UnusableError{Path: b.path, Reason: "cannot be created", Err: err, Hint: "name a file in a folder that you may write to"}
	}
	release, err := b.lock.acquire(ctx, b.timeout, true)
	if err != nil {
		return err
	}
	defer release()
	if _, err := os.Stat(b.path); err == nil {
		return nil
	}
	if err := b.create(); err != nil {
		return &UnusableError{Path: b.path, Reason: "cannot be created", Err: err, Hint: "name a file in a folder that you may write to"}
	}
	return nil
}

// create builds a whole state under another name, and returns it its name when all of it is on the disk.
func (b *Bolt) create() error {
	f, err := makeNew(b.path)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	if err := f.Close(); err != nil {
		return err
	}
	if err := fill(f.Name()); err != nil {
		return err
	}
	return nameNew(f.Name(), b.path)
}

// fill makes an empty file a state.
func fill(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: pageSize, NoStatistics: true})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets() {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return establish(newChecksummed(&boltTx{tx: tx, buckets: map[string]*bbolt.Bucket{}}))
	})
	if closeErr := db.Close(); err == nil {
		err = closeErr
	}
	return err
}
