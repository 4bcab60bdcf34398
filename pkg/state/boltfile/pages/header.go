package pages

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"os"
)

// Size is how many bytes a page has, whatever the machine.
const Size = 4096

// What bbolt writes at the beginning of its first two pages, in the machine's byte order: a page header (number, kind, and
// two counts: 16 bytes), then magic, version, page size, flags (4 bytes each), the root bucket's page and sequence, the
// pages of the free list, the number of pages in use, the transaction, and FNV-1a over what stands before (8 bytes each).
const (
	pageHeaderSize = 16
	metaSize       = 64
	metaMagic      = 0xED0CDAED
	metaVersion    = 2
	metaPage       = 0x04
	noFreelist     = ^uint64(0)
)

// Header says where everything else is in a file of bbolt.
type Header struct {
	// Root and Freelist are numbers of pages: that of the bucket of buckets, and that of the list of free pages.
	Root, Freelist uint64
	// Pages is how many pages are in use or free, the two of the header among them.
	Pages uint64
	// Txid is the number of the transaction that was committed last.
	Txid uint64
}

// HeaderError says why a file is not used: bbolt did not write it whole.
type HeaderError struct {
	// Reason completes "FILE ...", Hint is what a person can do, "" when nothing comes to mind.
	Reason, Hint string
	// Damaged reports whether the file was whole once: one of the two copies of its header is not what was written.
	Damaged bool
	// Err is what the file system said, nil when it said nothing.
	Err error
}

// Error is the reason.
func (e *HeaderError) Error() string { return e.Reason }

// Unwrap returns what the file system said.
func (e *HeaderError) Unwrap() error { return e.Err }

// ReadHeader reads the newer one of the two headers, and refuses the file with a [*HeaderError] unless both are whole and it
// has all the pages that the header speaks of. It reads only: bbolt would map pages that are not there, and end the process at
// the first access.
func ReadHeader(f *os.File) (Header, error) {
	var both [2 * Size]byte
	refuse := func(reason, hint string) (Header, error) {
		return Header{}, &HeaderError{Reason: reason, Hint: hint}
	}
	info, err := f.Stat()
	if err != nil {
		return Header{}, &HeaderError{Reason: "cannot be read", Err: err}
	}
	if info.IsDir() {
		return refuse("is a directory", "name a file in it")
	}
	if info.Size() == 0 {
		return refuse("is an empty file", "it was cut, or never was a state: remove it to begin anew, or restore a copy")
	}
	if _, err := f.ReadAt(both[:], 0); errors.Is(err, io.EOF) {
		return refuse("is no state of postee, or was cut short", "restore a copy, or name another file")
	} else if err != nil {
		return Header{}, &HeaderError{Reason: "cannot be read", Err: err}
	}
	first, firstOK := parseHeader(both[:Size], 0)
	second, secondOK := parseHeader(both[Size:], 1)
	if !firstOK && !secondOK {
		return refuse("is no state of postee", "name another file, or restore a copy")
	}
	if !firstOK || !secondOK {
		return Header{}, &HeaderError{Reason: "one of its two copies is not what was written", Damaged: true}
	}
	if second.Txid > first.Txid {
		first = second
	}
	if first.Freelist == noFreelist {
		return refuse("is no state of postee", "another program wrote it: name another file")
	}
	if first.Root >= first.Pages || first.Freelist >= first.Pages || uint64(info.Size())/Size < first.Pages {
		return refuse("was cut short", "restore a copy, or move it away to begin anew")
	}
	return first, nil
}

// parseHeader reads the header in a page; ok is false when it is not what bbolt wrote there.
func parseHeader(page []byte, number uint64) (h Header, ok bool) {
	order := binary.NativeEndian
	m := page[pageHeaderSize : pageHeaderSize+metaSize]
	if order.Uint32(m) != metaMagic || order.Uint32(m[4:]) != metaVersion || order.Uint32(m[8:]) != Size {
		return h, false
	}
	sum := fnv.New64a()
	sum.Write(m[:metaSize-8])
	if sum.Sum64() != order.Uint64(m[metaSize-8:]) || order.Uint64(page) != number || order.Uint16(page[8:]) != metaPage {
		return h, false
	}
	return Header{
		Root:     order.Uint64(m[16:]),
		Freelist: order.Uint64(m[32:]),
		Pages:    order.Uint64(m[40:]),
		Txid:     order.Uint64(m[48:]),
	}, true
}
