package pages

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A page of a tree, as bbolt writes it: number (8 bytes), kind and count of elements (2 each), count of further pages that
// belong to it (4); then the elements, 16 bytes each; then, without a gap, the keys and values in the same order. An
// element of a branch is position, length of key, number of the child; one of a leaf is flags, position, lengths of key and
// value. Positions count from the element. An inline page lies in the value of a bucket.
const (
	elementSize  = 16
	kindBranch   = 0x01
	kindLeaf     = 0x02
	kindFreelist = 0x10
	flagBucket   = 0x01
	// maxDepth is more than any tree of 2^63 bytes needs.
	maxDepth = 24
)

// page is one page of a tree, taken apart and found in order.
type page struct {
	leaf     bool
	elements []element
	// more is how many further pages belong to it.
	more uint64
}

// element is a key with a child page (branch), or with a value or a bucket (leaf).
type element struct {
	key, value []byte
	child      uint64
	bucket     bool
}

// What can be wrong with the elements of a page.
var (
	errOrder = errors.New("its keys are not in order")
	errPlace = errors.New("an element has a wrong place or length")
)

// Reader reads the pages of a file beside bbolt, which trusts what it maps: a number that lost a bit may lead it in a circle,
// and a count that did hides keys.
type Reader struct {
	file  io.ReaderAt
	pages uint64
	// data are the pages where they are mapped; nil where they are read.
	data []byte
}

// NewReader reads the pages of a file, one system call each. pages is how many there are: [Header.Pages].
func NewReader(file io.ReaderAt, pages uint64) Reader { return Reader{file: file, pages: pages} }

// span returns the bytes of n pages, read into the given buffer when they fit.
func (r Reader) span(id, n uint64, buffer []byte) ([]byte, error) {
	if r.data != nil {
		return r.data[id*Size : (id+n)*Size], nil
	}
	b := slices.Grow(buffer[:0], int(n*Size))[:n*Size]
	_, err := r.file.ReadAt(b, int64(id)*Size)
	return b, err
}

// bytes returns the bytes of a page, with those that belong to it, into the given buffer when they fit.
func (r Reader) bytes(id uint64, buffer []byte) ([]byte, error) {
	if id < 2 || id >= r.pages {
		return nil, fmt.Errorf("page %d is outside the file", id)
	}
	b, err := r.span(id, 1, buffer)
	if err != nil {
		return nil, err
	}
	if got := binary.NativeEndian.Uint64(b); got != id {
		return nil, fmt.Errorf("page %d calls itself %d", id, got)
	}
	more := uint64(binary.NativeEndian.Uint32(b[12:]))
	if more == 0 {
		return b, nil
	}
	if id+more >= r.pages {
		return nil, fmt.Errorf("page %d is longer than the file", id)
	}
	return r.span(id, 1+more, b)
}

// read takes a page apart.
func (r Reader) read(id uint64) (page, error) {
	b, err := r.bytes(id, nil)
	if err != nil {
		return page{}, err
	}
	p, err := parsePage(b)
	if err != nil {
		return page{}, fmt.Errorf("page %d: %w", id, err)
	}
	p.more = uint64(len(b))/Size - 1
	return p, nil
}

// parsePage takes the bytes of a page apart. Positions and lengths must follow one another without a gap: so no count, no
// position and no length can be wrong alone.
func parsePage(b []byte) (page, error) { return parseInto(b, nil) }

// parseInto takes a page apart, with the elements into the given buffer when they fit.
func parseInto(b []byte, buffer []element) (p page, err error) {
	if len(b) < pageHeaderSize {
		return p, io.ErrUnexpectedEOF
	}
	kind, count := binary.NativeEndian.Uint16(b[8:]), int(binary.NativeEndian.Uint16(b[10:]))
	if kind != kindBranch && kind != kindLeaf {
		return p, fmt.Errorf("it is of kind %#x", kind)
	}
	p.leaf = kind == kindLeaf
	end := pageHeaderSize + count*elementSize
	if end > len(b) || count == 0 && !p.leaf {
		return p, fmt.Errorf("it cannot have %d elements", count)
	}
	p.elements = slices.Grow(buffer, count)[:count]
	for i := range count {
		e := &p.elements[i]
		if end, err = e.parse(b, pageHeaderSize+i*elementSize, end, p.leaf); err != nil {
			return page{}, err
		}
		if i > 0 && bytes.Compare(p.elements[i-1].key, e.key) >= 0 {
			return page{}, errOrder
		}
	}
	return p, nil
}

// eachChild shows the children of a branch, whose bytes it checks as parsePage does.
func eachChild(b []byte, show func(child uint64) error) error {
	order := binary.NativeEndian
	kind, count := order.Uint16(b[8:]), int(order.Uint16(b[10:]))
	if kind != kindBranch {
		return fmt.Errorf("it is on the wrong level of its tree")
	}
	end := pageHeaderSize + count*elementSize
	if end > len(b) || count == 0 {
		return fmt.Errorf("it cannot have %d elements", count)
	}
	var last []byte
	for i := range count {
		place := pageHeaderSize + i*elementSize
		e := b[place : place+elementSize]
		begin, length := end, order.Uint32(e[4:])
		if place+int(order.Uint32(e)) != begin || uint64(begin)+uint64(length) > uint64(len(b)) {
			return errPlace
		}
		end += int(length)
		key := b[begin:end]
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return errOrder
		}
		last = key
		if err := show(order.Uint64(e[8:])); err != nil {
			return err
		}
	}
	return nil
}

// parse reads the element at a place, whose key must begin at the given one, and returns where its bytes end.
func (e *element) parse(b []byte, place, begin int, leaf bool) (end int, err error) {
	order := binary.NativeEndian
	position, key, value, flags := order.Uint32(b[place:]), order.Uint32(b[place+4:]), uint32(0), uint32(0)
	if leaf {
		flags, position, key, value = position, key, order.Uint32(b[place+8:]), order.Uint32(b[place+12:])
		e.child = 0
	} else {
		e.child = order.Uint64(b[place+8:])
	}
	if place+int(position) != begin || flags > flagBucket || uint64(begin)+uint64(key)+uint64(value) > uint64(len(b)) {
		return 0, errPlace
	}
	middle := begin + int(key)
	end = middle + int(value)
	e.key, e.value, e.bucket = b[begin:middle], b[middle:end], flags == flagBucket
	return end, nil
}

// root returns where a bucket's tree begins: a page's number, or the page itself when it lies in the bucket's value.
func (e *element) root() (id uint64, inline []byte, err error) {
	if !e.bucket || len(e.value) < 16 {
		return 0, nil, fmt.Errorf("%q is no bucket", e.key)
	}
	if id = binary.NativeEndian.Uint64(e.value); id == 0 {
		return 0, e.value[16:], nil
	}
	return id, nil, nil
}
