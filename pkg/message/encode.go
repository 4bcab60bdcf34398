package message

import (
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/s2"
)

// version is the first byte of an encoded message. What follows is s2-compressed: the fields in the order of coder.message, numbers as
// varints, texts and lists behind their lengths.
const version = 5

// maxDecoded bounds what a message may unpack to, so that a damaged length cannot ask for all memory: 1 GiB.
const maxDecoded = 1 << 30

// buffers are those of an encoding that is over, for the next.
var buffers = sync.Pool{New: func() any { return new(buffer) }}

type buffer struct{ plain, packed []byte }

// keepBuffer is how large a buffer may be and still wait for the next message, in bytes.
const keepBuffer = 1 << 20

// Encode returns the form in which m waits on disk. Section.Document is not in it, nor what a finding says of itself that is never
// stored. Names come from scans: what is not valid UTF-8 is replaced rather than lost with the whole message; exact reports whether
// nothing was, so that [Decode] says the same as m.
func Encode(m *Message) (p []byte, exact bool) {
	b, _ := buffers.Get().(*buffer)
	c := coder{writing: true, out: b.plain[:0]}
	c.message(m)
	b.plain = c.out
	if n := s2.MaxEncodedLen(len(c.out)); cap(b.packed) < n {
		b.packed = make([]byte, n)
	}
	packed := s2.Encode(b.packed[:cap(b.packed)], c.out)
	p = append(append(make([]byte, 0, 1+len(packed)), version), packed...)
	if cap(b.plain)+cap(b.packed) <= keepBuffer {
		buffers.Put(b)
	}
	return p, !c.replaced
}

// Decode reads what Encode wrote. A newer version is an error that says so.
func Decode(p []byte) (*Message, error) {
	if len(p) == 0 {
		return nil, errors.New("message: empty")
	}
	if p[0] > version {
		return nil, fmt.Errorf("message: version %d, this program knows %d: a newer postee wrote it", p[0], version)
	}
	if p[0] < version {
		return nil, fmt.Errorf("message: version %d is from before the first release", p[0])
	}
	if n, err := s2.DecodedLen(p[1:]); err != nil || n > maxDecoded {
		return nil, errors.New("message: damaged length")
	}
	plain, err := s2.Decode(nil, p[1:])
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	c := coder{in: string(plain)}
	m := new(Message)
	c.message(m)
	if c.bad || c.in != "" {
		return nil, errors.New("message: damaged")
	}
	return m, nil
}
