package boltfile_test

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// answer is all that can be asked of a state, or the first error.
func answer(t testing.TB, path string, subjects int) (out []byte, err error) {
	b, err := boltfile.Open(t.Context(), boltfile.Options{Path: path, NoCreate: true})
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
		r, e := state.Load(tx, statetest.Subject(i))
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
	t.Parallel()
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
