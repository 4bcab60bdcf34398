package boltfile

import (
	"errors"
	"os"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile/pages"
)

// readHeader reads the header of a file, and refuses what is not whole.
func readHeader(f *os.File) (pages.Header, error) {
	h, err := pages.ReadHeader(f)
	var bad *pages.HeaderError
	switch {
	case !errors.As(err, &bad):
		return h, err
	case bad.Damaged:
		return h, &state.DamagedError{Path: f.Name(), Place: "header", Reason: bad.Reason}
	}
	return h, &state.UnusableError{Path: f.Name(), Reason: bad.Reason, Hint: bad.Hint, Err: bad.Err}
}

// inspect walks through an open file, before bbolt does. Few pages are read faster than they are mapped, all of them are not.
func inspect(f *os.File, h pages.Header, full bool) error {
	r, release := pages.NewReader(f, h.Pages), func() {}
	if full {
		r, release = pages.Map(f, h.Pages)
	}
	defer release()
	return guarded("pages", func() error { return pages.Walk(r, h, full) })
}
