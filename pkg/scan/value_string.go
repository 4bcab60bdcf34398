package scan

import (
	"encoding/binary"
	"math/bits"
)

// str goes on inside a string: eight bytes at a time up to a quote, a backslash or a control character.
func (v *valueScan) str(buf []byte, i int) (int, outcome) {
	for {
		i = stringRun(buf, i)
		if i >= len(buf) {
			return i, needMore
		}
		switch c := buf[i]; {
		case c == '"':
			return v.endString(buf, i)
		case c == '\\':
			i += 2
			if i > len(buf) {
				v.want = insideEscape
				return len(buf), needMore
			}
		default:
			return i, v.fail("raw control character %#02x in a string", c)
		}
	}
}

// stringRun returns the index of the first quote, backslash or control character at or after i, or len(buf). Sixteen bytes at a time.
func stringRun(buf []byte, i int) int {
	for i+16 <= len(buf) {
		pair := buf[i : i+16 : i+16]
		first, second := special(binary.LittleEndian.Uint64(pair)), special(binary.LittleEndian.Uint64(pair[8:]))
		if first|second != 0 {
			return i + plainBytes(first, second)
		}
		i += 16
	}
	for i < len(buf) && buf[i] >= ' ' && buf[i] != '"' && buf[i] != '\\' {
		i++
	}
	return i
}

// plainBytes returns how many of sixteen bytes, of which special has been asked, stand before the first that is special; 16 when there is
// none. It has no branches: how long a string is cannot be foreseen.
func plainBytes(first, second uint64) int {
	n := bits.TrailingZeros64(first) >> 3
	return n + bits.TrailingZeros64(second)>>3*(n>>3)
}

// highBits has the highest bit of each byte set: a text without them is ASCII.
const highBits = 0x8080808080808080

// special has the high bit set of the lowest byte of w that is a quote, a backslash or a control character, and no lower one.
// Subtracting sets a byte's high bit where the byte was zero or, in the last term, below a space; bytes that had it before
// are taken out. Borrows reach higher bytes only, so that the lowest hit is a true one.
func special(w uint64) uint64 {
	const ones = 0x0101010101010101
	q, b := w^ones*'"', w^ones*'\\'
	return ((q - ones) | (b - ones) | (w - ones*' ')) &^ w & highBits
}

// endString closes the string whose closing quote is buf[i].
func (v *valueScan) endString(buf []byte, i int) (int, outcome) {
	if !v.keyNext {
		i, out := v.endValue(i + 1)
		if out == needMore && i+1 < len(buf) && buf[i] == ',' {
			v.want = wantValue
			if v.inObject() {
				v.want = wantKey
			}
			i++
		}
		return i, out
	}
	v.want = wantColon
	if v.depth == 1 && len(v.keys) > 0 && v.keys[len(v.keys)-1].end == 0 {
		v.keys[len(v.keys)-1].end = i
	}
	if i+3 < len(buf) && buf[i+1] == ':' { // nearly always: not worth two more turns of the loop
		v.want = wantValue
		if i += 2; buf[i] == ' ' {
			i++
		}
		if buf[i] == '"' {
			return v.quote(buf, i)
		}
		return i, needMore
	}
	return i + 1, needMore
}
