//go:build unix

package boltfile

import (
	"fmt"
	"os"
	"syscall"
)

// copyOwner gives a new file the mode and the owner of the one that it replaces: root compacts a user's state for the user. The
// file is open: under its name another may stand by now, which root must not give away.
func copyOwner(f *os.File, old os.FileInfo) error {
	if err := f.Chmod(old.Mode().Perm()); err != nil {
		return err
	}
	made, err := f.Stat()
	if err != nil {
		return err
	}
	was, ok := old.Sys().(*syscall.Stat_t)
	is, also := made.Sys().(*syscall.Stat_t)
	if !ok || !also || was.Uid == is.Uid && was.Gid == is.Gid {
		return nil
	}
	if err := f.Chown(int(was.Uid), int(was.Gid)); err != nil && was.Uid != is.Uid {
		return fmt.Errorf("it belongs to another user: %w", err)
	}
	return nil
}
