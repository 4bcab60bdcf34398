//go:build unix

package stdout

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// nonblocking keeps the opening of a pipe from waiting.
const nonblocking = unix.O_NONBLOCK

// lockFile waits for the lock of the whole file. The descriptor is not closed, and so not used again, meanwhile.
func lockFile(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var locked error
	err = conn.Control(func(fd uintptr) {
		for {
			if locked = unix.Flock(int(fd), unix.LOCK_EX); locked != unix.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return locked
}

// truncate cuts the file off.
func truncate(f *os.File, size int64) error { return f.Truncate(size) }

// syncFolder makes a file's name last.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	return folder.Sync()
}
