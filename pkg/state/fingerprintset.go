package state

import "encoding/binary"

// fingerprintsOf returns the fingerprints that encoded marks begin with, eight bytes each; ok is false when they are none.
func fingerprintsOf(marks []byte) (fingerprints []byte, ok bool) {
	if len(marks) == 0 {
		return nil, true
	}
	n, size := binary.Uvarint(marks)
	if size <= 0 || n == 0 || n > uint64(len(marks)-size)/8 {
		return nil, false
	}
	return marks[size : size+8*int(n)], true
}

// fingerprintSet is a set of fingerprints: open addressing, since a state names tens of thousands in millions of places.
type fingerprintSet struct {
	slots []uint64
	size  int
	// zero reports whether 0 is in the set; in slots it is an empty place.
	zero bool
}

// place returns where p is, or belongs. Fingerprints are salted, but a multiplication costs nothing.
func (s *fingerprintSet) place(p uint64) int {
	mask := len(s.slots) - 1
	at := int((p*0x9E3779B97F4A7C15)>>32) & mask
	for s.slots[at] != 0 && s.slots[at] != p {
		at = (at + 1) & mask
	}
	return at
}

// has reports whether p is in the set.
func (s *fingerprintSet) has(p uint64) bool {
	if p == 0 {
		return s.zero
	}
	return len(s.slots) > 0 && s.slots[s.place(p)] == p
}

// add puts p into the set.
func (s *fingerprintSet) add(p uint64) {
	if p == 0 {
		s.zero = true
		return
	}
	if 4*(s.size+1) > 3*len(s.slots) {
		old := s.slots
		s.slots = make([]uint64, max(1024, 2*len(old)))
		for _, q := range old {
			if q != 0 {
				s.slots[s.place(q)] = q
			}
		}
	}
	if at := s.place(p); s.slots[at] == 0 {
		s.slots[at] = p
		s.size++
	}
}

// addAll adds the fingerprints of marks; ok is false when they are none.
func (s *fingerprintSet) addAll(marks []byte) (ok bool) {
	fingerprints, ok := fingerprintsOf(marks)
	for ; len(fingerprints) > 0; fingerprints = fingerprints[8:] {
		s.add(binary.BigEndian.Uint64(fingerprints))
	}
	return ok
}
