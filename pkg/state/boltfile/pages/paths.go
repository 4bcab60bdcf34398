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
}

// NewPaths returns the paths below the root of a file ([Header.Root]).
func NewPaths(r Reader, root uint64) *Paths {
	return &Paths{reader: r, root: root, branches: map[uint64]page{}, leaves: map[uint64]bool{}, buckets: map[string]uint64{}}
}

// Check reads all the pages in which a key of a bucket would be found: an error when any of them is out of order. next is where the
// next leaf begins, "" when there is none.
func (p *Paths) Check(bucket, key string) (next string, err error) {
	root, known := p.buckets[bucket]
	if !known {
		if root, err = p.find(bucket); err != nil {
			return "", err
		}
		p.buckets[bucket] = root
	}
	if root == 0 {
		return "", nil
	}
	_, next, err = p.descend(root, key)
	return next, err
}

// find returns the root page of a bucket, 0 when the bucket lies in the page of buckets, and is in order.
func (p *Paths) find(bucket string) (uint64, error) {
	id, _, err := p.descend(p.root, bucket)
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

// descend goes down a tree to the leaf where a key belongs, and returns the leaf's number, and where the next one begins.
func (p *Paths) descend(id uint64, key string) (leaf uint64, next string, err error) {
	for level := range maxDepth {
		if p.leaves[id] {
			return id, next, nil
		}
		branch, known := p.branches[id]
		if !known {
			if branch, err = p.reader.read(id); err != nil {
				return 0, "", err
			}
			if branch.leaf && level > 0 && len(branch.elements) == 0 {
				return 0, "", fmt.Errorf("page %d is empty", id) // only a tree without keys has such a leaf, which is its root
			}
			if branch.leaf {
				p.leaves[id] = true
				return id, next, nil
			}
			p.branches[id] = branch
		}
		last := len(branch.elements) - 1
		at := sort.Search(last, func(i int) bool { return string(branch.elements[i+1].key) > key })
		if at < last {
			next = string(branch.elements[at+1].key)
		}
		id = branch.elements[at].child
	}
	return 0, "", fmt.Errorf("the tree has no end")
}
