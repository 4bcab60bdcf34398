package boltfile_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// foreign makes a database of bbolt that another program could have written.
func foreign(t testing.TB, path string, options *bbolt.Options, fill func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(fill); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// checksummed does what package state does, so that tests can write what an other version would.
func checksummed(bucket, key string, value []byte) []byte {
	b := append([]byte{1}, value...)
	head := append([]byte{byte(len(bucket)), byte(len(key)), 0}, bucket+key...)
	sum := crc32.Checksum(append(head, b...), crc32.MakeTable(crc32.Castagnoli))
	return binary.LittleEndian.AppendUint32(b, sum)
}

// refusal is a file that is refused, and a part of what is said about it.
type refusal struct {
	make func(path string)
	want string
}

// otherPrograms are files that no postee wrote.
func otherPrograms(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"empty":     {func(p string) { writeFile(t, p, nil) }, "is an empty file"},
		"text":      {func(p string) { writeFile(t, p, []byte("hello")) }, "is no state of postee"},
		"long text": {func(p string) { writeFile(t, p, bytes.Repeat([]byte("hello "), 9999)) }, "is no state of postee"},
		"directory": {func(p string) { _ = os.Mkdir(p, 0o700) }, "is not a regular file"},
		"foreign": {func(p string) {
			foreign(t, p, nil, func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucket([]byte("bolt"))
				if err != nil {
					return err
				}
				return b.Put([]byte("k"), []byte("v"))
			})
		}, "another program wrote it"},
		"foreign with a bucket meta": {func(p string) {
			foreign(t, p, nil, func(tx *bbolt.Tx) error {
				_, err := tx.CreateBucket([]byte("meta"))
				return err
			})
		}, "another program wrote it"},
		"foreign without free list": {func(p string) {
			foreign(t, p, &bbolt.Options{NoFreelistSync: true}, func(tx *bbolt.Tx) error { return nil })
		}, "is no state of postee"},
	}
}

// otherStates are states that were changed since, or are newer.
func otherStates(t *testing.T) map[string]refusal {
	return map[string]refusal{
		"newer schema": {func(p string) {
			writeFile(t, p, readFile(t, small(t, 1)))
			foreign(t, p, nil, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("meta")).Put([]byte("schema"), checksummed("meta", "schema", []byte{3}))
			})
		}, "was written by a newer postee"},
		"a schema without a migration": {func(p string) {
			writeFile(t, p, readFile(t, small(t, 1)))
			foreign(t, p, nil, func(tx *bbolt.Tx) error {
				if err := tx.DeleteBucket([]byte("thread")); err != nil {
					return err
				}
				return tx.Bucket([]byte("meta")).Put([]byte("schema"), checksummed("meta", "schema", []byte{0}))
			})
		}, "has schema 0, from which there is no migration"},
		"a value changed by another program": {func(p string) {
			writeFile(t, p, readFile(t, small(t, 1)))
			foreign(t, p, nil, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte("12345678"))
			})
		}, "is damaged at meta/"},
		"a bucket removed": {func(p string) {
			writeFile(t, p, readFile(t, small(t, 1)))
			foreign(t, p, nil, func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("subj")) })
		}, "the bucket is missing"},
		"cut short": {func(p string) {
			b := readFile(t, small(t, 50))
			writeFile(t, p, b[:len(b)/2/4096*4096])
		}, "was cut short"},
	}
}

func TestRefusals(t *testing.T) {
	all := otherPrograms(t)
	maps.Copy(all, otherStates(t))
	for name, test := range all {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			test.make(path)
			before, _ := os.ReadFile(path)
			b, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
			if err == nil {
				err = b.Update(t.Context(), func(tx state.Tx) error {
					_, err := state.Load(tx, "s")
					return err
				})
				_ = b.Close()
			}
			var u *state.UnusableError
			var d *state.DamagedError
			if !errors.As(err, &u) && !errors.As(err, &d) || !strings.Contains(told(err), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestNoCreate(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "state.db")
	_, err := boltfile.Open(t.Context(), boltfile.Options{Path: path, NoCreate: true})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	names := func() (n []string) {
		all, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			n = append(n, e.Name())
		}
		return n
	}
	if n := names(); n != nil {
		t.Errorf("made %v", n)
	}
	content := readFile(t, small(t, 3))
	writeFile(t, path, content)
	b, err := boltfile.Open(t.Context(), boltfile.Options{Path: path, NoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	o := state.Overlay(b)
	statetest.Admit(t, o, statetest.Me(t, o), statetest.Entry("new", "n"))
	statetest.ClaimAll(t, o, statetest.Me(t, o))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if n := names(); len(n) != 1 || !bytes.Equal(content, readFile(t, path)) {
		t.Errorf("an overlay left traces: %v", n)
	}
}

func TestCreation(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "b")
	path := filepath.Join(folder, "state.db")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, path+".new-123", []byte("left by one that was killed"))
	b := open(t, path)
	if _, err := b.Owners().Self(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".new-123"); err == nil {
		t.Error("leftovers stay")
	}
	for _, p := range []string{path, path + ".lock", path + ".owners"} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", p, info, err)
		}
	}
	_ = open(t, filepath.Join(folder, "new", "state.db"))
	if info, err := os.Stat(filepath.Join(folder, "new")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	if problems, err := b.Check(t.Context()); err != nil || problems != nil {
		t.Errorf("a new state: %v, %v", problems, err)
	}
}

func TestVanishedAndReplaced(t *testing.T) {
	path, other := small(t, 3), small(t, 3)
	b := open(t, path)
	nothing := func(state.Tx) error { return nil }
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for _, do := range []func() error{
		func() error { return b.Update(t.Context(), nothing) },
		func() error { return b.View(t.Context(), nothing) },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "vanished during the run") {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("made again silently")
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if err := b.Update(t.Context(), nothing); err == nil || !strings.Contains(err.Error(), "replaced") {
		t.Error(err)
	}
}

// told is all that a person is told of an error: what is wrong, and what to do.
func told(err error) string {
	var u *state.UnusableError
	if errors.As(err, &u) {
		return err.Error() + " " + u.Hint
	}
	return err.Error()
}
