package state_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/state"
)

// small makes a state with something in every bucket and returns its path.
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
	a := &state.Admission{Blobs: map[[32]byte]state.Packed{digest: state.Pack(doc)}, Names: map[uint64][]byte{}}
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
	for i := range subjects / 2 {
		a.Entries = append(a.Entries, entry(strings.Repeat("y", 100)+subject(i), subject(i)))
	}
	for _, k := range []string{"q1", "q2", "q3"} { // a digest of two, and one that waits
		e := entry(k, "queue")
		e.Document, e.Gather = digest[:], 2
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
