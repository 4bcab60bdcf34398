package state

import (
	"bytes"
	"cmp"
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

// name is a finding that has no stored identity, as far as the process knows.
type name struct {
	print uint64
	of    Identities
}

// unknownNames returns those names that are not known to be stored, by ascending fingerprint.
func unknownNames(tx Tx, names []Identities) []name {
	cache, _ := tx.(NameCache)
	var unknown []name
	for _, of := range names {
		for p := range of.Fingerprints() {
			if cache == nil || !cache.Remembers(p) {
				unknown = append(unknown, name{p, of})
			}
		}
	}
	slices.SortFunc(unknown, func(a, b name) int { return cmp.Compare(a.print, b.print) })
	return slices.CompactFunc(unknown, func(a, b name) bool { return a.print == b.print })
}

// putNames stores the identities that are not there yet: a name is written once and shared by all subjects. Keys are written in
// their order, which is the quickest way everywhere.
func putNames(tx Tx, unknown []name) error {
	keys := make([]string, len(unknown))
	for i := range unknown {
		keys[i] = nameKey(unknown[i].print)
	}
	there, err := exist(tx, BucketName, keys)
	if err != nil {
		return err
	}
	cache, _ := tx.(NameCache)
	for i, n := range unknown {
		if !there[i] {
			identity := n.of.Identity(n.print)
			if identity == nil {
				continue
			}
			if err := tx.Put(BucketName, keys[i], identity); err != nil {
				return err
			}
		}
		if cache != nil {
			cache.Remember(n.print)
		}
	}
	return nil
}
