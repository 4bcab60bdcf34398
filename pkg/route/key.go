package route

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/postee/postee/pkg/dedup"
)

// differenceHash is the hash of a difference's identities, the same in every state, computed once for all targets of a route.
type differenceHash []byte

// hashDifference hashes the identities of a difference by what is said of them, each list in the order of their encodings: that of the
// findings makes no difference.
func hashDifference(d *dedup.Delta) differenceHash {
	h := sha256.New()
	var encoded []byte
	var each [][]byte
	list := func(n int, at func(int) *dedup.Item) {
		encoded, each = slices.Grow(encoded[:0], 64*n), slices.Grow(each[:0], n)
		for i := range n {
			id, from := at(i).Identity(), len(encoded)
			encoded = id.Append(encoded)
			each = append(each, encoded[from:])
		}
		slices.SortFunc(each, bytes.Compare)
		h.Write(binary.AppendUvarint(nil, uint64(n)))
		for _, identity := range each {
			h.Write(identity)
		}
	}
	list(len(d.New), func(i int) *dedup.Item { return &d.New[i] })
	list(len(d.Changed), func(i int) *dedup.Item { return &d.Changed[i].Item })
	list(len(d.Fixed), func(i int) *dedup.Item { return &d.Fixed[i].Item })
	if d.ComplianceChanged {
		h.Write([]byte{byte(d.Compliance)})
	}
	return h.Sum(nil)
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
	h.Write(s)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
