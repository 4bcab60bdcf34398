package state

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzKnown(f *testing.F) {
	k := &Known{Subjects: []KnownSubject{{Record: Record{Subject: "docker.io/app:1"}}}, Decided: []Decided{{0, 1, 2, 3}, {0, 0, 1 << 40, 0}}}
	f.Add(k.encode(map[string]uint64{"docker.io/app:1": 7}))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := decodeKnown(b)
		if err != nil {
			return
		}
		// What is written has hashes of names: those of these differ, the rest does not.
		generations := make(map[string]uint64, len(k.Subjects))
		for i := range k.Subjects {
			s := &k.Subjects[i]
			if len(s.hash) != hashKey {
				t.Fatalf("a hash of %d bytes", len(s.hash))
			}
			s.Record.Subject = strconv.Itoa(i)
			generations[s.Record.Subject] = s.Record.Generation
		}
		for _, d := range k.Decided {
			if d.Subject >= uint64(len(k.Subjects)) {
				t.Fatalf("subject %d of %d", d.Subject, len(k.Subjects))
			}
		}
		again, err := decodeKnown(k.encode(generations))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(k.Decided, again.Decided); diff != "" {
			t.Error(diff)
		}
		for i := range k.Subjects {
			if s := &again.Subjects[i]; s.hash != hash16(strconv.Itoa(i)) || s.Record.Generation != k.Subjects[i].Record.Generation {
				t.Errorf("subject %d: generation %d of %x", i, s.Record.Generation, s.hash)
			}
		}
	})
}

// TestAnyKnown: a state tells whether documents are marked on a day, whatever is marked on others.
func TestAnyKnown(t *testing.T) {
	b := NewBuffer(nothing{})
	for _, day := range []int64{-1, 20778, 20780} {
		if err := b.Put(BucketKnown, knownKey(day, DocumentHash{5}), (&Known{}).encode(nil)); err != nil {
			t.Fatal(err)
		}
	}
	for day, want := range map[int64]bool{-2: false, -1: true, 0: false, 20778: true, 20779: false, 20780: true, 20781: false} {
		if found, err := anyKnown(b, day); found != want || err != nil {
			t.Errorf("day %d: %v, %v", day, found, err)
		}
	}
}
