package state

import (
	"bytes"
	"encoding/binary"
)

// nameKey is the key of an identity.
func nameKey(p uint64) string { return string(binary.BigEndian.AppendUint64(nil, p)) }

// LoadNames returns the identities of those prints that have one stored.
func LoadNames(tx Tx, prints []uint64) (map[uint64][]byte, error) {
	names := make(map[uint64][]byte, len(prints))
	for _, p := range prints {
		v, err := tx.Get(bucketName, nameKey(p))
		if err != nil {
			return nil, err
		}
		if v != nil {
			names[p] = bytes.Clone(v)
		}
	}
	return names, nil
}

// nameCache is a transaction that remembers, beyond its end, which names are stored already.
type nameCache interface {
	remembers(p uint64) bool
	remember(p uint64)
}

// has reports whether a key has a value, by the quicker way where there is one. A miss that is damage goes unnoticed then:
// good enough where the answer to a miss is to write again.
func has(tx Tx, bucket, key string) (bool, error) {
	if quick, ok := tx.(interface {
		has(bucket, key string) (bool, error)
	}); ok {
		return quick.has(bucket, key)
	}
	v, err := tx.Get(bucket, key)
	return v != nil, err
}

// putNames stores the identities that are not there yet: a name is written once and shared by all subjects.
func putNames(tx Tx, names map[uint64][]byte) error {
	memory, _ := tx.(nameCache)
	for p, identity := range names {
		if memory != nil && memory.remembers(p) {
			continue
		}
		there, err := has(tx, bucketName, nameKey(p))
		if err != nil {
			return err
		}
		if !there {
			if err := tx.Put(bucketName, nameKey(p), identity); err != nil {
				return err
			}
		}
		if memory != nil {
			memory.remember(p)
		}
	}
	return nil
}
