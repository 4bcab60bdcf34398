package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"
	"runtime"
	"strings"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/state"
)

// spy looks at the state before and after every update.
type spy struct {
	state.Store
	w *world
}

// picture is what a state has at one moment.
type picture struct {
	out, dead map[uint64]state.Entry
	queue     map[uint64]bool
	// marks are the baselines: subject, route and scanner -> fingerprint -> level.
	marks map[string]map[dedup.Fingerprint]dedup.Level
}

// Update compares the state before and after, when it was stored.
func (s *spy) Update(ctx context.Context, fn func(state.Tx) error) error {
	var before, after *picture
	err := s.Store.Update(ctx, func(tx state.Tx) (err error) {
		if before, err = s.w.picture(tx); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		after, err = s.w.picture(tx)
		return err
	})
	if err == nil {
		s.w.mu.Lock()
		defer s.w.mu.Unlock()
		s.w.compare(before, after)
	}
	return err
}

// picture takes one, and remembers what is seen for the first time.
func (w *world) picture(tx state.Tx) (*picture, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &picture{out: map[uint64]state.Entry{}, dead: map[uint64]state.Entry{}, queue: map[uint64]bool{}, marks: map[string]map[dedup.Fingerprint]dedup.Level{}}
	fresh, err := w.remembered.entries(tx, false, p.out)
	if err != nil {
		return nil, err
	}
	for _, e := range fresh {
		if e.Scans > 0 {
			members, err := state.DigestMembers(tx, &e, 0, 1000)
			if err != nil {
				return nil, err
			}
			for _, m := range members {
				w.meet(m)
			}
		}
		w.meet(e)
	}
	if _, err := w.remembered.entries(tx, true, p.dead); err != nil {
		return nil, err
	}
	for e, err := range state.Queued(tx) {
		if err != nil {
			return nil, err
		}
		w.meet(e)
	}
	for pair, err := range tx.Range("queue", "") {
		if err != nil {
			return nil, err
		}
		p.queue[binary.BigEndian.Uint64([]byte(pair.Key[16:]))] = true
	}
	return p, p.baselines(tx)
}

// baselines reads what was said about each subject.
func (p *picture) baselines(tx state.Tx) error {
	for r, err := range state.Subjects(tx) {
		if err != nil {
			return err
		}
		for _, v := range r.Views {
			marks, err := dedup.DecodeMarks(v.Marks)
			if err != nil {
				return err
			}
			for _, route := range v.Routes {
				m := map[dedup.Fingerprint]dedup.Level{}
				for _, mark := range marks {
					m[mark.Fingerprint] = mark.Level
				}
				p.marks[r.Subject+" "+route+" "+v.Scanner] = m
			}
		}
	}
	return nil
}

// meet remembers an entry, and its difference once the message is there to read.
func (w *world) meet(e state.Entry) {
	if _, known := w.admitted[e.Seq]; !known {
		w.admitted[e.Seq] = e
	}
	if w.deltas[e.Seq] == nil && len(e.Message) > 0 {
		if m, err := message.Decode(e.Message); err == nil {
			w.deltas[e.Seq] = &m.Sections[0].Delta
		}
	}
}

// memory is what entries said when they were read before, by bucket and key: decoding all of them at every transaction is what costs.
type memory map[[2]string]memento

// memento is an entry as it lay in its bucket, and what that means.
type memento struct {
	raw   []byte
	entry state.Entry
}

// entries reads all entries that wait, or all that are dead, into all, and returns those that are new or not as they were before.
func (m memory) entries(tx state.Tx, dead bool, all map[uint64]state.Entry) (fresh []state.Entry, err error) {
	n := &news{Tx: tx, memory: m, all: all}
	for e, err := range state.Entries(n, dead) {
		if err != nil {
			return nil, err
		}
		if !dead && e.Scans == 0 {
			e.Message = messageOf(n.raw)
		}
		m[n.key] = memento{n.raw, e}
		all[e.Seq] = e
		fresh = append(fresh, e)
	}
	return fresh, nil
}

// news is a transaction that leaves out, of what it walks, what memory has: that goes to all as it is.
type news struct {
	state.Tx
	memory memory
	all    map[uint64]state.Entry
	// key and raw are of the pair that was handed over last.
	key [2]string
	raw []byte
}

// Range walks the pairs that memory does not have.
func (n *news) Range(bucket, from string) iter.Seq2[state.Pair, error] {
	return func(yield func(state.Pair, error) bool) {
		for pair, err := range n.Tx.Range(bucket, from) {
			if err == nil {
				n.key = [2]string{bucket, pair.Key}
				if known, ok := n.memory[n.key]; ok && bytes.Equal(known.raw, pair.Value) {
					n.all[known.entry.Seq] = known.entry
					continue
				}
				n.key[1], n.raw = strings.Clone(pair.Key), bytes.Clone(pair.Value)
			}
			if !yield(pair, err) {
				return
			}
		}
	}
}

