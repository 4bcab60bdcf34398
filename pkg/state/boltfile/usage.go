package boltfile

import (
	"context"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile/pages"
)

// Usage measures the state as it was committed last.
func (s *Store) Usage(ctx context.Context) (u state.Usage, err error) {
	err = s.View(ctx, func(tx state.Tx) error {
		u, err = tx.(*transaction).Usage()
		return err
	})
	return u, err
}

// Usage counts pages.
func (t *transaction) Usage() (state.Usage, error) {
	info, err := t.file.Stat()
	if err != nil {
		return state.Usage{}, t.store.unusable("cannot be read", err)
	}
	n, err := pages.NewReader(t.file, t.header.Pages).Free(t.header)
	if err != nil {
		return state.Usage{}, &state.DamagedError{Place: "pages", Reason: err.Error(), Err: err}
	}
	free := int64(n) * pages.Size
	return state.Usage{Total: info.Size(), InUse: int64(t.header.Pages)*pages.Size - free, Free: free}, nil
}
