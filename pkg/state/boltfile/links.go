package boltfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/postee/postee/pkg/state"
)

// maxLinks bounds how many links are followed: more than a system does, so that it has the last word.
const maxLinks = 64

// follow returns the file that a path leads to, when the path is a link, though that file need not be there yet. Everything goes
// by this one name: a state with two names would have two locks, and a link must stay one when the file is replaced. Where a system
// does not follow a link, one of another user in a folder that everybody may write to, it is refused here: reading a link asks
// for no such permission.
func follow(path string) (string, error) {
	for range maxLinks {
		to, isLink := leadsTo(path)
		if !isLink {
			break
		}
		// It is looked at after it was read: only the owner of a link that passes could have put that one in the place of another.
		if link, folder := look(path); link != nil && folder != nil && link.Mode()&fs.ModeSymlink != 0 {
			if !trusted(link, folder) {
				return "", &state.UnusableError{Path: path, Reason: "is a symbolic link of another user, in a folder that everybody may write to",
					Hint: "name the file that it leads to, or a state in a folder of your own"}
			}
			path = behind(path, to)
		}
	}
	return path, nil
}

// leadsTo returns what a link says, and reports whether there is one that the system lets be read.
func leadsTo(path string) (to string, isLink bool) {
	to, err := os.Readlink(path)
	return to, err == nil
}

// look returns what stands at a path, a link itself and not what it leads to, and the folder; nil where there is none now.
func look(path string) (file, folder fs.FileInfo) {
	file, _ = os.Lstat(path)
	folder, _ = os.Stat(folderOf(path))
	return file, folder
}

// behind returns where a link leads that says to. The name is not simplified: where the link's folder is a link too, ".." leads up
// from where that one leads.
func behind(link, to string) string {
	if filepath.IsAbs(to) {
		return to
	}
	folder, _ := filepath.Split(link)
	return folder + to
}

// folderOf returns the folder that a file stands in. The name is not simplified, for the same reason.
func folderOf(path string) string {
	folder, _ := filepath.Split(path)
	if folder == "" {
		return "."
	}
	return folder
}

// strayError says that a name beside the state does not lead to a file of the state.
type strayError struct{ path, what string }

func (e *strayError) Error() string { return e.path + " " + e.what }

// hint returns what a person can do about it.
func (e *strayError) hint() string {
	return "see with ls -l who made it; remove it, or name a state in a folder of your own"
}

// openPlain opens a file under its own name, with 0600 if it makes it. A link is not followed, and what is no regular file is
// refused: in a folder that others may write to, they may have put it there.
func openPlain(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag|ownName, 0o600)
	if err != nil {
		if info, failed := os.Lstat(path); failed == nil && !info.Mode().IsRegular() {
			return nil, stray(path, info)
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = stray(path, info)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// stray words what stands in the place of a regular file.
func stray(path string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSymlink != 0 {
		return &strayError{path, "is a symbolic link"}
	}
	return &strayError{path, "is not a regular file"}
}

// openMade opens a file that this process has made: what others have put in its place meanwhile is refused.
func openMade(path string, flag int, made os.FileInfo) (*os.File, error) {
	f, err := openPlain(path, flag&^os.O_CREATE)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(info, made) {
		err = &strayError{path, "is not the file that was made there"}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// opener returns what opens a file that this process has made, for the database library.
func opener(made os.FileInfo) func(string, int, os.FileMode) (*os.File, error) {
	return func(path string, flag int, _ os.FileMode) (*os.File, error) { return openMade(path, flag, made) }
}

// notLocked words why a file beside a state cannot be locked, with what to do.
func notLocked(path string, err error) error {
	hint := "its folder must be writable, and not a shared network folder"
	if stray, ok := errors.AsType[*strayError](err); ok {
		hint = stray.hint()
	}
	return &state.UnusableError{Path: path, Reason: "cannot be locked", Err: err, Hint: hint}
}
