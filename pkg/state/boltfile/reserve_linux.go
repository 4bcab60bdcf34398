package boltfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// allocate makes room on the disk without changing the file's size. A file system that cannot is left alone.
func allocate(f *os.File, from, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, from, size)
		switch err {
		case unix.EINTR:
		case unix.ENOSPC, unix.EDQUOT:
			return err
		default:
			return nil
		}
	}
}

// mayGrowTo reports whether this process may make a file that large: RLIMIT_FSIZE (ulimit -f) forbids it from a size on, which
// allocating with an unchanged size does not notice.
func mayGrowTo(size int64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err == nil && uint64(size) > limit.Cur {
		return unix.EFBIG
	}
	return nil
}
