package state

import (
	"os"

	"go.etcd.io/bbolt"
)

const (
	// builderBatch is how many bytes one transaction of a builder takes in: they are kept in memory until it is committed.
	builderBatch = 8 << 20
	// packed is how full pages are made: a little room, so that what comes next does not split every page at once.
	packed = 0.94
)

// builder fills a new file with pairs that come in the order of their keys, bucket after bucket. Nothing of it is sure to be
// on the disk before finish.
type builder struct {
	path  string
	db    *bbolt.DB
	tx    *bbolt.Tx
	seal  *sealed
	bytes int
}

// newBuilder begins with an empty file, which exists. expected is about how many bytes it will have: mapping it anew whenever it
// has doubled takes longer than everything else.
func newBuilder(path string, expected int64) (*builder, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		PageSize: pageSize, NoStatistics: true, NoSync: true, NoGrowSync: true, FreelistType: bbolt.FreelistArrayType,
		InitialMmapSize: int(expected),
	})
	if err != nil {
		return nil, err
	}
	w := &builder{path: path, db: db}
	if err := w.begin(); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// begin starts a transaction.
func (w *builder) begin() (err error) {
	if w.tx, err = w.db.Begin(true); err != nil {
		return err
	}
	below := &boltTx{tx: w.tx, buckets: map[string]*bbolt.Bucket{}}
	for _, name := range buckets() {
		b, err := w.tx.CreateBucketIfNotExists([]byte(name))
		if err != nil {
			return err
		}
		b.FillPercent = packed
		below.buckets[name] = b
	}
	w.seal, w.bytes = newSealed(below), 0
	return nil
}

// put adds a pair. The payload must not change before the next call.
func (w *builder) put(bucket, key string, payload []byte) error {
	if w.bytes > builderBatch {
		if err := w.tx.Commit(); err != nil {
			return err
		}
		if err := w.begin(); err != nil {
			return err
		}
	}
	w.bytes += len(key) + len(payload)
	return w.seal.Put(bucket, key, payload)
}

// finish makes the file whole and brings it to the disk: no longer than its pages.
func (w *builder) finish() error {
	if err := w.tx.Commit(); err != nil {
		return err
	}
	w.tx = nil
	if err := w.db.Close(); err != nil {
		return err
	}
	w.db = nil
	f, err := os.OpenFile(w.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	h, err := readHeader(f)
	if err == nil {
		err = f.Truncate(int64(h.pages) * pageSize)
	}
	if err == nil {
		err = inspect(f, h, true)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// close gives up, wherever it is. After finish there is nothing to do.
func (w *builder) close() {
	if w.tx != nil {
		_ = w.tx.Rollback()
	}
	if w.db != nil {
		_ = w.db.Close()
	}
}
