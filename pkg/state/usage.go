package state

import "context"

const (
	// manyFree is how many free pages are always worth a compaction: each makes every transaction slower, which reads their list.
	manyFree = 8192
	// fewFree is how many free pages never are: a small file always has some.
	fewFree = 64
)

// Usage is how large a state is, in bytes.
type Usage struct {
	// InUse is what pages with something in them take, Free what pages take that can be used again. What the file has
	// allocated beyond its last page is neither.
	InUse, Free int64
}

// Worth reports whether a compaction is worth its time.
func (u Usage) Worth() bool {
	return u.Free >= manyFree*pageSize || u.Free >= fewFree*pageSize && u.Free >= u.InUse
}

// Usage measures the state as it was committed last.
func (b *Bolt) Usage(ctx context.Context) (u Usage, err error) {
	err = b.View(ctx, func(tx Tx) error {
		u, err = tx.(*boltState).usage()
		return err
	})
	return u, err
}

// measured is a transaction that knows what the committed state takes.
type measured interface {
	usage() (Usage, error)
}

// usage counts pages.
func (t *boltState) usage() (Usage, error) {
	list, _, err := pageReader{file: t.file, pages: t.header.pages}.freelist(t.header.freelist)
	if err != nil {
		return Usage{}, &DamagedError{Place: "pages", Reason: err.Error(), Err: err}
	}
	free := int64(len(list)/8) * pageSize
	return Usage{InUse: int64(t.header.pages)*pageSize - free, Free: free}, nil
}

// FileOf returns the state in a file that a store is, or wraps to fail in tests; nil when it lies in memory.
func FileOf(s Store) *Bolt {
	switch s := s.(type) {
	case *Bolt:
		return s
	case *faulty:
		return FileOf(s.Store)
	}
	return nil
}
