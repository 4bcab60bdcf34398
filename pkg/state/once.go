package state

import (
	"context"
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

// onceSwept is how many keys one transaction forgets at most.
const onceSwept = 4096

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

// sweepOnce forgets when messages were sent that are sent once in a while, where that was before the day.
func (p *pruning) sweepOnce(ctx context.Context, s Store) error {
	var at string
	var finished bool
	err := s.View(ctx, func(tx Tx) (err error) {
		finished, err = isEmpty(tx, BucketOnce)
		return err
	})
	for err == nil && !finished {
		next := at
		if err = s.Update(ctx, func(tx Tx) (err error) {
			next, finished, err = sweepOnce(tx, p.Before, at)
			return err
		}); err == nil {
			at = next
		}
	}
	return err
}

// isEmpty reports whether a bucket has nothing.
func isEmpty(tx Tx, bucket string) (bool, error) {
	for _, err := range tx.Range(bucket, "") {
		return false, err
	}
	return true, nil
}

// sweepOnce forgets keys under which nothing was admitted since a day, some at a time; at is the key that was looked at last.
func sweepOnce(tx Tx, before int64, at string) (next string, finished bool, err error) {
	var old []string
	finished = true
	for p, err := range tx.Range(BucketOnce, at) {
		if err != nil {
			return at, false, err
		}
		if finished = len(old) < onceSwept; !finished {
			break
		}
		when, err := decodeOnce(p.Key, p.Value)
		if err != nil {
			return at, false, err
		}
		if next = p.Key; when.Unix() < before*int64(24*time.Hour/time.Second) {
			old = append(old, p.Key)
		}
	}
	return next, finished, deleteAll(tx, BucketOnce, old)
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
