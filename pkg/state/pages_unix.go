//go:build unix

package state

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapped returns the pages of a file for a walk through many of them: a system call for each would take most of the time. What
// reads them must be guarded. release ends it.
func mapped(f *os.File, pages uint64) (r pageReader, release func()) {
	r = pageReader{file: f, pages: pages}
	data, err := unix.Mmap(int(f.Fd()), 0, int(pages)*pageSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return r, func() {}
	}
	r.data = data
	return r, func() { _ = unix.Munmap(data) }
}
