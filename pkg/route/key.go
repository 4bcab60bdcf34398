package route

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/postee/postee/pkg/dedup"
)

// differenceHash are the unsalted fingerprints of a difference, computed once for all targets of a route.
type differenceHash struct{ body []byte }

// hashDifference lists a difference's fingerprints by what is said of them; the order of the findings makes no difference.
func hashDifference(d *dedup.Delta) differenceHash {
	var s differenceHash
	list := func(n int, at func(int) *dedup.Item) {
		prints := make([][32]byte, n)
		for i := range prints {
			id := at(i).Identity()
			prints[i] = id.Sum()
		}
		slices.SortFunc(prints, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
		s.body = binary.AppendUvarint(s.body, uint64(n))
		for i := range prints {
			s.body = append(s.body, prints[i][:]...)
		}
	}
	list(len(d.New), func(i int) *dedup.Item { return &d.New[i] })
	list(len(d.Changed), func(i int) *dedup.Item { return &d.Changed[i].Item })
	list(len(d.Fixed), func(i int) *dedup.Item { return &d.Fixed[i].Item })
	if d.ComplianceChanged {
		s.body = append(s.body, byte(d.Compliance))
	}
	return s
}

// key is what a target knows an entry by: 32 hex digits of SHA-256 over route, target, subject, the route's message number for
// the subject, and the difference. Each part stands behind its length, so that different ones never look alike.
func (s differenceHash) key(route, target, subject string, number uint64) string {
	h := sha256.New()
	var scratch []byte
	for _, part := range []string{route, target, subject} {
		scratch = binary.AppendUvarint(scratch, uint64(len(part)))
		scratch = append(scratch, part...)
	}
	scratch = binary.BigEndian.AppendUint64(scratch, number)
	h.Write(scratch)
	h.Write(s.body)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
