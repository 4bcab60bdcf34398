package scan

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// maxDepth is how deeply containers may be nested, the bound of the decoder too.
const maxDepth = 10_000

// expect is what may come next inside a value.
type expect uint8

const (
	wantValue      expect = iota
	wantFirstValue        // or "]"
	wantKey
	wantFirstKey // or "}"
	wantColon
	wantNext // a comma or the closer
	insideString
	insideEscape
	insideScalar
)

// outcome is what a run over the bytes at hand came to.
type outcome uint8

const (
	needMore outcome = iota
	complete
	broken
)

// span is the place of a top-level key, quotes excluded, and of its value's first byte, relative to the document.
type span struct{ start, end, value int }

// maxTopKeys bounds how many top-level keys are remembered: no scanner has so many.
const maxTopKeys = 1024

// valueScan finds the end of one JSON value that arrives in pieces. It knows enough of the grammar to notice early that
// a document was cut and another began; the fine points (escapes, numbers, literals) are the decoder's.
type valueScan struct {
	want    expect
	keyNext bool // the string at hand is a key
	depth   int
	objects [maxDepth/64 + 1]uint64 // a bit per open container: set for an object
	keys    []span
	err     error
}

// reset prepares for the next value. Keys are handed out with their document, so that they start afresh.
func (v *valueScan) reset() {
	v.want, v.keyNext, v.depth, v.keys, v.err = wantValue, false, 0, nil, nil
}

func (v *valueScan) inObject() bool { d := v.depth - 1; return v.objects[d>>6]&(1<<(d&63)) != 0 }

// fail remembers what is wrong.
func (v *valueScan) fail(format string, args ...any) outcome {
	if len(args) == 0 {
		v.err = errors.New(format)
	} else {
		v.err = fmt.Errorf(format, args...)
	}
	return broken
}

// run goes on at buf[i], where buf[0] is the document's first byte. It returns where it stopped: behind the value, at the
// offending byte, or at the end of buf.
func (v *valueScan) run(buf []byte, i int) (int, outcome) {
	for i < len(buf) {
		if v.depth > 1 && v.want < insideString {
			if i = v.skim(buf, i); i == len(buf) {
				break
			}
		}
		var out outcome
		if i, out = v.step(buf, i); out != needMore {
			return i, out
		}
	}
	return i, needMore
}

// step goes on over one token, or what is at hand of it, and whatever it can take along. All of the grammar is in it.
func (v *valueScan) step(buf []byte, i int) (int, outcome) {
	switch {
	case v.want == insideString:
		return v.str(buf, i)
	case v.want == insideEscape:
		v.want = insideString
		return i + 1, needMore
	case v.want == insideScalar:
		return v.scalar(buf, i)
	case buf[i] <= ' ':
		return v.blank(buf, i)
	case buf[i] == '"':
		return v.quote(buf, i)
	}
	return v.token(buf, i)
}

// blank skips white space.
func (v *valueScan) blank(buf []byte, i int) (int, outcome) {
	if i = skipSpace(buf, i); i < len(buf) && buf[i] < ' ' {
		return i, v.fail("control character %#02x between values", buf[i])
	}
	return i, needMore
}

// skipBlank is skipSpace where mostly there is none.
func skipBlank(buf []byte, i int) int {
	if i < len(buf) && buf[i] > ' ' {
		return i
	}
	return skipSpace(buf, i)
}

// skipSpace returns the index of the first byte from i on that is no white space. That is one space, mostly, or much indentation, of which
// eight spaces are taken at once. It is not inlined, so that skipBlank can be.
//
//go:noinline
func skipSpace(buf []byte, i int) int {
	const spaces = 0x2020202020202020
	if i+1 < len(buf) && buf[i] == ' ' && buf[i+1] > ' ' {
		return i + 1
	}
	for i < len(buf) {
		switch buf[i] {
		case ' ', '\n', '\t', '\r':
			i++
		default:
			return i
		}
		for i+8 <= len(buf) {
			w := binary.LittleEndian.Uint64(buf[i:]) ^ spaces
			if w != 0 {
				i += bits.TrailingZeros64(w) >> 3
				break
			}
			i += 8
		}
	}
	return i
}

