package stdout

import (
	"os"

	"golang.org/x/sys/windows"
)

// nonblocking is nothing: the system's pipes are no files.
const nonblocking = 0

// lockFile waits for the lock: on one byte far behind the end, because what is locked cannot be read by others.
func lockFile(f *os.File) error {
	at := &windows.Overlapped{OffsetHigh: 1 << 30}
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, at)
}

// truncate cuts the file off, by its name: who has opened it for appending may not.
func truncate(f *os.File, size int64) error { return os.Truncate(f.Name(), size) }

// syncFolder does nothing: the system has no such thing.
func syncFolder(string) error { return nil }
