package state

import (
	"crypto/rand"
	"testing"
)

// TestReserveFitsTheAdmission: what is kept free is at least what the admission writes, whatever can be packed of it.
func TestReserveFitsTheAdmission(t *testing.T) {
	noise := make([]byte, 1<<20)
	rand.Read(noise)
	a := &Admission{Blobs: map[[32]byte]Packed{{1}: Pack(noise), {2}: Pack(noise[:1000])}}
	for range 100 {
		a.Entries = append(a.Entries, Entry{Message: noise[:3000]})
	}
	least := int64(len(noise)) + 1000 + 100*3000
	if got := a.weight(0); got < least {
		t.Errorf("%d bytes for at least %d", got, least)
	}
}
