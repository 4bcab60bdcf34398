package state_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/state"
	"go.etcd.io/bbolt"
)

// small makes a state with something in every bucket and gives its path.
func small(t testing.TB, subjects int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	b := open(t, path)
	populate(t, b, subjects)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func subject(i int) string {
	return "docker.io/app:" + string(rune('A'+i%26)) + strings.Repeat("x", i/26)
}

func populate(t testing.TB, s state.Store, subjects int) {
	t.Helper()
	doc := bytes.Repeat([]byte("a document "), 50)
	digest := [32]byte{1, 2, 3}
	a := &state.Admission{Blobs: map[[32]byte][]byte{digest: doc}, Names: map[uint64][]byte{}}
	for i := range subjects {
		marks := binary.BigEndian.AppendUint64(nil, uint64(i))
		a.Names[uint64(i)] = []byte("CVE-1 in " + subject(i))
		a.Records = append(a.Records, state.Record{Subject: subject(i), Day: 20779 + int64(i%3),
			Routes: []state.RouteState{{Route: "slack", Number: uint64(i), Told: 5}},
			Views:  []state.View{{Scanner: "trivy", Routes: []string{"slack"}, Marks: append(marks, 3)}}})
	}
	for _, k := range []string{"a1", "a2", "b1", "c1"} {
		e := entry(k, k[:1])
		e.Document = digest[:]
		a.Entries = append(a.Entries, e)
	}
	me := claimant(t, s, noon)
	update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, a) })
	if _, err := settle(t, s, me, state.Settlement{Entry: a.Entries[2], Outcome: state.Died, Receipt: []byte("ref")}); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

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

// seal does what package state does, so that tests can write what an other version would.
func seal(bucket, key string, value []byte) []byte {
	b := append([]byte{1}, value...)
	head := append([]byte{byte(len(bucket)), byte(len(key)), 0}, bucket+key...)
	sum := crc32.Checksum(append(head, b...), crc32.MakeTable(crc32.Castagnoli))
	return binary.LittleEndian.AppendUint32(b, sum)
}

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		make func(path string)
		want string
	}{
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
		"newer schema": {func(p string) {
			writeFile(t, p, readFile(t, small(t, 1)))
			foreign(t, p, nil, func(tx *bbolt.Tx) error {
				return tx.Bucket([]byte("meta")).Put([]byte("schema"), seal("meta", "schema", []byte{2}))
			})
		}, "was written by a newer postee"},
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
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			test.make(path)
			before, _ := os.ReadFile(path)
			b, err := state.Open(t.Context(), state.Options{Path: path})
			if err == nil {
				err = b.Update(t.Context(), func(tx state.Tx) error {
					_, err := state.Load(tx, "s")
					return err
				})
				_ = b.Close()
			}
			var u *state.UnusableError
			var d *state.DamagedError
			if !errors.As(err, &u) && !errors.As(err, &d) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
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
	_, err := state.Open(t.Context(), state.Options{Path: path, NoCreate: true})
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
	b, err := state.Open(t.Context(), state.Options{Path: path, NoCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	o := state.Overlay(b)
	admit(t, o, claimant(t, o, noon), entry("new", "n"))
	claimAll(t, o, claimant(t, o, noon))
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

// answer is all that can be asked of a state, or the first error.
func answer(t testing.TB, path string, subjects int) (out []byte, err error) {
	b, err := state.Open(t.Context(), state.Options{Path: path, NoCreate: true})
	if err != nil {
		return nil, err
	}
	defer b.Close()
	err = b.View(t.Context(), func(tx state.Tx) error {
		out, err = ask(tx, subjects)
		return err
	})
	return out, err
}

func ask(tx state.Tx, subjects int) (out []byte, err error) {
	add := func(p []byte, e error) {
		out = append(append(out, p...), 0)
		if err == nil {
			err = e
		}
	}
	salt, e := state.Salt(tx)
	add(salt[:], e)
	n, e := state.Summarise(tx)
	add([]byte{byte(n.Subjects), byte(n.Pending), byte(n.Dead)}, e)
	for i := range subjects {
		r, e := state.Load(tx, subject(i))
		add([]byte(r.Subject), e)
		for _, v := range r.Views {
			add(v.Marks, nil)
		}
		add([]byte{byte(r.Generation), byte(r.Day)}, nil)
		names, e := state.LoadNames(tx, []uint64{uint64(i)})
		add(names[uint64(i)], e)
	}
	doc, e := state.Blob(tx, append([]byte{1, 2, 3}, make([]byte, 29)...))
	add(doc, e)
	for _, dead := range []bool{false, true} {
		for e, err := range state.Entries(tx, dead) {
			add(e.Message, err)
		}
	}
	return out, err
}

func TestTruncations(t *testing.T) {
	path := small(t, 40)
	whole := readFile(t, path)
	want, err := answer(t, path, 40)
	if err != nil {
		t.Fatal(err)
	}
	step := 1021
	if testing.Short() {
		step = 8 * 1021
	}
	for n := len(whole); n >= 0; n -= step {
		writeFile(t, path, whole[:n])
		got, err := answer(t, path, 40)
		if err == nil && !bytes.Equal(got, want) {
			t.Errorf("cut to %d bytes: other values", n)
		}
		if !bytes.Equal(readFile(t, path), whole[:n]) {
			t.Errorf("cut to %d bytes: the file was changed", n)
		}
	}
}

// rehash mends the checksum of a header that a test has changed.
func rehash(page []byte) {
	sum := fnv.New64a()
	sum.Write(page[16:72])
	binary.NativeEndian.PutUint64(page[72:], sum.Sum64())
}

func TestHeaderOfAnotherRoot(t *testing.T) {
	whole := readFile(t, small(t, 5))
	for _, field := range []int{32, 48, 56} { // root page, free list, pages in use
		path := filepath.Join(t.TempDir(), "x.db")
		b := bytes.Clone(whole)
		for _, page := range [][]byte{b[:4096], b[4096:8192]} {
			page[field] ^= 0x40
			rehash(page)
		}
		writeFile(t, path, b)
		if _, err := answer(t, path, 5); err == nil {
			t.Errorf("field %d of the header may be anything", field)
		}
	}
}
