package scan

import (
	"encoding/binary"
	"unicode/utf8"
)

// stringEnd returns the index of the quote that closes the string of which raw[i] is the first byte behind the opening one, and whether there
// are escapes in it. It is -1 when the string is not closed, or no Unicode, or there is something in it that a string may not have.
func stringEnd(raw []byte, i int) (end int, escaped bool) {
	from, high := i, uint64(0)
	for {
		found := false
		for !found && i+16 <= len(raw) {
			pair := raw[i : i+16 : i+16]
			first, second := binary.LittleEndian.Uint64(pair), binary.LittleEndian.Uint64(pair[8:])
			high |= first | second
			first, second = special(first), special(second)
			if found = first|second != 0; found {
				i += plainBytes(first, second)
			} else {
				i += 16
			}
		}
		for !found && i < len(raw) && raw[i] >= ' ' && raw[i] != '"' && raw[i] != '\\' {
			high |= uint64(raw[i])
			i++
		}
		if i < len(raw) && raw[i] == '"' {
			break
		}
		length := 0
		if i < len(raw) && raw[i] == '\\' {
			length = escapeLength(raw[i:])
		}
		if length == 0 {
			return -1, false
		}
		i, escaped = i+length, true
	}
	if high&highBits != 0 && !utf8.Valid(raw[from:i]) {
		return -1, false
	}
	return i, escaped
}

// escapeLength returns the length of the escape with which b begins, 0 when it is none that stands for a character. Two escapes that
// stand for one character together are one.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
	default:
		return 0
	}
	const surrogates, low, end = 0xd800, 0xdc00, 0xe000
	switch unit := escapedUnit(b); {
	case unit < 0:
		return 0
	case unit < surrogates || unit >= end:
		return 6
	case unit < low && len(b) > 6:
		if second := escapedUnit(b[6:]); second >= low && second < end {
			return 12
		}
	}
	return 0
}

// escapedUnit returns the UTF-16 unit of the escape "\u1234" with which b begins, -1 when it begins otherwise.
func escapedUnit(b []byte) int {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	unit := 0
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		unit = unit<<4 | int(c)
	}
	return unit
}

// unescaped returns what the content of a string says, in memory of its own.
func unescaped(text []byte) string {
	quoted := make([]byte, 0, len(text)+2)
	quoted = append(append(append(quoted, '"'), text...), '"')
	return unquoted(quoted)
}

// scalar skips a number, true, false or null.
func (t *Tokens) scalar() {
	switch t.next() {
	case 't':
		t.literal("true")
	case 'f':
		t.literal("false")
	case 'n':
		t.literal("null")
	default:
		t.number()
	}
}

// literal goes behind a word.
func (t *Tokens) literal(word string) {
	if end := t.pos + len(word); end <= len(t.raw) && string(t.raw[t.pos:end]) == word {
		t.pos = end
		return
	}
	t.GiveUp()
}

// number goes behind a number.
func (t *Tokens) number() {
	raw, i := t.raw, t.pos
	if i < len(raw) && raw[i] == '-' {
		i++
	}
	first := i
	i = skipDigits(raw, i)
	sound := i > first && (raw[first] != '0' || i == first+1)
	if sound && i < len(raw) && raw[i] == '.' {
		first = i + 1
		i = skipDigits(raw, first)
		sound = i > first
	}
	if sound && i < len(raw) && (raw[i] == 'e' || raw[i] == 'E') {
		i++
		if i < len(raw) && (raw[i] == '+' || raw[i] == '-') {
			i++
		}
		first = i
		i = skipDigits(raw, i)
		sound = i > first
	}
	if t.pos = i; !sound {
		t.GiveUp()
	}
}

// skipDigits returns the index of the first byte from i on that is no digit.
func skipDigits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

// keyHash returns a hash of the key raw[from:end]. Two keys that have one by chance are taken for one, which costs time only.
func keyHash(raw []byte, from, end int) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	h := uint64(end - from)
	for ; from+8 < end; from += 8 {
		h = (h ^ binary.LittleEndian.Uint64(raw[from:])) * odd
		h ^= h >> 32
	}
	rest := uint64(0) // the last bytes, the first of them lowest
	if end >= 8 {
		rest = binary.LittleEndian.Uint64(raw[end-8:]) >> (8 * (8 - (end - from)))
	} else {
		for i := end - 1; i >= from; i-- {
			rest = rest<<8 | uint64(raw[i])
		}
	}
	h = (h ^ rest) * odd
	return h ^ h>>32
}
