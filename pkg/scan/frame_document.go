package scan

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// errCut is a document that ends too early.
var errCut = errors.New("unexpected end of JSON")

// document frames the value at f.pos.
func (f *framer) document() frame {
	start := f.pos
	if !f.anchored {
		f.keep = start
	}
	f.documents = true
	f.value.reset()
	i := start
	for {
		end, out := f.value.run(f.buf[start:], i-start)
		i = start + end
		switch {
		case int64(end) > f.max:
			return f.brokenAt(start, start+int(f.max), fmt.Errorf("larger than the limit of %d bytes (--max-document)", f.max))
		case out == complete:
			return f.finish(start, i)
		case out == broken:
			return f.brokenAt(start, i, f.value.err)
		}
		before := f.base
		f.pos = i
		if !f.more() {
			return f.atEnd(start, i)
		}
		moved := int(f.base - before)
		start, i = start-moved, i-moved
	}
}

// atEnd returns the value that the end of the source has ended: an error unless it is a scalar.
func (f *framer) atEnd(start, i int) frame {
	if f.value.depth == 0 && f.value.want == insideScalar {
		return f.finish(start, i)
	}
	return f.brokenAt(start, i, errCut)
}

// finish hands out the value buf[start:end]; one that is no container is refused.
func (f *framer) finish(start, end int) frame {
	raw := f.buf[start:end:end]
	kind := jsontext.Value(raw).Kind()
	if kind != '{' && kind != '[' && !jsontext.Value(raw).IsValid(jsontext.AllowInvalidUTF8(true)) {
		return f.brokenAt(start, start, fmt.Errorf("found %s where a document must stand", quoteExcerpt(raw)))
	}
	f.number++
	f.pos = end
	if !f.anchored {
		f.keep = end
	}
	f.afterValue()
	offset := f.base + int64(start)
	if kind != '{' && kind != '[' {
		return frame{offset: offset, number: f.number, err: fmt.Errorf("expected an object, found %s", kindName(kind))}
	}
	if len(raw) <= cap(f.buf)/2 {
		// A document that is kept, for a message that waits, must not keep others that were read with it.
		raw = bytes.Clone(raw)
	} else {
		f.shared = true
	}
	return frame{raw: raw, keys: Keys{raw: raw, spans: f.value.keys}, offset: offset, number: f.number}
}

// brokenAt reports the document that begins at buf[start] as broken at buf[at], and goes on behind its first byte.
func (f *framer) brokenAt(start, at int, err error) frame {
	f.number++
	f.documents = true
	f.rescanned += int64(at - start)
	f.pos = start + 1
	f.keep, f.anchored = f.pos, false
	f.resync, f.afterBroken = true, f.afterBroken || len(f.arrays) > 0
	f.arrays = f.arrays[:0]
	if f.rescanned > max(minRescan, f.max) {
		f.abandon()
		err = fmt.Errorf("%w; too many broken documents: the rest of this input is not read", err)
	}
	return frame{offset: f.base + int64(at), number: f.number, err: err}
}

// abandon makes the source end here.
func (f *framer) abandon() { f.pos, f.keep, f.eof = len(f.buf), len(f.buf), true }

// stray is an error at the next byte that belongs to no document.
func (f *framer) stray(err error) frame { return frame{offset: f.offset(), err: err} }

// punctuation skips JSON punctuation outside a document and returns one error for a run of it.
func (f *framer) punctuation(c byte) (frame, bool) {
	fr := f.stray(fmt.Errorf("found %q outside a document", rune(c)))
	quiet := f.afterBroken && (c == ',' || c == ']')
	f.documents = f.documents || !quiet
	for {
		f.pos++
		f.keep = f.pos
		next, ok := f.skipBlank()
		if !ok || next != ',' && next != ']' && next != '}' {
			break
		}
		quiet = quiet && next != '}'
	}
	if len(f.arrays) > 0 {
		f.separated = true
	}
	return fr, !quiet
}

// skipToDocument goes to the next line that begins with a bracket in its first column. It is false at the end of the source.
func (f *framer) skipToDocument() bool {
	for f.skipLine() {
		if f.pos >= len(f.buf) && !f.more() {
			return false
		}
		if c := f.buf[f.pos]; c == '{' || c == '[' && !f.logBracket() {
			f.resync, f.lineStart = false, true
			return true
		}
	}
	return false
}

// skipLine goes behind the next line feed. It is false at the end of the source.
func (f *framer) skipLine() bool {
	for {
		if n := bytes.IndexByte(f.buf[f.pos:], '\n'); n >= 0 {
			f.pos += n + 1
			f.keep, f.lineStart = f.pos, true
			return true
		}
		f.pos = len(f.buf)
		f.keep = f.pos
		if !f.more() {
			return false
		}
	}
}
