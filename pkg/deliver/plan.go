package deliver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// half is the length of each half of a plan's digest: of the parts' names, and of all of them.
const half = 16

// planDigest tells plans apart: 16 bytes for the parts' names and number, 16 bytes for their content too.
func planDigest(parts []sinks.Part) []byte {
	names, all := sha256.New(), sha256.New()
	for _, p := range parts {
		for _, field := range [][]byte{[]byte(p.Name), []byte(p.MediaType), p.Body} {
			all.Write(binary.AppendUvarint(nil, uint64(len(field))))
			all.Write(field)
		}
		names.Write(binary.AppendUvarint(nil, uint64(len(p.Name))))
		names.Write([]byte(p.Name))
	}
	return append(names.Sum(nil)[:half:half], all.Sum(nil)[:half]...)
}

// resume gives the parts that are still to send. A plan that another version of the program began is gone on with only when
// it has the same parts by name; before the first confirmed part any plan will do.
func (it *item) resume(parts []sinks.Part) ([]sinks.Part, error) {
	if len(parts) == 0 {
		return nil, &sinks.PermanentError{Err: errors.New("the target has no way to say this message")}
	}
	digest := planDigest(parts)
	if len(it.Done) > 0 && (len(it.Plan) < half || !bytes.Equal(it.Plan[:half], digest[:half])) {
		return nil, &sinks.PermanentError{Err: fmt.Errorf(
			"%d parts were sent by another version of postee, which divided the message differently: the rest would not fit", len(it.Done))}
	}
	it.Plan = digest
	return slices.DeleteFunc(slices.Clone(parts), func(p sinks.Part) bool { return slices.Contains(it.Done, p.Name) }), nil
}

// plan reads the message, puts the documents in, and has the sink say it.
func (c *Courier) plan(it *item) (m *message.Message, parts []sinks.Part, err error) {
	m, err = message.Decode(it.Message)
	if err != nil {
		return nil, nil, &sinks.PermanentError{Err: err}
	}
	if it.desk.Needs.Document {
		if err := c.documents(it, m); err != nil {
			return nil, nil, err
		}
	}
	parts, err = guard(func() ([]sinks.Part, error) { return it.desk.Sink.Plan(m) })
	if err != nil {
		return nil, nil, &sinks.PermanentError{Err: err}
	}
	parts, err = it.resume(parts)
	return m, parts, err
}

// documents puts the bytes that were received beside each section that has any.
func (c *Courier) documents(it *item, m *message.Message) error {
	for i := range m.Sections {
		digest := m.Sections[i].Blob
		if len(m.Sections) == 1 && len(it.Document) > 0 {
			digest = it.Document
		}
		if len(digest) == 0 {
			continue
		}
		if it.document != nil && bytes.Equal(digest, it.Document) {
			m.Sections[i].Document = it.document
			continue
		}
		document, err := c.blob(digest)
		if err != nil {
			return err
		}
		m.Sections[i].Document = document
	}
	return nil
}

// blob reads a document from the state. A state that cannot give it ends everything.
func (c *Courier) blob(digest []byte) (document []byte, err error) {
	ctx, cancel := context.WithTimeout(c.lasting, commitLimit)
	defer cancel()
	err = c.o.Store.View(ctx, func(tx state.Tx) error {
		stored, err := state.Blob(tx, digest)
		document = bytes.Clone(stored)
		return err
	})
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.fail(err)
		return nil, errState
	}
	return document, nil
}

// guard turns a panic of a sink into an error of one message: it would end every later run too. Its value is not shown,
// because nobody has taken the secrets out of it.
func guard[T any](call func() (T, error)) (result T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &sinks.PermanentError{Err: fmt.Errorf("the target's code failed on this message (%T): please report it", v)}
		}
	}()
	return call()
}
