package state

import (
	"encoding/binary"
	"slices"
)

// forgottenSlots bounds how much is remembered of subjects that were forgotten.
const forgottenSlots = 1 << 12

// forgotten is what is left of subjects that were forgotten: for each of 4,096 groups of subjects, the number at which messages of one
// that is seen again begin. A message must not have the key of one that was sent before, or a receiver that looks at keys would drop it.
// A subject that was never forgotten, and shares its group with one that was, begins there too: numbers need not begin with 0.
type forgotten map[uint16]uint64

// slotOf returns the group of a subject.
func slotOf(subject string) uint16 {
	return binary.BigEndian.Uint16([]byte(hash16(subject))) % forgottenSlots
}

// getForgotten reads all groups.
func getForgotten(tx Tx) (forgotten, error) {
	v, err := tx.Get(BucketMeta, metaForgotten)
	if err != nil {
		return nil, err
	}
	f := forgotten{}
	for d := (decoder{rest: v}); len(d.rest) > 0; {
		slot, number := d.uint(), d.uint()
		if d.bad || slot >= forgottenSlots || number == 0 || number > highest {
			return nil, Damaged(BucketMeta, metaForgotten, "it cannot be read")
		}
		f[uint16(slot)] = number
	}
	return f, nil
}

// add takes in a subject that is forgotten. It reports whether that changed anything.
func (f forgotten) add(r *Record) bool {
	next := r.Base
	for _, said := range r.Routes {
		next = max(next, said.Number)
	}
	if slot := slotOf(r.Subject); next > f[slot] {
		f[slot] = next
		return true
	}
	return false
}

// put writes all groups, in order.
func (f forgotten) put(tx Tx) error {
	slots := make([]uint16, 0, len(f))
	for slot := range f {
		slots = append(slots, slot)
	}
	slices.Sort(slots)
	var b []byte
	for _, slot := range slots {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(slot)), f[slot])
	}
	return tx.Put(BucketMeta, metaForgotten, b)
}

// noteForgotten remembers where the messages of subjects that are forgotten go on.
func noteForgotten(tx Tx, records []Record) error {
	f, err := getForgotten(tx)
	if err != nil {
		return err
	}
	changed := false
	for i := range records {
		changed = f.add(&records[i]) || changed
	}
	if !changed {
		return nil
	}
	return f.put(tx)
}
