package config

import (
	_ "embed" // the file below
	"errors"
	"os"
	"path/filepath"
)

//go:embed starter.yaml
var starter []byte

// Starter returns a small file with comments, to begin with: it can be used as it is, and prints on standard output.
func Starter() []byte { return starter }

// WriteStarter writes [Starter] to a new file that only its owner can read, and makes its folder where there is none. What is there already
// is never written over: the error is fs.ErrExist then.
func WriteStarter(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(starter)
	return errors.Join(err, f.Close())
}