// messageOf finds the message in an entry as it lies in the outbox: behind the fields, each of which has a tag and a length, and a zero.
func messageOf(raw []byte) []byte {
	for raw[0] != 0 {
		n, size := binary.Uvarint(raw[1:])
		raw = raw[1+size+int(n):]
	}
	return raw[1:]
}

// compare looks at what one update did.
func (w *world) compare(before, after *picture) {
	w.advanced(before, after)
	w.vanished(before, after)
	lanes := map[string]int{}
	for _, e := range after.out {
		if e.Claim.Owner != 0 && e.Claim.Until.After(time.Now()) {
			lanes[e.Lane]++
		}
	}
	w.look(5)
	for lane, n := range lanes {
		if n > 1 {
			w.breaks(5, "lane %q has %d claims", lane, n)
		}
	}
}

// advanced: invariant 1. A baseline that changed has an entry or a place in a queue that is new too; or it took in silently
// what another scanner had said, or let go of what another one still has.
func (w *world) advanced(before, after *picture) {
	for id, marks := range after.marks {
		if sameLevels(before.marks[id], marks) {
			continue
		}
		w.look(1)
		part := strings.Split(id, " ")
		if after.hasNew(w, before, part[0], part[1]) || silent(before.marks, after.marks, id, marks) {
			continue
		}
		w.breaks(1, "the baseline of %s advanced without a message", id)
	}
}

func sameLevels(a, b map[dedup.Fingerprint]dedup.Level) bool {
	if len(a) != len(b) {
		return false
	}
	for p, l := range a {
		if b[p] != l {
			return false
		}
	}
	return true
}

// hasNew reports whether a message about the subject came to the route's outbox or queue.
func (p *picture) hasNew(w *world, before *picture, subject, route string) bool {
	is := func(seq uint64) bool { e := w.admitted[seq]; return e.Subject == subject && e.Route == route }
	for seq := range p.out {
		if _, old := before.out[seq]; !old && is(seq) {
			return true
		}
	}
	for seq := range p.queue {
		if !before.queue[seq] && is(seq) {
			return true
		}
	}
	return false
}

// silent reports whether all that differs was known from another scanner of the route, before or by an earlier document of the batch.
func silent(before, after map[string]map[dedup.Fingerprint]dedup.Level, id string, now map[dedup.Fingerprint]dedup.Level) bool {
	cut := strings.LastIndexByte(id, ' ')
	elsewhere := func(p dedup.Fingerprint) bool {
		for _, all := range []map[string]map[dedup.Fingerprint]dedup.Level{before, after} {
			for other, marks := range all {
				if _, has := marks[p]; has && other != id && strings.HasPrefix(other, id[:cut+1]) {
					return true
				}
			}
		}
		return false
	}
	for p, l := range now {
		if was, had := before[id][p]; (!had || was != l) && !elsewhere(p) {
			return false
		}
	}
	for p := range before[id] {
		if _, has := now[p]; !has && !elsewhere(p) {
			return false
		}
	}
	return true
}

// vanished: invariant 2. What is nowhere any more was confirmed: the target had taken all of it.
func (w *world) vanished(before, after *picture) {
	gone := func(seq uint64) bool {
		_, waits := after.out[seq]
		_, died := after.dead[seq]
		return !waits && !died && !after.queue[seq]
	}
	for seq, e := range before.out {
		if w.look(2); gone(seq) && w.taken[e.Key+" 2/2"] == 0 {
			w.breaks(2, "message %s is nowhere, and was not taken", e.Key)
		}
	}
	for seq := range before.dead {
		if gone(seq) {
			w.breaks(2, "dead message %d is nowhere", seq)
		}
	}
	for seq := range before.queue {
		lane := w.admitted[seq].Lane
		excused := false
		for digest, e := range before.out {
			excused = excused || gone(digest) && e.Lane == lane && e.From <= seq && seq <= e.To
		}
		if gone(seq) && !excused {
			w.breaks(2, "message %d left its queue, and no digest went with it", seq)
		}
	}
}

// outside: invariant 10. Whoever calls is not under the state's lock.
func (w *world) outside(what string) {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	w.mu.Lock()
	defer w.mu.Unlock()
	w.look(10)
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "/state/boltfile.(*Store).run") {
			w.breaks(10, "%s runs while the lock is held", what)
		}
		if !more {
			return
		}
	}
}
