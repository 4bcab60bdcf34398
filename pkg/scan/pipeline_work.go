package scan

import (
	"crypto/sha256"
	"runtime"
	"sync"
)

const (
	// mostAsked and mostAskedBytes bound the documents about which [Options.Known] is asked at once.
	mostAsked      = 64
	mostAskedBytes = 2 << 20
)

// work decodes documents; where the caller may know them by their bytes, it asks about those that wait already at once.
func (p *pipeline) work() {
	for {
		select {
		case s, ok := <-p.jobs:
			if !ok {
				return
			}
			for _, s := range p.notKnown(s) {
				p.decode(s)
				close(s.ready)
			}
		case <-p.ctx.Done():
			return
		}
	}
}

// begin makes the document of a slot, before anything of it is read.
func (p *pipeline) begin(s *slot) *Document {
	raw := s.frame.raw
	return &Document{
		Source: numbered(s.source, s.frame.number), Offset: s.frame.offset, Raw: raw, byTypes: p.options.ByTypes,
		sum: sync.OnceValue(func() [sha256.Size]byte { return sha256.Sum256(raw) }),
	}
}

// notKnown completes those of a slot and the ones that wait behind it whose documents the caller knows, and returns the others.
func (p *pipeline) notKnown(first *slot) []*slot {
	first.doc = p.begin(first)
	group := []*slot{first}
	if p.options.Known == nil {
		return group
	}
	group = p.gather(group)
	sums := make([][sha256.Size]byte, len(group))
	for i, s := range group {
		sums[i] = s.doc.Sum()
	}
	known := p.options.Known(p.ctx, sums)
	var left []*slot
	for i, s := range group {
		if i >= len(known) || !known[i] {
			left = append(left, s)
			continue
		}
		s.doc.unread = func() *InputError { return p.fill(s) }
		s.item = Item{Doc: s.doc, Release: s.release}
		close(s.ready)
	}
	return left
}

// gather adds to a group what waits already, leaving the other workers their share.
func (p *pipeline) gather(group []*slot) []*slot {
	bytes := len(group[0].frame.raw)
	for range min(mostAsked-1, len(p.jobs)/runtime.GOMAXPROCS(0)) {
		if bytes >= mostAskedBytes {
			break
		}
		select {
		case s, ok := <-p.jobs:
			if !ok {
				return group
			}
			s.doc = p.begin(s)
			group, bytes = append(group, s), bytes+len(s.frame.raw)
		default:
			return group
		}
	}
	return group
}

// decode reads the document of a slot.
func (p *pipeline) decode(s *slot) {
	if err := p.fill(s); err != nil {
		s.item.Err = err
		return
	}
	s.item = Item{Doc: s.doc, Release: s.release}
}

// fill reads a document; nil is that it was understood.
func (p *pipeline) fill(s *slot) *InputError {
	doc := s.doc
	var at int64
	format, err := p.table.choose(s.frame.keys)
	if err == nil {
		at, err = format.Fill(doc, p.options)
	}
	if err != nil {
		return &InputError{Source: doc.Source, Offset: doc.Offset + at, Err: err}
	}
	doc.plain = format.Name != Generic && len(doc.Warnings)+len(doc.Notes)+len(doc.places) == 0
	return nil
}
