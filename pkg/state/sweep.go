package state

import (
	"context"
	"encoding/binary"
)

// CopyUsed calls put with every pair but the names of findings that no subject has any more, which it counts: buckets in the
// order of [Buckets], keys ascending. Everything is read on the way, and the number of subjects compared with the counters. The
// copy has the same identity; how often names were left out ([Sweeps]) is one more in it.
func CopyUsed(ctx context.Context, tx Tx, put func(bucket, key string, value []byte) error) (swept int, err error) {
	used, err := usedFingerprints(tx)
	if err != nil {
		return 0, err
	}
	sweeps, err := Sweeps(tx)
	if err != nil {
		return 0, err
	}
	for _, bucket := range Buckets() {
		for p, err := range tx.Range(bucket, "") {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return 0, err
			}
			switch {
			case bucket == BucketName && len(p.Key) != 8:
				return 0, Damaged(BucketName, p.Key, "the key has a wrong length")
			case bucket == BucketName && !used.has(binary.BigEndian.Uint64([]byte(p.Key))):
				swept++
				continue
			case bucket == BucketMeta && p.Key == metaSweeps:
				continue
			}
			if err := put(bucket, p.Key, p.Value); err != nil {
				return 0, err
			}
		}
		if bucket == BucketMeta { // the last of its keys
			if err := put(BucketMeta, metaSweeps, binary.AppendUvarint(nil, sweeps+1)); err != nil {
				return 0, err
			}
		}
	}
	return swept, nil
}

// usedFingerprints gathers the fingerprints of all findings of all subjects, and looks whether all subjects are there.
func usedFingerprints(tx Tx) (*fingerprintSet, error) {
	used := &fingerprintSet{}
	n, err := getCounters(tx)
	if err != nil {
		return nil, err
	}
	for r, err := range Subjects(tx) {
		if err != nil {
			return nil, err
		}
		n.subjects--
		for _, v := range r.Views {
			if !used.addAll(v.Marks) {
				return nil, Damaged(BucketSubj, hash16(r.Subject), "its marks are cut short")
			}
		}
	}
	if n.subjects != 0 {
		return nil, Damaged(BucketSubj, "", "there are not as many subjects as were counted")
	}
	return used, nil
}
