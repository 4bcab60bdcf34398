package state

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// nameKey is the key of an identity.
func nameKey(p uint64) string { return string(binary.BigEndian.AppendUint64(nil, p)) }

// LoadNames returns the identities of those prints that have one stored.
func LoadNames(tx Tx, prints []uint64) (map[uint64][]byte, error) {
	keys := make([]string, len(prints))
	for i, p := range prints {
		keys[i] = nameKey(p)
	}
	values, err := tx.GetAll(BucketName, keys)
	if err != nil {
		return nil, err
	}
	names := make(map[uint64][]byte, len(prints))
	for i, p := range prints {
		if values[i] != nil {
			names[p] = bytes.Clone(values[i])
		}
	}
	return names, nil
}

// exist reports which keys of a bucket have a value, by the quicker way where there is one. A miss that is damage goes unnoticed
// then: good enough where the answer to a miss is to write again.
func exist(tx Tx, bucket string, keys []string) ([]bool, error) {
	if quick, ok := tx.(Prober); ok {
		return quick.Exist(bucket, keys)
	}
	values, err := tx.GetAll(bucket, keys)
	there := make([]bool, len(values))
	for i, v := range values {
		there[i] = v != nil
	}
	return there, err
}

// putNames stores the identities that are not there yet: a name is written once and shared by all subjects. Keys are written in
// their order, which is the quickest way everywhere.
func putNames(tx Tx, names map[uint64][]byte) error {
	cache, _ := tx.(NameCache)
	var unknown []uint64
	for p := range names {
		if cache == nil || !cache.Remembers(p) {
			unknown = append(unknown, p)
		}
	}
	slices.Sort(unknown)
	keys := make([]string, len(unknown))
	for i, p := range unknown {
		keys[i] = nameKey(p)
	}
	there, err := exist(tx, BucketName, keys)
	if err != nil {
		return err
	}
	for i, p := range unknown {
		if !there[i] {
			if err := tx.Put(BucketName, keys[i], names[p]); err != nil {
				return err
			}
		}
		if cache != nil {
			cache.Remember(p)
		}
	}
	return nil
}
