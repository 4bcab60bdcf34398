//go:build unix

package boltfile

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownName opens what has the name itself: no link is followed, and nobody is waited for at the other end of a pipe.
const ownName = unix.O_NOFOLLOW | unix.O_NONBLOCK

// shared are the marks of a folder like /tmp: all users may make files there, and remove only their own.
const shared = fs.ModeSticky | 0o002

// trusted reports whether a link may be followed: outside a shared folder any, inside those of this process's user, of root,
// and of whom the folder belongs to. It is the rule of Linux (fs.protected_symlinks), which not every system has or has turned on.
func trusted(link, folder fs.FileInfo) bool {
	if folder.Mode()&shared != shared {
		return true
	}
	l, ok := link.Sys().(*syscall.Stat_t)
	f, also := folder.Sys().(*syscall.Stat_t)
	return ok && also && ownerTrusted(int(l.Uid), int(f.Uid), os.Geteuid())
}

// ownerTrusted reports whether the owner of a link in a shared folder is one of the three.
func ownerTrusted(link, folder, user int) bool { return link == user || link == 0 || link == folder }
