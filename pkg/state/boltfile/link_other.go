//go:build !unix

package boltfile

import "os"

// openBeside opens a file that belongs to a state.
func openBeside(path string, flag int) (*os.File, error) { return os.OpenFile(path, flag, 0o600) }

// trusted reports true: folders that many can write to are not known here.
func trusted(string) bool { return true }
