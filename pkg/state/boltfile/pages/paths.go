package pages

import (
	"fmt"
	"sort"
)

// Paths reads the pages that lead to keys, from the root of the file on, each once: while a transaction lasts, bbolt writes to none of
// the pages that were committed before it.
type Paths struct {
	reader Reader
	root   uint64
	// branches are those that were found in order; leaves have been, too, but are not kept.
	branches map[uint64]page
	leaves   map[uint64]bool
	// buckets has the root page of each bucket, 0 where the bucket lies in the page of buckets.
	buckets map[string]uint64
	// whole are the buckets of which every page was read.
	whole map[string]bool
}

// NewPaths returns the paths below the root of a file ([Header.Root]).
func NewPaths(r Reader, root uint64) *Paths {
	return &Paths{reader: r, root: root, branches: map[uint64]page{}, leaves: map[uint64]bool{}, buckets: map[string]uint64{}, whole: map[string]bool{}}
}

// Check reads all the pages in which a key of a bucket would be found: an error when any of them is out of order.
func (p *Paths) Check(bucket, key string) error {
	root, known := p.buckets[bucket]
	if !known {
		var err error
		if root, err = p.find(bucket); err != nil {
			return err
		}
		p.buckets[bucket] = root
	}
	if root == 0 {
		return nil
	}
	_, err := p.descend(root, key)
	return err
}

// CheckAll reads all the pages of a bucket: an error when any of them is out of order.
func (p *Paths) CheckAll(bucket string) error {
	if p.whole[bucket] {
		return nil
	}
	if err := p.Check(bucket, ""); err != nil {
		return err
	}
	if root := p.buckets[bucket]; root != 0 {
		if err := p.below(root, maxDepth); err != nil {
			return err
		}
	}
	p.whole[bucket] = true
	return nil
}

// below reads a page and all pages below it, which are at most so many levels deep.
func (p *Paths) below(id uint64, levels int) error {
	if levels == 0 {
		return fmt.Errorf("the tree has no end")
	}
	if p.leaves[id] {
		return nil
	}
	if _, known := p.branches[id]; !known {
		read, err := p.reader.read(id)
		if err != nil {
			return err
		}
		if read.leaf {
			p.leaves[id] = true
			return nil
		}
		p.branches[id] = read
	}
	for _, e := range p.branches[id].elements {
		if err := p.below(e.child, levels-1); err != nil {
			return err
		}
	}
	return nil
}

// find returns the root page of a bucket, 0 when the bucket lies in the page of buckets, and is in order.
func (p *Paths) find(bucket string) (uint64, error) {
	id, err := p.descend(p.root, bucket)
	if err != nil {
		return 0, err
	}
	top, err := p.reader.read(id)
	if err != nil {
		return 0, err
	}
	for i := range top.elements {
		if string(top.elements[i].key) != bucket {
			continue
		}
		id, inline, err := top.elements[i].root()
		if err == nil && id == 0 {
			_, err = parsePage(inline)
		}
		return id, err
	}
	return 0, fmt.Errorf("bucket %s is missing", bucket)
}

// descend goes down a tree to the leaf where a key belongs, and returns the leaf's number.
func (p *Paths) descend(id uint64, key string) (uint64, error) {
	for range maxDepth {
		if p.leaves[id] {
			return id, nil
		}
		branch, known := p.branches[id]
		if !known {
			var err error
			if branch, err = p.reader.read(id); err != nil {
				return 0, err
			}
			if branch.leaf {
				p.leaves[id] = true
				return id, nil
			}
			p.branches[id] = branch
		}
		next := sort.Search(len(branch.elements)-1, func(i int) bool { return string(branch.elements[i+1].key) > key })
		id = branch.elements[next].child
	}
	return 0, fmt.Errorf("the tree has no end")
}
