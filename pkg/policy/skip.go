package policy

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes are looked at together: one in each byte, and the highest bit of each.
const (
	ones     = 0x0101010101010101
	highBits = 0x8080808080808080
)

// skipBlank returns the index of the first byte from i on that is no white space.
func skipBlank(raw []byte, i int) int {
	if i < len(raw) && raw[i] > ' ' {
		return i
	}
	return skipSpace(raw, i)
}

// skipSpace is skipBlank where there is some: mostly one space, or much indentation. It is not inlined, so that skipBlank can be.
//
//go:noinline
func skipSpace(raw []byte, i int) int {
	for i < len(raw) {
		switch raw[i] {
		case ' ', '\n', '\t', '\r':
			i++
		default:
			return i
		}
		for i+8 <= len(raw) && binary.LittleEndian.Uint64(raw[i:]) == ones*' ' {
			i += 8
		}
	}
	return i
}

// stringEnd returns the index of the quote that closes the string of which raw[i] is the first byte behind the opening one, or -1. odd is
// that there is something else in it than printable ASCII without escapes.
func stringEnd(raw []byte, i int) (end int, odd bool) {
	high := uint64(0)
	for i+8 <= len(raw) {
		w := binary.LittleEndian.Uint64(raw[i:])
		quote, backslash := w^ones*'"', w^ones*'\\'
		// Subtracting sets the highest bit of a byte that was less than what is subtracted. It borrows from higher bytes only, so
		// that the lowest byte found is a true one.
		found := ((quote-ones)&^quote | (backslash-ones)&^backslash) & highBits
		bytes := w | (w-ones*' ')&^w
		if found == 0 {
			high |= bytes
			i += 8
			continue
		}
		before := bits.TrailingZeros64(found) &^ 7
		high |= bytes & (1<<before - 1)
		if i += before / 8; raw[i] == '"' {
			return i, odd || high&highBits != 0
		}
		i, odd = i+2, true
	}
	for ; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			return i, odd || high&highBits != 0
		case c == '\\':
			i++
			odd = true
		case c < ' ' || c >= 0x80:
			odd = true
		}
	}
	return -1, odd
}

// skipValue returns the index behind the value that begins at raw[i], or -1 when it has no end. That the value is JSON is not checked: what
// is none ends somewhere.
func skipValue(raw []byte, i int) int {
	if i >= len(raw) {
		return -1
	}
	switch raw[i] {
	case '{', '[':
		return skipContainer(raw, i)
	case '"':
		end, _ := stringEnd(raw, i+1)
		if end < 0 {
			return -1
		}
		return end + 1
	}
	return scalarEnd(raw, i)
}

// skipContainer returns the index behind the object or array that begins at raw[i], or -1.
func skipContainer(raw []byte, i int) int {
	for depth := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			if i, _ = stringEnd(raw, i+1); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '\n':
			i = skipSpace(raw, i) - 1
		}
	}
	return -1
}

// scalarEnd returns the index behind the number or word that begins at raw[i], or -1 when there is none.
func scalarEnd(raw []byte, i int) int {
	from := i
	for i < len(raw) {
		switch raw[i] {
		case ',', ']', '}', ':', '"', '{', '[', ' ', '\n', '\t', '\r':
			if i == from {
				return -1
			}
			return i
		}
		i++
	}
	if i == from {
		return -1
	}
	return i
}
