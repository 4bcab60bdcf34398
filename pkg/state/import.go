package state

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrNotEmpty says that a state has something in it that an import would replace.
var ErrNotEmpty = errors.New("it has subjects or messages")

// ReadExport reads what [WriteExport] wrote, and calls put with every pair: buckets in the order of [Buckets], keys ascending. The
// identity is a new one. What is cut, changed or newer is an [*ImportError]; by then some pairs were put already. An export of
// an older schema than [Schema] is to be migrated ([Migrate]) when all pairs are there.
func ReadExport(ctx context.Context, from io.Reader, put func(bucket, key string, payload []byte) error) (schema uint64, err error) {
	r := newLineReader(from)
	head, err := r.head()
	if err != nil {
		return 0, err
	}
	var id [16]byte
	rand.Read(id[:])
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		p, more, err := r.pair()
		if err != nil || !more {
			return head.Schema, err
		}
		switch {
		case p.Bucket == BucketMeta && p.Key == metaID:
			p.Payload = id[:]
		case p.Bucket == BucketMeta && p.Key == metaSchema:
			if n, size := binary.Uvarint(p.Payload); size != len(p.Payload) || n != head.Schema {
				return 0, r.fail("the schema is not that of the first line", nil)
			}
		}
		if err := put(p.Bucket, p.Key, p.Payload); err != nil {
			return 0, fmt.Errorf("line %d: %w", r.line, err)
		}
	}
}

// VerifyImport looks whether what was imported is a state, and whole; if not, the error is an [*ImportError].
func VerifyImport(tx Tx, decoders Decoders) (n Totals, err error) {
	ours := false
	for _, key := range MetaKeys() {
		v, err := tx.Get(BucketMeta, key)
		ours = ours || err != nil || v != nil // what is wrong with it is said below
	}
	if !ours {
		return n, &ImportError{Reason: "what it describes is no state of postee"}
	}
	if problems := Audit(tx, decoders); len(problems) > 0 {
		return n, &ImportError{Reason: "it does not fit together: " + problems[0]}
	}
	for _, part := range []func(Tx) error{
		func(tx Tx) error { _, err := Identity(tx); return err },
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
