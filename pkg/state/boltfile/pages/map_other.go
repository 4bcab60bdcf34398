//go:build !unix

package pages

import "os"

// Map returns the pages of a file for a walk through many of them. release ends it.
func Map(f *os.File, pages uint64) (r Reader, release func()) {
	return Reader{file: f, pages: pages}, func() {}
}
