package boltfile

import (
	"context"
	"io"
	"os"

	"go.etcd.io/bbolt"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile/pages"
)

const (
	// builderBatch is how many bytes one transaction of a builder takes in: they are kept in memory until it is committed.
	builderBatch = 8 << 20
	// packed is how full pages are made: a little room, so that what comes next does not split every page at once.
	packed = 0.94
)

// builder fills a new file with pairs that come in the order of their keys, bucket after bucket. Nothing of it is sure to be
// on the disk before complete.
type builder struct {
	path string
	// made is the file when it was made, to know it again.
	made  os.FileInfo
	db    *bbolt.DB
	tx    *bbolt.Tx
	sums  *checksummed
	bytes int
}

// newBuilder begins with an empty file, which exists. expected is about how many bytes it will have: mapping it anew whenever it
// has doubled takes longer than everything else.
func newBuilder(f *os.File, expected int64) (*builder, error) {
	made, err := f.Stat()
	if err != nil {
		return nil, err
	}
	db, err := bbolt.Open(f.Name(), 0o600, &bbolt.Options{
		PageSize: pages.Size, NoStatistics: true, NoSync: true, NoGrowSync: true, FreelistType: bbolt.FreelistArrayType,
		InitialMmapSize: int(expected), OpenFile: opener(made),
	})
	if err != nil {
		return nil, err
	}
	w := &builder{path: f.Name(), made: made, db: db}
	if err := w.begin(); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// makeBuilder makes a new file of about so many bytes beside a state, under the state's lock, and begins with it.
func makeBuilder(path string, expected int64) (*builder, error) {
	f, err := makeNew(path)
	if err != nil {
		return nil, err
	}
	w, err := newBuilder(f, expected)
	_ = f.Close() // the database has a descriptor of its own
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return w, err
}

// begin starts a transaction.
func (w *builder) begin() (err error) {
	if w.tx, err = w.db.Begin(true); err != nil {
		return err
	}
	below := newRawTx(w.tx)
	for _, name := range state.Buckets() {
		b, err := w.tx.CreateBucketIfNotExists([]byte(name))
		if err != nil {
			return err
		}
		b.FillPercent = packed
		below.buckets[name] = b
	}
	w.sums, w.bytes = newChecksummed(below), 0
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
	return w.sums.Put(bucket, key, payload)
}

// copyUsed takes in all of a state but the names of findings that no subject has, which it counts.
func (w *builder) copyUsed(ctx context.Context, tx state.Tx) (swept int, err error) {
	if swept, err = state.CopyUsed(ctx, tx, w.put); err != nil {
		return 0, err
	}
	return swept, w.complete()
}

// readExport takes in all of an export.
func (w *builder) readExport(ctx context.Context, from io.Reader) error {
	schema, err := state.ReadExport(ctx, from, w.put)
	if err != nil || schema == state.Schema {
		return err
	}
	return state.Migrate(w.sums, w.path)
}

// complete makes the file whole and brings it to the disk. The database stays open, and so locked: nobody takes it for a
// left-over.
func (w *builder) complete() error {
	if err := w.tx.Commit(); err != nil {
		return err
	}
	w.tx = nil
	return w.with(func(f *os.File, h pages.Header) error {
		if err := inspect(f, h, true); err != nil {
			return err
		}
		return f.Sync()
	})
}

// view reads what was built.
func (w *builder) view(fn func(state.Tx) error) error {
	tx, err := w.db.Begin(false)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	return fn(newChecksummed(newRawTx(tx)))
}

// finish lets go of the complete file, and cuts off what is beyond its pages. It is quick: somebody waits for the state's lock.
func (w *builder) finish() error {
	w.close()
	return w.with(func(f *os.File, h pages.Header) error {
		if err := f.Truncate(int64(h.Pages) * pages.Size); err != nil {
			return err
		}
		return f.Sync()
	})
}

// with opens the file beside the database.
func (w *builder) with(fn func(*os.File, pages.Header) error) error {
	f, err := openMade(w.path, os.O_RDWR, w.made)
	if err != nil {
		return err
	}
	h, err := readHeader(f)
	if err == nil {
		err = fn(f, h)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// copyOwner gives the file the mode and the owner of the one that it replaces.
func (w *builder) copyOwner(old os.FileInfo) error {
	return w.with(func(f *os.File, _ pages.Header) error { return copyOwner(f, old) })
}

// discard closes and removes the file, unless it has another name by now.
func (w *builder) discard() {
	w.close()
	_ = os.Remove(w.path)
}

// close lets go of the file, whether it is complete or not.
func (w *builder) close() {
	if w.tx != nil {
		_ = w.tx.Rollback()
	}
	if w.db != nil {
		_ = w.db.Close()
	}
	w.tx, w.db = nil, nil
}
