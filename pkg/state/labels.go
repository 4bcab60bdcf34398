package state

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// labels are the names of routes and scanners, each with its place in the list plus one as its number: a record names them
// in one byte. A number is never used again.
type labels struct {
	names []string
	// numbers are those of names; they are made when the first is asked for.
	numbers map[string]uint64
	grown   bool
}

// getLabels reads the list.
func getLabels(tx Tx) (*labels, error) {
	v, err := tx.Get(BucketMeta, metaLabels)
	if err != nil {
		return nil, err
	}
	l := &labels{}
	for d := (decoder{rest: v}); len(d.rest) > 0; {
		l.names = append(l.names, string(d.bytes()))
		if d.bad {
			return nil, Damaged(BucketMeta, metaLabels, "a name is cut short")
		}
	}
	return l, nil
}

// put writes the list when a name was added.
func (l *labels) put(tx Tx) error {
	if !l.grown {
		return nil
	}
	var b []byte
	for _, n := range l.names {
		b = appendBytes(b, n)
	}
	return tx.Put(BucketMeta, metaLabels, b)
}

// number returns the number of a name, a new one when it has none.
func (l *labels) number(name string) uint64 {
	if l.numbers == nil {
		l.numbers = make(map[string]uint64, len(l.names))
		for i, known := range slices.Backward(l.names) { // of equal names the first counts
			l.numbers[known] = uint64(i) + 1
		}
	}
	n := l.numbers[name]
	if n == 0 {
		l.names = append(l.names, name)
		n = uint64(len(l.names))
		l.numbers[name], l.grown = n, true
	}
	return n
}

// name returns the name of a number.
func (l *labels) name(number uint64) (string, error) {
	if number == 0 || number > uint64(len(l.names)) {
		return "", fmt.Errorf("number %d names no route or scanner", number)
	}
	return l.names[number-1], nil
}

// decoder reads varints and lengths; bad is set, and stays, when the bytes do not hold what is asked for.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) int() int64 {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// fixed reads a number of eight bytes.
func (d *decoder) fixed() uint64 {
	if len(d.rest) < 8 {
		d.bad, d.rest = true, nil
		return 0
	}
	n := binary.BigEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return n
}

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.bad = true
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

// bytes reads a length and as many bytes, which are those of the value itself.
func (d *decoder) bytes() []byte { return d.take(d.uint()) }

// take reads so many bytes, which are those of the value itself.
func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

// count reads a number of elements that take at least one byte each.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.rest)) {
		d.bad, d.rest = true, nil
		return 0
	}
	return int(n)
}

// appendBytes writes what bytes reads.
func appendBytes[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
