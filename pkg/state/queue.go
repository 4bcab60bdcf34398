package state

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"time"
)

// GatherUntilAsked is more messages than ever wait: the queue is emptied by [FormDigests] only.
const GatherUntilAsked = math.MaxInt

// What one digest gathers at most, in messages and in bytes as their weights say: who delivers it holds all of it in memory. A
// longer queue goes out as several.
const (
	maxScans  = 1000
	maxWeight = 32 << 20
)

// Queue is what waits for a digest of one route to one target.
type Queue struct {
	Route, Target string
	// Scans is how many messages wait, Oldest when the first of them came.
	Scans  int
	Oldest time.Time
}

// head is what is known of a queue without reading it: adding to it costs the same however long it is.
type head struct {
	lane          string
	route, target string
	local         bool
	oldest        time.Time
	segments      []segment
}

// segment is a part of a queue that will be one digest.
type segment struct {
	// from and to are the numbers of the first and the last message, count how many there are, weight the sum of theirs.
	from, to, count, weight uint64
	// chain is a digest over the keys of the messages, in order.
	chain [16]byte
}

// scans counts the messages of the queue.
func (h *head) scans() (n int) {
	for _, s := range h.segments {
		n += int(s.count)
	}
	return n
}

// add counts one more message.
func (h *head) add(e *Entry) {
	weight := max(e.Weight, 0)
	if len(h.segments) == 0 {
		h.oldest, h.route, h.target, h.lane = e.Admitted, e.Route, e.Target, e.Lane
	}
	h.local = e.Local
	last := len(h.segments) - 1
	if last < 0 || h.segments[last].count >= maxScans || h.segments[last].weight+uint64(weight) > maxWeight {
		h.segments = append(h.segments, segment{from: e.Seq})
		last++
	}
	s := &h.segments[last]
	s.to, s.count, s.weight = e.Seq, s.count+1, s.weight+uint64(weight)
	sum := sha256.Sum256(append(s.chain[:], e.Key...))
	copy(s.chain[:], sum[:])
}

// digest makes the entry of a segment. Its key follows from the keys of what it gathers.
func (h *head) digest(s *segment, now time.Time) Entry {
	b := []byte("digest")
	b = appendBytes(appendBytes(b, h.route), h.target)
	sum := sha256.Sum256(append(b, s.chain[:]...))
	return Entry{
		Key: hex.EncodeToString(sum[:16]), Route: h.route, Target: h.target, Lane: h.lane, Local: h.local, Admitted: now,
		Scans: int(s.count), From: s.from, To: s.to, Weight: int64(s.weight),
	}
}

// encode writes: lane, route, target, one byte local, zigzag oldest (nanoseconds since 1970), count of segments, each from,
// to, count, weight and chain.
func (h *head) encode() []byte {
	b := appendBytes(appendBytes(appendBytes(nil, h.lane), h.route), h.target)
	local := byte(0)
	if h.local {
		local = 1
	}
	b = append(b, local)
	b = binary.AppendVarint(b, h.oldest.UnixNano())
	b = binary.AppendUvarint(b, uint64(len(h.segments)))
	for _, s := range h.segments {
		for _, n := range []uint64{s.from, s.to, s.count, s.weight} {
			b = binary.AppendUvarint(b, n)
		}
		b = append(b, s.chain[:]...)
	}
	return b
}

// decodeHead reads what encode wrote.
func decodeHead(value []byte) (*head, error) {
	d := decoder{rest: value}
	h := &head{lane: string(d.bytes()), route: string(d.bytes()), target: string(d.bytes()), local: d.byte() != 0}
	h.oldest = time.Unix(0, d.int()).UTC()
	for n := d.count(); n > 0 && !d.bad; n-- {
		s := segment{from: d.uint(), to: d.uint(), count: d.uint(), weight: d.uint()}
		for i := range s.chain {
			s.chain[i] = d.byte()
		}
		if s.count == 0 || s.to < s.from || s.count > s.to-s.from+1 {
			d.bad = true
		}
		h.segments = append(h.segments, s)
	}
	if d.bad || len(d.rest) > 0 || len(h.segments) == 0 {
		return nil, errors.New("the queue cannot be read")
	}
	return h, nil
}

// getHead reads a queue's head; a queue that there is not is empty.
func getHead(tx Tx, lane string) (*head, error) {
	v, err := tx.Get(BucketHead, hash16(lane))
	if err != nil {
		return nil, err
	}
	if v == nil {
		return &head{lane: lane}, nil
	}
	h, err := decodeHead(v)
	if err == nil && h.lane != lane {
		err = errors.New("it belongs to another queue")
	}
	if err != nil {
		return nil, Damaged(BucketHead, hash16(lane), err.Error())
	}
	return h, nil
}

// put writes the head; that of an empty queue is removed.
func (h *head) put(tx Tx) error {
	if len(h.segments) == 0 {
		return tx.Delete(BucketHead, hash16(h.lane))
	}
	return tx.Put(BucketHead, hash16(h.lane), h.encode())
}

// heads reads the heads of all queues.
func heads(tx Tx) (all []*head, err error) {
	for p, err := range tx.Range(BucketHead, "") {
		if err != nil {
			return nil, err
		}
		h, err := decodeHead(p.Value)
		if err != nil || hash16(h.lane) != p.Key {
			return nil, Damaged(BucketHead, p.Key, "the queue cannot be read")
		}
		all = append(all, h)
	}
	return all, nil
}

// Queues lists what waits for digests, a queue for each route and target that has any.
func Queues(tx Tx) ([]Queue, error) {
	all, err := heads(tx)
	if err != nil {
		return nil, err
	}
	queues := make([]Queue, len(all))
	for i, h := range all {
		queues[i] = h.queue()
	}
	return queues, nil
}

// queue is the head as others see it.
func (h *head) queue() Queue { return Queue{h.route, h.target, h.scans(), h.oldest} }
