package state

import (
	"context"
	"encoding/hex"
	"io"
)

// Exported is what an export holds.
type Exported struct {
	// Lines counts all lines, Subjects the records among them.
	Lines, Subjects int
	Bytes           int64
}

// WriteExport writes all that is stored as JSON Lines: see docs/state.md. failed is what went wrong with the writer, or that ctx
// ended; err is what went wrong with the state.
func WriteExport(ctx context.Context, tx Tx, to io.Writer) (x Exported, failed, err error) {
	n, err := readSchema(tx)
	if err != nil {
		return x, nil, err
	}
	id, err := Identity(tx)
	if err != nil {
		return x, nil, err
	}
	w := newLineWriter(to)
	if failed = w.write(exportHead{exportVersion, n, hex.EncodeToString(id[:])}); failed != nil {
		return x, failed, nil
	}
	for _, bucket := range Buckets() {
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
			if bucket == BucketSubj {
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
	case BucketSeen:
		_, hash, err := splitSeen(p.Key)
		if err != nil {
			return "", err
		}
		if value, err = tx.Get(BucketSubj, hash); err != nil {
			return "", err
		}
	case BucketSubj:
	case BucketOut, BucketDead, BucketQueue:
		e, _, err := decodeHeader(value)
		if err != nil {
			return "", Damaged(bucket, p.Key, err.Error())
		}
		return e.Subject, nil
	default:
		return "", nil
	}
	d := decoder{rest: value}
	return string(d.bytes()), nil
}
