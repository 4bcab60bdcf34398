package state

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/klauspost/compress/s2"
)

// maxBlob bounds what a damaged or hostile blob can make us allocate: the size of the largest document, in bytes.
const maxBlob = 1 << 30

// Packed is a document as it waits: in s2's block format.
type Packed []byte

// Pack makes a document ready to wait. It is work for outside of the state's lock.
func Pack(document []byte) Packed {
	p := s2.Encode(nil, document)
	if len(p) < cap(p)/2 { // it is kept until it is written
		p = bytes.Clone(p)
	}
	return p
}

// Blob returns the document with that SHA-256. It is an error when it is not there: an entry that names it should hold it.
func Blob(tx Tx, digest []byte) ([]byte, error) {
	v, err := tx.Get(BucketBlob, string(digest))
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, Damaged(BucketBlob, string(digest), "the document is missing")
	}
	if n, err := s2.DecodedLen(v); err != nil || n > maxBlob {
		return nil, Damaged(BucketBlob, string(digest), "the document's length cannot be")
	}
	doc, err := s2.Decode(nil, v)
	if err != nil {
		return nil, Damaged(BucketBlob, string(digest), "the document cannot be unpacked")
	}
	return doc, nil
}

// addReferences counts more references to a document, and stores it when it is not there yet. doc may be nil then only when it is.
func addReferences(tx Tx, digest [32]byte, more uint64, doc Packed) error {
	key := string(digest[:])
	n, err := references(tx, key)
	if err != nil {
		return err
	}
	if n == 0 {
		if doc == nil {
			return fmt.Errorf("state: a message needs document %x, which was not given", digest[:8])
		}
		if err := tx.Put(BucketBlob, key, doc); err != nil {
			return err
		}
	}
	return tx.Put(BucketRefs, key, binary.AppendUvarint(nil, n+more))
}

// dropReference takes one reference away, and the document with the last. No digest, nothing to do.
func dropReference(tx Tx, digest []byte) error {
	if len(digest) == 0 {
		return nil
	}
	key := string(digest)
	n, err := references(tx, key)
	if err != nil {
		return err
	}
	if n > 1 {
		return tx.Put(BucketRefs, key, binary.AppendUvarint(nil, n-1))
	}
	if err := tx.Delete(BucketRefs, key); err != nil {
		return err
	}
	return tx.Delete(BucketBlob, key)
}

// references returns how many entries need the document. The count is apart from the document: changing it is cheap.
func references(tx Tx, key string) (uint64, error) {
	v, err := tx.Get(BucketRefs, key)
	if err != nil || v == nil {
		return 0, err
	}
	n, size := binary.Uvarint(v)
	if size != len(v) || n == 0 {
		return 0, Damaged(BucketRefs, key, "no count")
	}
	return n, nil
}
