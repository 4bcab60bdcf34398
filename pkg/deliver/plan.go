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

// planDigest returns what tells plans apart: 16 bytes for the parts' names and number, 16 bytes for their content too.
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

// resume returns the parts that are still to send. A plan that another version of the program began is gone on with only when
// it has the same parts by name; before the first confirmed part any plan will do.
func (it *item) resume(parts []sinks.Part) ([]sinks.Part, error) {
	if len(parts) == 0 {
		return nil, &sinks.Failure{Verdict: sinks.Dead, Err: errors.New("the target has no way to say this message")}
	}
	if len(it.Done) == 0 && len(parts) == 1 {
		it.Plan = nil // it is sent whole or not at all
		return parts, nil
	}
	digest := planDigest(parts)
	if len(it.Done) > 0 && (len(it.Plan) < half || !bytes.Equal(it.Plan[:half], digest[:half])) {
		return nil, &sinks.Failure{Verdict: sinks.Dead, Err: fmt.Errorf(
			"%d parts were sent by another version of postee, which divided the message differently: the rest would not fit", len(it.Done))}
	}
	it.Plan = digest
	return slices.DeleteFunc(slices.Clone(parts), func(p sinks.Part) bool { return slices.Contains(it.Done, p.Name) }), nil
}

// plan reads the message, puts the documents in, and has the sink say it.
func (d *Deliverer) plan(it *item) (m *message.Message, parts []sinks.Part, err error) {
	m, err = d.message(it)
	if err != nil {
		return nil, nil, err
	}
	if it.target.Needs.Document {
		if err := d.documents(it, m); err != nil {
			return nil, nil, err
		}
	}
	sink, planned := it.target.Sink, m // what is left behind must not read what is returned here
	parts, err = bounded(d.sending, func() ([]sinks.Part, error) { return sink.Plan(planned) })
	if cause := context.Cause(d.sending); err != nil && errors.Is(err, cause) {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, &sinks.Failure{Verdict: sinks.Dead, Err: err}
	}
	parts, err = it.resume(parts)
	return m, parts, err
}

// message reads what is to be said: the entry's own message or, for a digest, the messages that it gathers as one. A digest is
// put together here and not when it is admitted, because nothing may take long under the state's lock; what it gathers does
// not change any more, so that every attempt says the same.
func (d *Deliverer) message(it *item) (*message.Message, error) {
	if m := it.held.Message; m != nil {
		own := *m
		own.Sections = slices.Clone(m.Sections) // documents are put beside them
		return &own, nil
	}
	if it.Scans == 0 {
		m, err := message.Decode(it.Message)
		if err != nil {
			return nil, &sinks.Failure{Verdict: sinks.Dead, Err: err}
		}
		return m, nil
	}
	var parts []*message.Message
	for after := uint64(0); len(parts) < it.Scans; {
		var members []state.Entry
		err := d.look(it, func(tx state.Tx) (err error) {
			members, err = state.DigestMembers(tx, &it.Entry, after, chunk)
			return err
		})
		if err != nil {
			return nil, err
		}
		for i := range members {
			m, err := message.Decode(members[i].Message)
			if err != nil {
				return nil, &sinks.Failure{Verdict: sinks.Dead, Err: err}
			}
			parts = append(parts, m)
		}
		after = members[len(members)-1].Seq
	}
	m := message.Combine(it.Route, parts)
	if d.o.Aggregate == nil {
		return m, nil
	}
	whole, err := bounded(d.sending, func() (*message.Custom, error) { return d.o.Aggregate(d.sending, m) })
	if cause := context.Cause(d.sending); err != nil && errors.Is(err, cause) {
		return nil, err
	}
	if err != nil {
		return nil, &sinks.Failure{Verdict: sinks.Dead, Err: err}
	}
	m.Whole = whole
	return m, nil
}

// documents puts the bytes that were received beside each section that has any.
func (d *Deliverer) documents(it *item, m *message.Message) error {
	for i := range m.Sections {
		s := &m.Sections[i]
		digest := s.Blob
		if len(m.Sections) == 1 && len(it.Document) > 0 {
			digest = it.Document
		}
		if len(digest) == 0 {
			continue
		}
		if it.document != nil && bytes.Equal(digest, it.Document) {
			s.Document = it.document
			continue
		}
		err := d.look(it, func(tx state.Tx) error {
			if err := state.Stands(tx, it.Seq); err != nil {
				return err
			}
			stored, err := state.Blob(tx, digest)
			s.Document = bytes.Clone(stored)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// look reads from the state what an item needs. When the item is not there any more, because another process has settled it,
// it is lost; a state that cannot be read ends everything.
func (d *Deliverer) look(it *item, fn func(state.Tx) error) error {
	ctx, cancel := context.WithTimeout(d.lasting, commitLimit)
	defer cancel()
	err := d.o.Store.View(ctx, fn)
	if err == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(err, state.ErrLost) {
		it.lost = true
		return errLost
	}
	d.fail(err)
	return errState
}
