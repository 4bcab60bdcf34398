package state

import (
	"encoding/binary"
	"fmt"
)

// walker goes through all branches of a file once, before bbolt does: every page must be named by one page only, and none
// that is in use may be on the free list. Leaves are not read, but for the first of each branch: all are equally deep.
type walker struct {
	pageReader
	used []uint64
}

// walk checks the structure of a file. It reads the branches: about one page in a hundred.
func walk(r pageReader, h header) error {
	w := &walker{pageReader: r, used: make([]uint64, h.pages/64+1)}
	if err := w.use(h.root); err != nil {
		return err
	}
	if err := w.tree(h.root, maxDepth, w.bucket); err != nil {
		return err
	}
	return w.free(h.freelist)
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

// tree walks the branches below a page; leaf, when given, sees the elements of all leaves.
func (w *walker) tree(id uint64, depth int, leaf func(*element) error) error {
	p, err := w.read(id)
	if err != nil {
		return err
	}
	if depth == 0 {
		return fmt.Errorf("the tree has no end")
	}
	if p.leaf {
		for i := range p.elements {
			if leaf == nil {
				break
			}
			if err := leaf(&p.elements[i]); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range p.elements {
		if err := w.use(e.child); err != nil {
			return err
		}
	}
	first, err := w.read(p.elements[0].child)
	if err != nil {
		return err
	}
	if first.leaf && leaf == nil {
		return nil
	}
	for _, e := range p.elements {
		if err := w.tree(e.child, depth-1, leaf); err != nil {
			return err
		}
	}
	return nil
}

// bucket walks a bucket's tree.
func (w *walker) bucket(e *element) error {
	id, inline, err := e.root()
	if err != nil {
		return err
	}
	if id == 0 {
		_, err := parsePage(inline)
		return err
	}
	if err := w.use(id); err != nil {
		return err
	}
	return w.tree(id, maxDepth, nil)
}

// free checks the free list: ascending, inside the file, and nothing of it in use.
func (w *walker) free(id uint64) error {
	if err := w.use(id); err != nil {
		return err
	}
	list, err := w.freelist(id)
	if err != nil {
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

// freelist gives the numbers of the free pages, eight bytes each.
func (r pageReader) freelist(id uint64) ([]byte, error) {
	b, err := r.bytes(id)
	if err != nil {
		return nil, err
	}
	if kind := binary.NativeEndian.Uint16(b[8:]); kind != kindFreelist {
		return nil, fmt.Errorf("page %d is no list of free pages", id)
	}
	n, list := uint64(binary.NativeEndian.Uint16(b[10:])), b[pageHeaderSize:]
	if n == 0xFFFF { // too many for two bytes: the number stands first in the list
		n, list = binary.NativeEndian.Uint64(list), list[8:]
	}
	if n > uint64(len(list))/8 {
		return nil, fmt.Errorf("the list of free pages is cut short")
	}
	return list[:n*8], nil
}
