package scan

import (
	"encoding/binary"
)

// skim goes on from buf[i] over whole tokens below the top level, of which nothing is remembered, as long as they are as they should be.
// It returns where it stopped, for run to go on: back at the top level, at a token that is not in buf as a whole, or at one that is
// misplaced. This is where nearly all of a document is.
func (v *valueScan) skim(buf []byte, i int) int {
	want, inObject := v.want, v.inObject()
	for i < len(buf) {
		c := buf[i]
		switch {
		case c == '"':
			isKey := want == wantKey || want == wantFirstKey
			end := i + 1
			if end+16 <= len(buf) {
				pair := buf[end : end+16 : end+16]
				end += plainBytes(special(binary.LittleEndian.Uint64(pair)), special(binary.LittleEndian.Uint64(pair[8:])))
			}
			if end == len(buf) || buf[end] != '"' {
				end = closingQuote(buf, end)
			}
			if end < 0 || !isKey && want > wantFirstValue {
				v.want = want
				return i
			}
			i, want = end+1, wantNext
			if isKey {
				want = wantColon
			}
		case c == ':' && want == wantColon:
			i, want = i+1, wantValue
		case c == ',' && want == wantNext:
			i, want = i+1, wantValue
			if inObject {
				want = wantKey
			}
		case c == ' ' && i+1 < len(buf) && buf[i+1] > ' ':
			i++ // alone, behind a colon or a comma
		case c <= ' ':
			next := skipSpace(buf, i)
			if next == i {
				v.want = want
				return i
			}
			i = next
		default:
			v.want = want
			next, ok := v.skimOther(buf, i)
			if !ok {
				return next
			}
			i, want, inObject = next, v.want, v.inObject()
		}
	}
	v.want = want
	return i
}

// skimOther goes over a bracket, or a number or literal. It is false when run has to go on at the byte that it returns.
func (v *valueScan) skimOther(buf []byte, i int) (int, bool) {
	switch c := buf[i]; c {
	case '{', '[':
		if v.want > wantFirstValue || v.depth == maxDepth {
			return i, false
		}
		i, _ = v.open(i, c)
		return i, true
	case '}', ']':
		if v.want == wantColon || v.want == wantValue || v.want == wantKey {
			return i, false
		}
		next, out := v.close(i, c)
		return next, out == needMore && v.depth > 1
	case ':', ',':
		return i, false
	}
	if v.want > wantFirstValue {
		return i, false
	}
	end, out := v.scalar(buf, i)
	if out != needMore || end == len(buf) {
		return i, false // run finds out what is wrong, or that there is more to come
	}
	return end, true
}

// closingQuote returns the index of the quote that closes a string of which buf[i] is the first byte; -1 when it is not in buf, or
// something stands before it that a string may not have.
func closingQuote(buf []byte, i int) int {
	for {
		i = stringRun(buf, i)
		if i >= len(buf) {
			return -1
		}
		switch buf[i] {
		case '"':
			return i
		case '\\':
			i += 2
		default:
			return -1
		}
	}
}
