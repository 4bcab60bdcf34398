//go:build unix

package pages

import (
	"os"

	"golang.org/x/sys/unix"
)

// Map returns the pages of a file for a walk through many of them: a system call for each would take most of the time. What
// reads them must expect a fault, where a page is not there. release ends it.
func Map(f *os.File, pages uint64) (r Reader, release func()) {
	r = Reader{file: f, pages: pages}
	data, err := unix.Mmap(int(f.Fd()), 0, int(pages)*Size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return r, func() {}
	}
	r.data = data
	return r, func() { _ = unix.Munmap(data) }
}
