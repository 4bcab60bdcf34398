package state

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"
)

// OnceKey is what a message that is sent only once in a while is known by.
type OnceKey [hashKey]byte

// Once says that a message was admitted under its key.
type Once struct {
	Key OnceKey
	// Was is when one was admitted before, as it was viewed; the zero time is never. Now is when this one is. Both have milliseconds.
	Was, Now time.Time
}

// onceSwept is how many keys are looked at under one lock, onceLooked how many a run that may take no time looks at.
const (
	onceSwept  = 4096
	onceLooked = 256
)

// LoadOnce returns when messages were admitted under the keys, in their order; the zero time is never.
func LoadOnce(tx Tx, keys []OnceKey) ([]time.Time, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	texts := make([]string, len(keys))
	for i := range keys {
		texts[i] = string(keys[i][:])
	}
	values, err := tx.GetAll(BucketOnce, texts)
	if err != nil {
		return nil, err
	}
	times := make([]time.Time, len(keys))
	for i, v := range values {
		if times[i], err = decodeOnce(texts[i], v); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// decodeOnce reads a time, the zero one where there is none.
func decodeOnce(key string, v []byte) (at time.Time, err error) {
	if v == nil {
		return at, nil
	}
	milliseconds, n := binary.Varint(v)
	if n != len(v) || milliseconds <= 0 {
		return at, Damaged(BucketOnce, key, "it is no time")
	}
	return time.UnixMilli(milliseconds).UTC(), nil
}

// admitOnce writes when messages were admitted under their keys, when nobody has since they were viewed.
func admitOnce(tx Tx, all []Once) error {
	keys := make([]OnceKey, len(all))
	for i := range all {
		keys[i] = all[i].Key
	}
	now, err := LoadOnce(tx, keys)
	if err != nil {
		return err
	}
	for i := range all {
		if !now[i].Equal(all[i].Was) {
			return ErrStale
		}
		if err := tx.Put(BucketOnce, string(all[i].Key[:]), binary.AppendVarint(nil, all[i].Now.UnixMilli())); err != nil {
			return err
		}
	}
	return nil
}

// sweepOnce forgets when messages were admitted that are sent once in a while, where that was before the day. A run that may take no time
// looks at some of them only, from anywhere on: the next ones look at others.
func (p *pruning) sweepOnce(ctx context.Context, s Store) error {
	at, most := "", onceSwept
	if p.Limit > 0 {
		var from OnceKey
		rand.Read(from[:])
		at, most = string(from[:]), onceLooked
	}
	for {
		var old []string
		var next string
		err := s.View(ctx, func(tx Tx) (err error) {
			old, next, err = oldOnce(tx, p.Before, at, most)
			return err
		})
		if err == nil && len(old) > 0 {
			err = s.Update(ctx, func(tx Tx) error { return forgetOnce(tx, p.Before, old) })
		}
		if err != nil || next == "" || p.Limit > 0 {
			return err
		}
		at = next
	}
}

// isOld reports whether a time is before a day, counted from 1970-01-01 UTC.
func isOld(at time.Time, before int64) bool {
	return at.Unix() < before*int64(24*time.Hour/time.Second)
}

// oldOnce looks at up to most keys, from one on, and returns those under which nothing was admitted since a day, and the key with which to
// go on, "" at the end.
func oldOnce(tx Tx, before int64, from string, most int) (old []string, next string, err error) {
	for p, err := range tx.Range(BucketOnce, from) {
		if err != nil {
			return nil, "", err
		}
		if most == 0 {
			return old, p.Key, nil
		}
		most--
		at, err := decodeOnce(p.Key, p.Value)
		if err != nil {
			return nil, "", err
		}
		if isOld(at, before) {
			old = append(old, p.Key)
		}
	}
	return old, "", nil
}

// forgetOnce forgets keys that are still old.
func forgetOnce(tx Tx, before int64, keys []string) error {
	values, err := tx.GetAll(BucketOnce, keys)
	if err != nil {
		return err
	}
	var old []string
	for i, v := range values {
		at, err := decodeOnce(keys[i], v)
		if err != nil {
			return err
		}
		if v != nil && isOld(at, before) {
			old = append(old, keys[i])
		}
	}
	return deleteAll(tx, BucketOnce, old)
}

// deleteAll deletes keys of a bucket.
func deleteAll(tx Tx, bucket string, keys []string) error {
	for _, key := range keys {
		if err := tx.Delete(bucket, key); err != nil {
			return err
		}
	}
	return nil
}

// onceTimes decodes all times.
func (a *auditor) onceTimes() error {
	for p, err := range a.tx.Range(BucketOnce, "") {
		if err != nil {
			return err
		}
		if _, err := decodeOnce(p.Key, p.Value); err != nil || len(p.Key) != hashKey {
			a.problem("the time of %x cannot be read", p.Key)
		}
	}
	return nil
}
