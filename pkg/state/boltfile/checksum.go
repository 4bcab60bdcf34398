package boltfile

import (
	"encoding/binary"
	"hash/crc32"
	"iter"
	"time"

	"github.com/postee/postee/pkg/state"
)

const (
	// checksumVersion is how values are encoded; it stands before each.
	checksumVersion = 1
	checksumSize    = 1 + crc32.Size
)

// raw is what a backend can do with bytes: [Tx], unchecked, and with a look at what lies beside a key.
type raw interface {
	state.Tx
	// beside returns the last pair before the key and the first after it; a key of "" is that there is none.
	beside(bucket, key string) (before, after state.Pair, err error)
}

// checksummed is a transaction that writes a version before each value and a checksum over bucket, key and value behind it, and
// checks them whenever it reads.
type checksummed struct {
	raw    raw
	castan *crc32.Table
}

// newChecksummed puts checksums above a backend's transaction.
func newChecksummed(r raw) *checksummed {
	return &checksummed{raw: r, castan: crc32.MakeTable(crc32.Castagnoli)}
}

// Get checks the value. Where there is none, it checks that its neighbours are whole and in order: a key that lost a bit
// would stand between them, and the value must not seem never to have been written.
func (s *checksummed) Get(bucket, key string) ([]byte, error) {
	v, err := s.raw.Get(bucket, key)
	if err != nil {
		return nil, err
	}
	if v != nil {
		return s.open(bucket, key, v)
	}
	before, after, err := s.raw.beside(bucket, key)
	if err != nil {
		return nil, err
	}
	for _, p := range []state.Pair{before, after} {
		if p.Key == "" {
			continue
		}
		if _, err := s.open(bucket, p.Key, p.Value); err != nil {
			return nil, err
		}
	}
	if before.Key >= key || after.Key != "" && after.Key <= key {
		return nil, state.Damaged(bucket, key, "the keys around it are not in order")
	}
	return nil, nil
}

// GetAll is Get for each key.
func (s *checksummed) GetAll(bucket string, keys []string) (values [][]byte, err error) {
	values = make([][]byte, len(keys))
	for i, key := range keys {
		if values[i], err = s.Get(bucket, key); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Now returns the time of the transaction.
func (s *checksummed) Now() time.Time { return s.raw.Now() }

// Exist reports which keys have a value, and does not look twice when there seems to be none.
func (s *checksummed) Exist(bucket string, keys []string) ([]bool, error) {
	exist := make([]bool, len(keys))
	for i, key := range keys {
		v, err := s.raw.Get(bucket, key)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		if _, err := s.open(bucket, key, v); err != nil {
			return nil, err
		}
		exist[i] = true
	}
	return exist, nil
}

// Put adds version and checksum.
func (s *checksummed) Put(bucket, key string, value []byte) error {
	b := make([]byte, 0, len(value)+checksumSize)
	b = append(append(b, checksumVersion), value...)
	return s.raw.Put(bucket, key, binary.LittleEndian.AppendUint32(b, s.sum(bucket, key, b)))
}

// Delete removes the key.
func (s *checksummed) Delete(bucket, key string) error { return s.raw.Delete(bucket, key) }

// Range checks every value, and that the keys ascend.
func (s *checksummed) Range(bucket, from string) iter.Seq2[state.Pair, error] {
	return func(yield func(state.Pair, error) bool) {
		last, first := "", true
		for p, err := range s.raw.Range(bucket, from) {
			if err == nil && (p.Key < from || !first && p.Key <= last) {
				err = state.Damaged(bucket, p.Key, "the keys are not in order")
			}
			if err == nil {
				last, first = p.Key, false
				p.Value, err = s.open(bucket, p.Key, p.Value)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// open checks a value as it is stored, and returns what was written; never nil when all is well.
func (s *checksummed) open(bucket, key string, b []byte) ([]byte, error) {
	if len(b) < checksumSize {
		return nil, state.Damaged(bucket, key, "the value is cut short")
	}
	end := len(b) - crc32.Size
	if s.sum(bucket, key, b[:end]) != binary.LittleEndian.Uint32(b[end:]) {
		return nil, state.Damaged(bucket, key, "the checksum differs")
	}
	if b[0] != checksumVersion {
		return nil, state.Damaged(bucket, key, "the value was written by a newer version")
	}
	return b[1:end:end], nil
}

// sum is the CRC-32C of the lengths of bucket and key (a byte and two bytes), bucket, key, version and value.
func (s *checksummed) sum(bucket, key string, b []byte) uint32 {
	var room [64]byte
	head := append(room[:0], byte(len(bucket)), byte(len(key)), byte(len(key)>>8))
	head = append(append(head, bucket...), key...)
	return crc32.Update(crc32.Update(0, s.castan, head), s.castan, b)
}
