//go:build unix

package boltfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// openBeside opens a file that belongs to a state: never through a symbolic link, which somebody else may have laid in a folder that
// many can write to, and nothing but a file, so that nothing is waited for.
func openBeside(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if errors.Is(err, unix.ELOOP) {
		return nil, errNoFile
	}
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, errors.Join(errNoFile, err)
	}
	return f, nil
}

// trusted reports whether a link may be followed: as Linux has it for folders like /tmp, in one that is sticky and that everybody can
// write to, only links of the user's own, or of the folder's owner.
//
// Source: proc_sys_fs(5), protected_symlinks.
func trusted(link string) bool {
	folder, err := os.Stat(filepath.Dir(link))
	if err != nil || folder.Mode()&os.ModeSticky == 0 || folder.Mode().Perm()&0o002 == 0 {
		return true
	}
	info, err := os.Lstat(link)
	if err != nil {
		return true
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	in, also := folder.Sys().(*syscall.Stat_t)
	return ok && also && (int(of.Uid) == unix.Geteuid() || of.Uid == in.Uid)
}
