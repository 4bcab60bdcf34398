package state

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// importMapped is how large a state is expected to be whose size nobody knows yet, in bytes.
const importMapped = 64 << 20

// ErrNotEmpty says that a state has something in it that an import would replace.
var ErrNotEmpty = errors.New("it has subjects or messages")

// Import makes a state of an export, when there is none, or one without subjects and messages. It is built under another name
// and gets its own when all of it is there and fits together; the identity is a new one. An export that is cut, changed or
// newer is an [*ImportError]; a state that is not empty an error that is [ErrNotEmpty]. Then nothing is changed.
func Import(ctx context.Context, o Options, r io.Reader) (Totals, error) {
	b := newBolt(o)
	defer b.Close()
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return Totals{}, b.notImported(err)
	}
	w, err := b.beginImport(ctx)
	if err != nil {
		return Totals{}, b.notImported(err)
	}
	defer w.discard()
	if err := readInto(ctx, w, r); err != nil {
		return Totals{}, b.notImported(err)
	}
	n, err := b.adopt(ctx, w)
	return n, b.notImported(err)
}

// beginImport makes the new file, when nothing stands in the way. It is locked as a database from then on, so that nobody takes
// it for a left-over.
func (b *Bolt) beginImport(ctx context.Context) (w *builder, err error) {
	release, err := b.lock.acquire(ctx, b.timeout, true)
	if err != nil {
		return nil, err
	}
	defer release()
	if _, err := b.vacant(); err != nil {
		return nil, err
	}
	return makeBuilder(b.path, importMapped)
}

// vacant looks whether the path is free, or leads to an empty state: then it gives the file to replace. The lock is held.
func (b *Bolt) vacant() (old os.FileInfo, err error) {
	old, err = os.Stat(b.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !old.Mode().IsRegular():
		return nil, &UnusableError{Path: b.path, Reason: "is not a regular file", Hint: "name a file in a folder of your own"}
	}
	err = b.transact(false, func(tx Tx) error {
		n, err := Summarise(tx)
		if err == nil && n.Subjects+n.Pending+n.Queued+n.Dead > 0 {
			err = &UnusableError{Path: b.path, Reason: "is not empty", Err: ErrNotEmpty,
				Hint: "name another with --state FILE; or keep a copy with postee state export, and move it away"}
		}
		return err
	})
	return old, b.placed(err)
}

// readInto puts all pairs of an export into a new file.
func readInto(ctx context.Context, w *builder, from io.Reader) error {
	r := newLineReader(from)
	head, err := r.head()
	if err != nil {
		return err
	}
	var id [16]byte
	rand.Read(id[:])
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, more, err := r.pair()
		if err != nil || !more {
			if err == nil {
				err = migrateMeta(w.seal, head.Schema)
			}
			return err
		}
		switch {
		case p.Bucket == bucketMeta && p.Key == metaID:
			p.Payload = id[:]
		case p.Bucket == bucketMeta && p.Key == metaSchema:
			if n, size := binary.Uvarint(p.Payload); size != len(p.Payload) || n != head.Schema {
				return r.fail("the schema is not that of the first line", nil)
			}
		}
		if err := w.put(p.Bucket, p.Key, p.Payload); err != nil {
			return fmt.Errorf("line %d: %w", r.line, err)
		}
	}
}

// adopt finishes the new file, looks whether it is a state, and returns it the state's name.
func (b *Bolt) adopt(ctx context.Context, w *builder) (n Totals, err error) {
	if err := w.complete(); err != nil {
		return n, err
	}
	if err := w.view(func(tx Tx) (err error) {
		n, err = b.audit(tx)
		return err
	}); err != nil {
		return Totals{}, err
	}
	release, err := b.lock.acquire(ctx, b.timeout, true)
	if err != nil {
		return n, err
	}
	defer release()
	if err := w.finish(); err != nil {
		return n, err
	}
	old, err := b.vacant()
	if err != nil {
		return Totals{}, err
	}
	if err := b.step("built"); err != nil {
		return Totals{}, err
	}
	if old == nil {
		return n, nameNew(w.path, b.path)
	}
	if err := copyOwner(w.path, old); err != nil {
		return Totals{}, err
	}
	return n, replace(w.path, b.path)
}

// audit looks whether what was imported is a state, and whole.
func (b *Bolt) audit(tx Tx) (n Totals, err error) {
	if t := (&boltState{checksummed: tx.(*checksummed)}); !t.ours() {
		return n, &ImportError{Reason: "what it describes is no state of postee"}
	}
	if problems := checkAll(tx, b.decoders); len(problems) > 0 {
		return n, &ImportError{Reason: "it does not fit together: " + problems[0]}
	}
	for _, part := range []func(Tx) error{
		func(tx Tx) error { _, err := identity(tx); return err },
		func(tx Tx) error { n, err = Summarise(tx); return err },
	} {
		var d *DamagedError
		if err := part(tx); errors.As(err, &d) {
			return Totals{}, &ImportError{Reason: "something is missing or wrong at " + d.Place + ": " + d.Reason}
		} else if err != nil {
			return Totals{}, err
		}
	}
	return n, nil
}

// notImported words what the file system says; what the export or the state says stays.
func (b *Bolt) notImported(err error) error {
	var i *ImportError
	if errors.As(err, &i) {
		return err
	}
	return b.besides(err, "cannot be made", "its folder must be writable, and its disk have room")
}
