package boltfile_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

// TestBitFlips turns single bits in a state with several levels of pages: what is read is right, or an error.
func TestBitFlips(t *testing.T) {
	t.Parallel()
	const subjects = 300
	path := small(t, subjects)
	whole := readFile(t, path)
	want, err := answer(t, path, subjects)
	if err != nil {
		t.Fatal(err)
	}
	n := 600
	if testing.Short() {
		n = 300
	}
	random := rand.New(rand.NewPCG(1, 2))
	path = filepath.Join(t.TempDir(), "flipped.db")
	b := bytes.Clone(whole)
	noticed, harmless := 0, 0
	for range n {
		at, bit := random.IntN(len(b)), byte(1)<<random.IntN(8)
		b[at] ^= bit
		writeFile(t, path, b)
		got, err := answer(t, path, subjects)
		switch {
		case err != nil:
			noticed++
		case bytes.Equal(got, want):
			harmless++
		default:
			t.Errorf("byte %d of page %d (%s), bit %#x: other values, and no error", at%4096, at/4096, kind(whole[at/4096*4096:]), bit)
		}
		if !bytes.Equal(readFile(t, path), b) {
			t.Fatalf("byte %d, bit %#x: the file was changed", at, bit)
		}
		b[at] ^= bit
	}
	t.Logf("%d bytes, %d flips: %d noticed, %d without consequence", len(b), n, noticed, harmless)
}

// TestFlippedHeads turns bits in the first bytes of every page in use, where its structure lies.
func TestFlippedHeads(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long")
	}
	const subjects = 120
	path := small(t, subjects)
	whole := readFile(t, path)
	want, err := answer(t, path, subjects)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "flipped.db")
	b := bytes.Clone(whole)
	for page := range len(b) / 4096 {
		if kind(b[page*4096:]) == "other" {
			continue
		}
		for bit := page % 17; bit < 64*8; bit += 17 {
			at, mask := page*4096+bit/8, byte(1)<<(bit%8)
			b[at] ^= mask
			writeFile(t, path, b)
			if got, err := answer(t, path, subjects); err == nil && !bytes.Equal(got, want) {
				t.Errorf("byte %d of page %d (%s), bit %#x: other values, and no error", at%4096, page, kind(whole[page*4096:]), mask)
			}
			b[at] ^= mask
		}
	}
}

// TestWritingWithFlips updates damaged states: no panic, and what was readable before stays so.
func TestWritingWithFlips(t *testing.T) {
	t.Parallel()
	const subjects = 60
	whole := readFile(t, small(t, subjects))
	n := 400
	if testing.Short() {
		n = 50
	}
	random := rand.New(rand.NewPCG(3, 4))
	path := filepath.Join(t.TempDir(), "flipped.db")
	for range n {
		b := bytes.Clone(whole)
		b[random.IntN(len(b))] ^= byte(1) << random.IntN(8)
		writeFile(t, path, b)
		s, err := boltfile.Open(t.Context(), boltfile.Options{Path: path})
		if err != nil {
			continue
		}
		_ = s.Update(t.Context(), func(tx state.Tx) error {
			for i := range subjects {
				r, err := state.Load(tx, statetest.Subject(i))
				if err != nil {
					return err
				}
				r.Day++
				if err := state.Admit(tx, state.Claimant{}, &state.Admission{Records: []state.Record{r}}); err != nil {
					return err
				}
			}
			return nil
		})
		if _, err := s.Check(t.Context()); err != nil {
			t.Log(err)
		}
		_ = s.Close()
	}
}

func kind(page []byte) string {
	switch binary.NativeEndian.Uint16(page[8:]) {
	case 1:
		return "branch"
	case 2:
		return "leaf"
	case 4:
		return "header"
	case 0x10:
		return "free list"
	}
	return "other"
}
