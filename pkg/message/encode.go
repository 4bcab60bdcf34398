package message

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/s2"
)

// version is the first byte of an encoded message: 1 is s2-compressed JSON of [Message].
const version = 1

// maxDecoded bounds what a message may unpack to, so that a damaged length cannot ask for all memory: 1 GiB.
const maxDecoded = 1 << 30

// Encode returns the form in which m waits on disk: a version byte and s2-compressed JSON. Section.Document is not in it.
func Encode(m *Message) ([]byte, error) {
	// Names come from scans: what is not valid UTF-8 is replaced rather than lost with the whole message.
	var plain bytes.Buffer // Marshal would make a copy of it, and large scans make large messages
	if err := json.MarshalWrite(&plain, m, jsontext.AllowInvalidUTF8(true), json.Deterministic(true)); err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	out := make([]byte, 1, 1+s2.MaxEncodedLen(plain.Len()))
	out[0] = version
	out = out[:1+len(s2.Encode(out[1:cap(out)], plain.Bytes()))]
	if len(out) < cap(out)/2 { // it is kept until it is delivered
		out = bytes.Clone(out)
	}
	return out, nil
}

// Decode reads what Encode of this or any earlier version wrote. A newer version is an error that says so.
func Decode(p []byte) (*Message, error) {
	if len(p) == 0 {
		return nil, errors.New("message: empty")
	}
	if p[0] != version {
		return nil, fmt.Errorf("message: version %d, this program knows %d: a newer postee wrote it", p[0], version)
	}
	if n, err := s2.DecodedLen(p[1:]); err != nil || n > maxDecoded {
		return nil, errors.New("message: damaged length")
	}
	plain, err := s2.Decode(nil, p[1:])
	if err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	m := new(Message)
	if err := json.Unmarshal(plain, m); err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	return m, nil
}
