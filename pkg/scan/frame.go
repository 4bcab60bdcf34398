package scan

import (
	"errors"
	"fmt"
	"io"
)

// DefaultMaxDocument is the largest document that is read without a flag, in bytes.
const DefaultMaxDocument = 256 << 20

const (
	firstBlock = 64 << 10 // bytes read ahead from a source of unknown size
	largeBlock = 1 << 20  // and at most from a file
	// minRescan is how many bytes of a source may be looked at again behind broken documents, or as many as the largest
	// document may have: without a bound, a source of nothing but opening brackets takes time that grows with the square of its size.
	minRescan = 32 << 20
)

// frame is what the framer found next: a document, or an error in its place.
type frame struct {
	raw    []byte
	keys   Keys
	offset int64
	number int // from 1; 0 when no document began
	err    error
}

// framer cuts a stream of bytes into documents. It reads into blocks and hands out parts of them, never writing again what
// it has handed out, since strings are made of it without a copy (see [Document.Raw]); a document that does not fit is moved to a larger
// block, what is skipped is never moved.
type framer struct {
	r   io.Reader
	max int64
	// whole reports whether an array with this first element is one document; nil is never.
	whole func(first Keys) bool
	// known reports whether a document is of a known format; nil when documents that look like lines of a log are documents.
	known func(k Keys) bool
	hint  int64 // bytes that the source probably still holds; 0 unknown

	buf    []byte
	base   int64 // offset of buf[0] in the source
	pos    int   // next byte to look at
	keep   int   // first byte that must survive a refill
	shared bool  // somebody holds a part of buf
	eof    bool
	rerr   error // what ended reading, unless it was the end

	value       valueScan
	arrays      []bool // per open array of documents: an element has been read
	separated   bool   // a comma has been read since the last element
	anchored    bool   // keep points before pos on purpose
	resync      bool
	afterBroken bool // an array was left by a broken element: its commas and closer are not worth an error
	lineStart   bool
	rescanned   int64

	number    int // documents so far
	logLines  int
	nuls      bool
	content   bool   // something that is not blank was seen
	documents bool   // a document, a broken one or an empty array was seen
	excerpt   []byte // how the first log line begins
}

func newFramer(r io.Reader, size, maxDocument int64, whole func(first Keys) bool) *framer {
	if maxDocument <= 0 {
		maxDocument = DefaultMaxDocument
	}
	return &framer{r: r, max: maxDocument, whole: whole, hint: size, lineStart: true}
}

// offset is the position of the next byte in the source.
func (f *framer) offset() int64 { return f.base + int64(f.pos) }

