//go:build !unix

package state

import "os"

// mapped returns the pages of a file for a walk through many of them.
func mapped(f *os.File, pages uint64) (r pageReader, release func()) {
	return pageReader{file: f, pages: pages}, func() {}
}
