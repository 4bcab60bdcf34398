package state

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// An entry is stored as its fields, each a tag, the length of its value and the value, then a zero, and the message. A field that has
// nothing to say is left out; one with an unknown tag, which a newer program wrote, is passed over. Tags are never given another
// meaning.
const (
	tagSeq       = 1 + iota // a varint
	tagKey                  // sixteen bytes, or a text
	tagRoute                // a text, as all that follow until tagFlags
	tagTarget               //
	tagSubject              //
	tagAddress              //
	tagLane                 // left out when it is route, target and subject
	tagThread               //
	tagReason               //
	tagFlags                // a varint
	tagKept                 // bytes
	tagAdmitter             // a varint
	tagAdmitted             // a time: seconds since 1970 as a signed varint, nanoseconds as a varint
	tagOwner                // of the claim, a varint
	tagSince                // a time
	tagUntil                // a time
	tagNotBefore            // a time
	tagAttempts             // a varint
	tagDone                 // a text, once for each part
	tagPlan                 // bytes
	tagDocument             // bytes
	tagScans                // a varint, as all that follow
	tagFrom                 //
	tagTo                   //
	tagWeight               //
	tagUnsure               // a time
	tagAfter                // a varint
)

// The bits of tagFlags.
const (
	flagLocal = 1 << iota
	flagDead
	flagRevived
	flagThreadIsLane
	flagHasLane
	flagKeyIsHex
	flagShared
)

// laneOf returns the lane that an entry has unless it says another.
func laneOf(e *Entry) string { return e.Route + "\x00" + e.Target + "\x00" + e.Subject }

// encodeEntry returns an entry as it is stored.
func encodeEntry(e *Entry) []byte {
	w := fieldWriter{p: make([]byte, 0, 192+len(e.Subject)+len(e.Route)+len(e.Target)+len(e.Message))}
	w.number(tagSeq, e.Seq)
	flags := uint64(0)
	set := func(bit uint64, on bool) bool {
		if on {
			flags |= bit
		}
		return on
	}
	set(flagLocal, e.Local)
	set(flagDead, e.Dead)
	set(flagRevived, e.Revived)
	set(flagShared, e.Shared)
	if raw, err := hex.DecodeString(e.Key); set(flagKeyIsHex, err == nil && len(raw) == 16 && hex.EncodeToString(raw) == e.Key) {
		w.bytes(tagKey, raw)
	} else {
		w.text(tagKey, e.Key)
	}
	w.text(tagRoute, e.Route)
	w.text(tagTarget, e.Target)
	w.text(tagSubject, e.Subject)
	w.text(tagAddress, e.Address)
	if set(flagHasLane, e.Lane != laneOf(e)) {
		w.text(tagLane, e.Lane)
	}
	if !set(flagThreadIsLane, e.Thread == e.Lane) {
		w.text(tagThread, e.Thread)
	}
	w.number(tagFlags, flags)
	w.bytes(tagKept, e.Kept)
	w.number(tagAdmitter, e.Admitter)
	w.time(tagAdmitted, e.Admitted)
	w.number(tagOwner, e.Claim.Owner)
	w.time(tagSince, e.Claim.Since)
	w.time(tagUntil, e.Claim.Until)
	w.time(tagNotBefore, e.NotBefore)
	w.number(tagAttempts, uint64(e.Attempts))
	for _, part := range e.Done {
		w.always(tagDone, part)
	}
	w.bytes(tagPlan, e.Plan)
	w.text(tagReason, e.Reason)
	w.bytes(tagDocument, e.Document)
	w.number(tagScans, uint64(e.Scans))
	w.number(tagFrom, e.From)
	w.number(tagTo, e.To)
	w.number(tagWeight, uint64(e.Weight))
	w.time(tagUnsure, e.Unsure)
	w.number(tagAfter, e.After)
	return append(append(w.p, 0), e.Message...)
}

// fieldWriter appends fields.
type fieldWriter struct{ p []byte }

func (w *fieldWriter) always(tag byte, s string) {
	w.p = append(binary.AppendUvarint(append(w.p, tag), uint64(len(s))), s...)
}

