package boltfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// newSuffix marks a state in the making, or a copy that is read; one that a killed process left is removed by the next.
const newSuffix = ".new-"

// makeNew makes an empty file beside the state, 0600, under the state's lock. What killed processes left there goes first.
func makeNew(path string) (*os.File, error) {
	folder, name := folderOf(path), filepath.Base(path)
	left, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range left {
		if rest, ok := strings.CutPrefix(e.Name(), name); ok && strings.HasPrefix(rest, newSuffix) {
			removeIdle(path + rest)
		}
	}
	return os.CreateTemp(folder, name+newSuffix+"*")
}

// removeIdle removes a file unless another process has it open as a database: that one still builds it.
func removeIdle(path string) {
	f, err := openPlain(path, os.O_RDWR)
	if err != nil {
		_ = os.Remove(path)
		return
	}
	idle, err := tryLockFile(f)
	_ = f.Close()
	if idle && err == nil {
		_ = os.Remove(path)
	}
}

// nameNew returns a finished file the state's name, which nothing may have yet, and makes that last.
func nameNew(made, path string) error {
	if err := os.Link(made, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return err
		}
		// A file system without links: renaming would replace, but nobody else creates under the lock.
		if err := os.Rename(made, path); err != nil {
			return err
		}
	}
	return syncFolder(folderOf(path))
}

// replace puts a finished file in the place of another: whoever looks sees the one or the other.
func replace(made, path string) error {
	if err := os.Rename(made, path); err != nil {
		return err
	}
	return syncFolder(folderOf(path))
}