// quote begins a string, which is a key or a value.
func (v *valueScan) quote(buf []byte, i int) (int, outcome) {
	switch v.want {
	case wantKey, wantFirstKey:
		v.keyNext = true
		if v.depth == 1 && len(v.keys) < maxTopKeys {
			if v.keys == nil {
				v.keys = make([]span, 0, 16)
			}
			v.keys = append(v.keys, span{start: i + 1})
		}
	case wantValue, wantFirstValue:
		v.keyNext = false
		v.noteValue(i)
	default:
		return i, v.misplaced('"')
	}
	v.want = insideString
	return v.str(buf, i+1)
}

// endValue closes the value that ends before i.
func (v *valueScan) endValue(i int) (int, outcome) {
	if v.depth == 0 {
		return i, complete
	}
	v.want = wantNext
	return i, needMore
}

// noteValue remembers where the value of a top-level key begins.
func (v *valueScan) noteValue(i int) {
	if v.depth == 1 && len(v.keys) > 0 {
		if k := &v.keys[len(v.keys)-1]; k.value == 0 {
			k.value = i
		}
	}
}

// token deals with punctuation and with the first byte of a number or literal.
func (v *valueScan) token(buf []byte, i int) (int, outcome) {
	c := buf[i]
	switch c {
	case ':':
		if v.want == wantColon {
			v.want = wantValue
			return i + 1, needMore
		}
	case ',':
		if v.want == wantNext {
			v.want = wantValue
			if v.inObject() {
				v.want = wantKey
			}
			return i + 1, needMore
		}
	case '{', '[':
		if v.want == wantValue || v.want == wantFirstValue {
			return v.open(i, c)
		}
	case '}', ']':
		if v.want != wantColon && v.want != wantValue && v.want != wantKey && v.depth > 0 {
			return v.close(i, c)
		}
	default:
		if v.want == wantValue || v.want == wantFirstValue {
			v.noteValue(i)
			v.want = insideScalar
			return v.scalar(buf, i)
		}
	}
	return i, v.misplaced(c)
}

func (v *valueScan) open(i int, c byte) (int, outcome) {
	if v.depth == maxDepth {
		return i, v.fail("nested deeper than the limit of %d", maxDepth)
	}
	v.noteValue(i)
	bit := uint64(1) << (v.depth & 63)
	if c == '{' {
		v.objects[v.depth>>6] |= bit
		v.want = wantFirstKey
	} else {
		v.objects[v.depth>>6] &^= bit
		v.want = wantFirstValue
	}
	v.depth++
	return i + 1, needMore
}

func (v *valueScan) close(i int, c byte) (int, outcome) {
	if v.inObject() != (c == '}') || v.want == wantFirstValue && c == '}' || v.want == wantFirstKey && c == ']' {
		return i, v.misplaced(c)
	}
	v.depth--
	return v.endValue(i + 1)
}

// scalar goes on inside a number or literal, up to a byte that cannot belong to one.
func (v *valueScan) scalar(buf []byte, i int) (int, outcome) {
	for i < len(buf) {
		switch c := buf[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '+', c == '.':
			i++
		case c > ' ' && c != ',' && c != '}' && c != ']':
			return i, v.misplaced(c)
		default:
			return v.endValue(i)
		}
	}
	return i, needMore
}

// misplaced fails with what stands where something else must.
func (v *valueScan) misplaced(c byte) outcome {
	found := fmt.Sprintf("%q", rune(c))
	if c >= 0x80 {
		found = fmt.Sprintf("byte %#02x", c)
	}
	names := [...]string{"a value", "a value or ']'", "a key", "a key or '}'", "':'", "',' or the end of the object or array", "", "", "a value"}
	return v.fail("found %s where %s must stand", found, names[v.want])
}