// more reads at least one more byte behind buf, keeping buf[keep:]. It is false at the end of the source.
// Indices into buf are moved by the amount that f.base grows.
func (f *framer) more() bool {
	if f.eof {
		return false
	}
	if len(f.buf) == cap(f.buf) {
		f.grow()
	}
	for range 100 {
		n, err := f.r.Read(f.buf[len(f.buf):cap(f.buf)])
		f.buf = f.buf[:len(f.buf)+n]
		f.hint = max(0, f.hint-int64(n))
		if err != nil {
			f.eof = true
			if !errors.Is(err, io.EOF) {
				f.rerr = err
			}
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	f.eof, f.rerr = true, io.ErrNoProgress
	return false
}

// grow makes room behind buf[keep:], in place when nobody else holds a part of the block.
func (f *framer) grow() {
	held := len(f.buf) - f.keep
	size := int(min(max(firstBlock, f.hint+1), largeBlock))
	if held*2 > size {
		size = held * 2
		if held < largeBlock || f.hint > 0 {
			size = held * 4
		}
		if f.hint > 0 { // a file says how long it is: no need for more
			size = min(size, held+int(f.hint)+1)
		}
		size = min(size, max(held, int(f.max))+firstBlock)
	}
	target := f.buf[:0]
	if f.shared || cap(f.buf) < size {
		target = make([]byte, 0, size)
		f.shared = false
	}
	f.base += int64(f.keep)
	f.pos -= f.keep
	target = target[:held]
	copy(target, f.buf[f.keep:])
	f.buf, f.keep = target, 0
}

// next returns the next document or error; false when the source has ended.
func (f *framer) next() (frame, bool) {
	for {
		if f.resync && !f.skipToDocument() {
			break
		}
		c, ok := f.skipBlank()
		if !ok {
			break
		}
		f.content = true
		if fr, done := f.dispatch(c); done {
			return fr, true
		}
	}
	if len(f.arrays) > 0 && !f.afterBroken {
		f.arrays = nil
		return f.stray(errors.New("unexpected end of JSON: the array of documents is not closed")), true
	}
	return frame{}, false
}

// dispatch looks at the first byte of whatever comes next. It is false when that was no document and no error.
func (f *framer) dispatch(c byte) (frame, bool) {
	inArray := len(f.arrays) > 0
	switch c {
	case '{':
		return f.element()
	case '[':
		return f.array()
	case ',':
		if inArray && f.arrays[len(f.arrays)-1] && !f.separated {
			f.pos++
			f.separated = true
			return frame{}, false
		}
		return f.punctuation(c)
	case ']':
		if inArray && !f.separated {
			f.pos++
			f.closeArray()
			return frame{}, false
		}
		return f.punctuation(c)
	case '}', ':':
		if c == '}' || inArray {
			return f.punctuation(c)
		}
	}
	if inArray {
		return f.element()
	}
	return f.line()
}

// array opens an array of documents, unless the bracket begins a log line or an array that is one document.
func (f *framer) array() (frame, bool) {
	if len(f.arrays) == 0 && f.logBracket() {
		return f.line()
	}
	if fr, bad := f.needComma(); bad {
		return fr, true
	}
	if len(f.arrays) == maxDepth {
		return f.brokenAt(f.pos, f.pos, fmt.Errorf("nested deeper than the limit of %d", maxDepth)), true
	}
	f.documents = true
	start := f.pos
	f.keep, f.anchored = start, true
	f.pos++
	before := f.base
	c, ok := f.skipBlank()
	start -= int(f.base - before)
	f.arrays = append(f.arrays, false)
	f.separated = false
	if ok && c == '{' {
		return f.firstElement(start)
	}
	f.keep, f.anchored = f.pos, false
	return frame{}, false
}

// firstElement frames an array's first element and then looks whether the array that begins at start is one document after all.
func (f *framer) firstElement(start int) (frame, bool) {
	before := f.base
	fr := f.document()
	start -= int(f.base - before)
	if fr.err == nil && f.whole != nil && f.whole(fr.keys) {
		f.arrays = f.arrays[:len(f.arrays)-1]
		f.number--
		f.keep, f.pos, f.anchored = start, start, false
		array := f.document()
		array.keys.ofElement(fr.keys, int(fr.offset-array.offset))
		return array, true
	}
	f.keep, f.anchored = f.pos, false
	return fr, true
}

func (f *framer) closeArray() {
	f.arrays = f.arrays[:len(f.arrays)-1]
	f.separated = false
	f.afterValue()
}

// afterValue notes that the surrounding array, if any, has an element.
func (f *framer) afterValue() {
	if n := len(f.arrays); n > 0 {
		f.arrays[n-1] = true
	}
	f.separated = false
	f.lineStart = false
}

// needComma returns an error, once, for two elements with nothing between them.
func (f *framer) needComma() (frame, bool) {
	if n := len(f.arrays); n > 0 && f.arrays[n-1] && !f.separated && !f.afterBroken {
		f.separated = true
		return f.stray(errors.New("found a value where ',' or ']' must stand")), true
	}
	return frame{}, false
}

// element frames one document where documents may stand.
func (f *framer) element() (frame, bool) {
	if fr, bad := f.needComma(); bad {
		return fr, true
	}
	documents := f.documents
	fr := f.document()
	return fr, !f.skipLog(&fr, documents)
}
