package state

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"os"
)

// What bbolt writes at the beginning of its first two pages, in the machine's byte order: a page header (number, kind, and
// two counts: 16 bytes), then magic, version, page size, flags (4 bytes each), the root bucket's page and sequence, the
// pages of the free list, the number of pages in use, the transaction, and FNV-1a over what stands before (8 bytes each).
const (
	pageSize       = 4096
	pageHeaderSize = 16
	metaSize       = 64
	metaMagic      = 0xED0CDAED
	metaVersion    = 2
	metaPage       = 0x04
	noFreelist     = ^uint64(0)
)

// header is a page of bbolt that says where everything else is.
type header struct {
	root, freelist, pages, txid uint64
}

// readHeader reads the newer one of the two headers, and refuses the file unless both are whole and it has all the pages
// that the header speaks of. It reads only: bbolt would map pages that are not there, and end the process at the first access.
func readHeader(f *os.File) (header, error) {
	var both [2 * pageSize]byte
	refuse := func(reason, hint string) (header, error) {
		return header{}, &UnusableError{Path: f.Name(), Reason: reason, Hint: hint}
	}
	info, err := f.Stat()
	if err != nil {
		return header{}, &UnusableError{Path: f.Name(), Reason: "cannot be read", Err: err}
	}
	if info.IsDir() {
		return refuse("is a directory", "name a file in it")
	}
	if info.Size() == 0 {
		return refuse("is an empty file", "it was cut, or never was a state: remove it to begin anew, or restore a copy")
	}
	if _, err := f.ReadAt(both[:], 0); err == io.EOF {
		return refuse("is no state of postee, or was cut short", "restore a copy, or name another file")
	} else if err != nil {
		return header{}, &UnusableError{Path: f.Name(), Reason: "cannot be read", Err: err}
	}
	first, firstOK := parseHeader(both[:pageSize], 0)
	second, secondOK := parseHeader(both[pageSize:], 1)
	if !firstOK && !secondOK {
		return refuse("is no state of postee", "name another file, or restore a copy")
	}
	if !firstOK || !secondOK {
		return header{}, &DamagedError{Path: f.Name(), Place: "header", Reason: "one of its two copies is not what was written"}
	}
	if second.txid > first.txid {
		first = second
	}
	if first.freelist == noFreelist {
		return refuse("is no state of postee", "another program wrote it: name another file")
	}
	if first.root >= first.pages || first.freelist >= first.pages || uint64(info.Size())/pageSize < first.pages {
		return refuse("was cut short", "restore a copy, or move it away to begin anew")
	}
	return first, nil
}

// parseHeader reads the header in a page; ok is false when it is not what bbolt wrote there.
func parseHeader(page []byte, number uint64) (h header, ok bool) {
	order := binary.NativeEndian
	m := page[pageHeaderSize : pageHeaderSize+metaSize]
	if order.Uint32(m) != metaMagic || order.Uint32(m[4:]) != metaVersion || order.Uint32(m[8:]) != pageSize {
		return h, false
	}
	sum := fnv.New64a()
	sum.Write(m[:metaSize-8])
	if sum.Sum64() != order.Uint64(m[metaSize-8:]) || order.Uint64(page) != number || order.Uint16(page[8:]) != metaPage {
		return h, false
	}
	return header{
		root:     order.Uint64(m[16:]),
		freelist: order.Uint64(m[32:]),
		pages:    order.Uint64(m[40:]),
		txid:     order.Uint64(m[48:]),
	}, true
}
