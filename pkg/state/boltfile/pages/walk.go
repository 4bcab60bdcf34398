package pages

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// walker goes through the pages of a file, before bbolt does: every page must be named by one page only, and none that is
// in use may be on the free list. Unless full, leaves are not read, but for one of each tree.
type walker struct {
	Reader
	used []uint64
	full bool
	// buffers are where the pages lie that are being walked through, by level.
	buffers [maxDepth]struct {
		bytes    []byte
		elements []element
	}
}

// Walk checks the structure of a file. Unless full, it reads the branches, about one page in a hundred: leaves are looked at when they
// are used ([Paths]). A full walk reads everything, and every page must be in use or free. What reads mapped
// pages ([Map]) must expect a fault.
func Walk(r Reader, h Header, full bool) error {
	w := &walker{Reader: r, used: make([]uint64, h.Pages/64+1), full: full}
	if err := w.use(h.Root); err != nil {
		return err
	}
	if err := w.buckets(h.Root); err != nil {
		return err
	}
	if err := w.free(h.Freelist); err != nil || !full {
		return err
	}
	for id := uint64(2); id < w.pages; id++ {
		if w.used[id/64]&(1<<(id%64)) == 0 {
			return fmt.Errorf("page %d is neither used nor free", id)
		}
	}
	return nil
}

// use notes that a page is named.
func (w *walker) use(id uint64) error {
	if id < 2 || id >= w.pages {
		return fmt.Errorf("page %d is outside the file", id)
	}
	if w.used[id/64]&(1<<(id%64)) != 0 {
		return fmt.Errorf("page %d is used twice", id)
	}
	w.used[id/64] |= 1 << (id % 64)
	return nil
}

// more notes the further pages of a page.
func (w *walker) more(id, more uint64) error {
	for n := id + 1; w.full && n <= id+more; n++ {
		if err := w.use(n); err != nil {
			return err
		}
	}
	return nil
}

// tree walks below a page that is so many levels above the leaves; leaf sees the elements of the leaves, which are read when
// whole says so, or where there is nothing above them.
func (w *walker) tree(id uint64, level int, whole bool, leaf func(*element) error) error {
	if level == 1 && !whole {
		return w.lowest(id)
	}
	p, err := w.take(id, level)
	if err != nil {
		return err
	}
	if err := w.more(id, p.more); err != nil {
		return err
	}
	if p.leaf != (level == 0) {
		return fmt.Errorf("page %d is on the wrong level of its tree", id)
	}
	if p.leaf {
		return each(p, leaf)
	}
	for _, e := range p.elements {
		if err := w.use(e.child); err != nil {
			return err
		}
	}
	for _, e := range p.elements {
		if err := w.tree(e.child, level-1, whole, leaf); err != nil {
			return err
		}
	}
	return nil
}

// lowest looks at a branch right above the leaves, of which a file has most, and does not take it apart.
func (w *walker) lowest(id uint64) error {
	buffer := &w.buffers[1]
	b, err := w.bytes(id, buffer.bytes)
	if err != nil {
		return err
	}
	if w.data == nil {
		buffer.bytes = b
	}
	if err := eachChild(b, w.use); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// take reads a page into the buffer of its level, which the pages above it do not use.
func (w *walker) take(id uint64, level int) (page, error) {
	buffer := &w.buffers[level]
	b, err := w.bytes(id, buffer.bytes)
	if err != nil {
		return page{}, err
	}
	if w.data == nil {
		buffer.bytes = b
	}
	p, err := parseInto(b, buffer.elements[:0])
	if err != nil {
		return page{}, fmt.Errorf("page %d: %w", id, err)
	}
	buffer.elements = p.elements
	p.more = uint64(len(b))/Size - 1
	return p, nil
}

// height returns how many levels a page is above the leaves: all are equally deep.
func (w *walker) height(id uint64) (int, error) {
	for level := range maxDepth {
		p, err := w.read(id)
		if err != nil || p.leaf {
			return level, err
		}
		id = p.elements[0].child
	}
	return 0, fmt.Errorf("the tree has no end")
}

// each shows all elements of a page.
func each(p page, show func(*element) error) error {
	for i := range p.elements {
		if err := show(&p.elements[i]); err != nil {
			return err
		}
	}
	return nil
}

// plain refuses a bucket within a bucket: there is none here.
func plain(e *element) error {
	if e.bucket {
		return fmt.Errorf("%x is a bucket within a bucket", e.key[:min(len(e.key), 32)])
	}
	return nil
}

// buckets walks the tree of buckets, and then those of the buckets themselves.
func (w *walker) buckets(root uint64) error {
	level, err := w.height(root)
	if err != nil {
		return err
	}
	var all []element
	err = w.tree(root, level, true, func(e *element) error {
		all = append(all, element{key: bytes.Clone(e.key), value: bytes.Clone(e.value), bucket: e.bucket})
		return nil
	})
	if err != nil {
		return err
	}
	return each(page{elements: all}, w.bucket)
}

// bucket walks a bucket's tree.
func (w *walker) bucket(e *element) error {
	id, inline, err := e.root()
	if err != nil {
		return err
	}
	if id == 0 {
		p, err := parsePage(inline)
		if err != nil {
			return err
		}
		return each(p, plain)
	}
	if err := w.use(id); err != nil {
		return err
	}
	level, err := w.height(id)
	if err != nil {
		return err
	}
	return w.tree(id, level, w.full, plain)
}

// free checks the free list: ascending, inside the file, and nothing of it in use.
func (w *walker) free(id uint64) error {
	if err := w.use(id); err != nil {
		return err
	}
	list, more, err := w.freelist(id)
	if err != nil {
		return err
	}
	if err := w.more(id, more); err != nil {
		return err
	}
	last := uint64(1)
	for ; len(list) > 0; list = list[8:] {
		n := binary.NativeEndian.Uint64(list)
		if n <= last {
			return fmt.Errorf("the list of free pages is not in order")
		}
		if err := w.use(n); err != nil {
			return fmt.Errorf("the list of free pages: %w", err)
		}
		last = n
	}
	return nil
}

// Free returns how many pages are free.
func (r Reader) Free(h Header) (int, error) {
	list, _, err := r.freelist(h.Freelist)
	return len(list) / 8, err
}

// freelist returns the numbers of the free pages, eight bytes each, and how many further pages the list takes.
func (r Reader) freelist(id uint64) (list []byte, more uint64, err error) {
	b, err := r.bytes(id, nil)
	if err != nil {
		return nil, 0, err
	}
	if kind := binary.NativeEndian.Uint16(b[8:]); kind != kindFreelist {
		return nil, 0, fmt.Errorf("page %d is no list of free pages", id)
	}
	n, list := uint64(binary.NativeEndian.Uint16(b[10:])), b[pageHeaderSize:]
	if n == 0xFFFF { // too many for two bytes: the number stands first in the list
		n, list = binary.NativeEndian.Uint64(list), list[8:]
	}
	if n > uint64(len(list))/8 {
		return nil, 0, fmt.Errorf("the list of free pages is cut short")
	}
	return list[:n*8], uint64(len(b))/Size - 1, nil
}