func (w *fieldWriter) text(tag byte, s string) {
	if s != "" {
		w.always(tag, s)
	}
}

func (w *fieldWriter) bytes(tag byte, b []byte) { w.text(tag, string(b)) }

func (w *fieldWriter) number(tag byte, n uint64) {
	if n > 0 {
		w.bytes(tag, binary.AppendUvarint(nil, n))
	}
}

func (w *fieldWriter) time(tag byte, t time.Time) {
	if !t.IsZero() {
		w.bytes(tag, binary.AppendUvarint(binary.AppendVarint(nil, t.Unix()), uint64(t.Nanosecond())))
	}
}

// decodeHeader reads all of an entry but its message, which it returns as it lies in the value.
func decodeHeader(value []byte) (e Entry, message []byte, err error) {
	d, flags := decoder{rest: value}, uint64(0)
	for tag := d.byte(); tag != 0 && !d.bad; tag = d.byte() {
		field := decoder{rest: d.bytes()}
		if tag == tagFlags {
			flags = field.uint()
		} else if !e.texts(tag, field.rest) {
			e.numbers(tag, &field)
		}
		d.bad = d.bad || field.bad
	}
	if d.bad {
		return Entry{}, nil, errors.New("the entry's header cannot be read")
	}
	e.Local, e.Dead, e.Revived = flags&flagLocal != 0, flags&flagDead != 0, flags&flagRevived != 0
	e.Shared = flags&flagShared != 0
	if flags&flagKeyIsHex != 0 {
		e.Key = hex.EncodeToString([]byte(e.Key))
	}
	if flags&flagHasLane == 0 {
		e.Lane = laneOf(&e)
	}
	if flags&flagThreadIsLane != 0 {
		e.Thread = e.Lane
	}
	return e, d.rest, nil
}

// texts takes in a field that is text or bytes; false is another one.
func (e *Entry) texts(tag byte, value []byte) bool {
	switch tag {
	case tagKey:
		e.Key = string(value)
	case tagRoute:
		e.Route = string(value)
	case tagTarget:
		e.Target = string(value)
	case tagSubject:
		e.Subject = string(value)
	case tagAddress:
		e.Address = string(value)
	case tagLane:
		e.Lane = string(value)
	case tagThread:
		e.Thread = string(value)
	case tagReason:
		e.Reason = string(value)
	case tagDone:
		e.Done = append(e.Done, string(value))
	case tagKept:
		e.Kept = bytes.Clone(value)
	case tagPlan:
		e.Plan = bytes.Clone(value)
	case tagDocument:
		e.Document = bytes.Clone(value)
	default:
		return false
	}
	return true
}

// numbers takes in a field that is a number or a time.
func (e *Entry) numbers(tag byte, value *decoder) {
	switch tag {
	case tagSeq:
		e.Seq = value.uint()
	case tagAdmitter:
		e.Admitter = value.uint()
	case tagOwner:
		e.Claim.Owner = value.uint()
	case tagAttempts:
		e.Attempts = int(value.uint())
	case tagScans:
		e.Scans = int(value.uint())
	case tagFrom:
		e.From = value.uint()
	case tagTo:
		e.To = value.uint()
	case tagAfter:
		e.After = value.uint()
	case tagWeight:
		e.Weight = int64(value.uint())
	case tagAdmitted:
		e.Admitted = value.time()
	case tagSince:
		e.Claim.Since = value.time()
	case tagUntil:
		e.Claim.Until = value.time()
	case tagNotBefore:
		e.NotBefore = value.time()
	case tagUnsure:
		e.Unsure = value.time()
	}
}

// time reads seconds and nanoseconds.
func (d *decoder) time() time.Time {
	seconds, nanoseconds := d.int(), d.uint()
	if nanoseconds > 999_999_999 {
		d.bad = true
	}
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

// decodeEntry reads all of an entry, and copies the message.
func decodeEntry(value []byte) (Entry, error) {
	e, message, err := decodeHeader(value)
	e.Message = bytes.Clone(message)
	return e, err
}
