package state

import "io"

// Halt lets a test end what replaces the state's file after a step.
func (b *Bolt) Halt(halt func(step string) error) { b.halt = halt }

// ReadExport calls fn with every pair of an export, and then checks its end.
func ReadExport(from io.Reader, fn func(bucket, key string, payload []byte)) error {
	r := newLineReader(from)
	if _, err := r.head(); err != nil {
		return err
	}
	for {
		p, more, err := r.pair()
		if err != nil || !more {
			return err
		}
		fn(p.Bucket, p.Key, p.Payload)
	}
}
