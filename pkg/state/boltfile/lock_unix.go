//go:build unix

package boltfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile waits for the lock.
func lockFile(f *os.File) error { return flock(f, unix.LOCK_EX) }

// tryLockFile takes the lock when it is free.
func tryLockFile(f *os.File) (bool, error) {
	err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// unlockFile returns the lock back.
func unlockFile(f *os.File) error { return flock(f, unix.LOCK_UN) }

// flock keeps the descriptor from being closed, and so from being used again, meanwhile.
func flock(f *os.File, how int) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var lockErr error
	err = conn.Control(func(fd uintptr) {
		for {
			if lockErr = unix.Flock(int(fd), how); lockErr != unix.EINTR {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return lockErr
}

// syncFolder makes the names in a folder last.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}
