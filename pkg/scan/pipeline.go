package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// inFlight is how many bytes of documents may be with workers and consumer at once; a larger one takes all of it.
	inFlight = 4 << 20
	// overhead is what a document costs beside its bytes, so that a million empty ones are bounded too.
	overhead = 1 << 10
)

// Read reads the inputs (files, folders, "-") and yields their documents in the order of the input. Documents are decoded
// by several goroutines at once; these end when the consumer stops or ctx does, at the latest when a read from
// Options.Stdin that is under way returns. The consumer calls Item.Release of every document, or reading comes to a halt
// when the documents that it holds are larger than the memory budget. When ctx ends, the sequence ends without an item:
// ask ctx.Err(). An unknown Options.Format is an InputError for every input; see [FormatNames].
func Read(ctx context.Context, inputs []string, o Options) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		p := newPipeline(ctx, o)
		go p.produce(inputs)
		for range max(1, runtime.GOMAXPROCS(0)) {
			go p.work()
		}
		p.consume(yield)
	}
}

// slot is a place in the output: what stands there is known at once, or when a worker is done with it.
type slot struct {
	frame  frame
	source string
	doc    *Document // of frame, once a worker has begun with it
	item   Item
	ready  chan struct{} // nil when item is complete already
	weight int64
	given  atomic.Bool // weight has been given back
	budget *semaphore.Weighted
}

// release returns the slot's share of the budget back, once.
func (s *slot) release() {
	if s.weight > 0 && !s.given.Swap(true) {
		s.budget.Release(s.weight)
	}
}

// pipeline is one run of Read: a producer that frames, workers that decode, and the consumer, who sees the slots in order.
type pipeline struct {
	ctx     context.Context // lives as long as the run: one call of Read
	options Options
	table   formatTable
	unknown error // Options.Format is not in the table
	budget  *semaphore.Weighted
	jobs    chan *slot
	order   chan *slot

	closing sync.Mutex
	open    *source
}

func newPipeline(ctx context.Context, o Options) *pipeline {
	p := &pipeline{ctx: ctx, options: o, budget: semaphore.NewWeighted(inFlight), jobs: make(chan *slot, 64), order: make(chan *slot, 256)}
	p.table, p.unknown = newFormatTable(&o)
	return p
}

// consume hands the slots on until there are no more, the consumer has had enough, or the run is cancelled.
func (p *pipeline) consume(yield func(Item) bool) {
	announced, seen, flood := "", places{}, Flood{}
	tell := func(rest *InputError) bool { return rest == nil || yield(Item{Err: rest}) }
	for {
		s, more := p.next()
		if !more {
			return
		}
		if s == nil {
			tell(flood.End())
			return
		}
		if !tell(flood.begin(s.source)) {
			return
		}
		p.refuseClash(s, seen)
		switch doc := s.item.Doc; {
		case doc == nil:
			if s.release(); s.item.Err != nil && !flood.Error() {
				continue
			}
		case doc.Format == Generic && p.table.forced == nil && announced != s.source:
			announced = s.source
			if !yield(Item{Warning: p.table.announceGeneric(doc, s.frame.keys)}) {
				return
			}
			fallthrough
		default:
			flood.thin(doc)
		}
		if !yield(s.item) {
			return
		}
	}
}

// next waits for the next slot, until its item is complete; nil is the end. more is false when the run is cancelled first.
func (p *pipeline) next() (s *slot, more bool) {
	select {
	case s = <-p.order:
	case <-p.ctx.Done():
		return nil, false
	}
	return s, s == nil || p.await(s) && p.ctx.Err() == nil
}

// refuseClash puts an error in the place of a document that may be about another thing than an earlier one, under the same name.
func (p *pipeline) refuseClash(s *slot, seen places) {
	if doc := s.item.Doc; doc != nil && !p.options.Named {
		if err := seen.add(doc); err != nil {
			s.item = Item{Err: &InputError{Source: doc.Source, Offset: doc.Offset, Err: err}}
		}
	}
}

// await waits until the slot's item is complete. It is false when the run is cancelled first.
func (p *pipeline) await(s *slot) bool {
	if s.ready == nil {
		return true
	}
	select {
	case <-s.ready:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// produce frames all inputs.
func (p *pipeline) produce(inputs []string) {
	defer close(p.order)
	defer close(p.jobs)
	stop := context.AfterFunc(p.ctx, p.interrupt)
	defer stop()
	expand(p.ctx, inputs, func(path string, err error) bool {
		if err == nil {
			err = p.unknown
		}
		if err != nil {
			return p.fail(path, -1, err)
		}
		return p.readInput(path)
	})
}

// readInput reads one input. It is false when the run is cancelled.
func (p *pipeline) readInput(path string) bool {
	src, err := openSource(path, p.options.Stdin)
	if err != nil {
		return p.fail(path, -1, err)
	}
	p.setOpen(src)
	defer p.setOpen(nil)
	defer src.close()
	f := newFramer(src.text, src.size, p.options.MaxDocument, p.table.wholeArray)
	if p.table.forced == nil || p.table.forced.Name != Generic {
		f.known = p.table.recognised
	}
	for {
		fr, ok := f.next()
		if !ok {
			break
		}
		if !p.emit(path, fr) {
			return false
		}
	}
	return p.endOfInput(path, f)
}

// emit returns one frame a place in the output.
func (p *pipeline) emit(path string, fr frame) bool {
	if fr.err != nil {
		return p.push(&slot{source: path, item: Item{Err: &InputError{Source: numbered(path, fr.number), Offset: fr.offset, Err: fr.err}}})
	}
	s := &slot{frame: fr, source: path, ready: make(chan struct{}), budget: p.budget}
	s.weight = min(int64(len(fr.raw))+overhead, inFlight)
	if p.budget.Acquire(p.ctx, s.weight) != nil {
		return false
	}
	select {
	case p.jobs <- s:
		return p.push(s)
	case <-p.ctx.Done():
		return false
	}
}

// endOfInput yields the errors and warnings that are known only at the end of an input.
func (p *pipeline) endOfInput(path string, f *framer) bool {
	if f.rerr != nil && !p.fail(path, f.offset(), fmt.Errorf("read: %w", withoutPath(f.rerr))) {
		return false
	}
	switch {
	case f.rerr != nil && !f.documents:
		return true
	case !f.content:
		return p.fail(path, -1, errors.New("empty input: a scan that found nothing still writes a document"))
	case !f.documents && bytes.HasPrefix(f.excerpt, []byte("{")):
		return p.fail(path, -1, fmt.Errorf("no scan, only lines of a log: the input begins with %s", quoteExcerpt(f.excerpt)))
	case !f.documents:
		return p.fail(path, -1, fmt.Errorf("no JSON document: the input begins with %s", quoteExcerpt(f.excerpt)))
	}
	if f.logLines > 0 {
		lines := "lines"
		if f.logLines == 1 {
			lines = "line"
		}
		if !p.push(&slot{source: path, item: Item{Warning: fmt.Sprintf("%s: skipped %d %s of text around the JSON", path, f.logLines, lines)}}) {
			return false
		}
	}
	if f.nuls {
		return p.push(&slot{source: path, item: Item{Warning: path + ": skipped NUL bytes around the JSON"}})
	}
	return true
}

func (p *pipeline) fail(path string, offset int64, err error) bool {
	return p.push(&slot{source: path, item: Item{Err: &InputError{Source: path, Offset: offset, Err: err}}})
}

func (p *pipeline) push(s *slot) bool {
	select {
	case p.order <- s:
		return true
	case <-p.ctx.Done():
		return false
	}
}

func (p *pipeline) setOpen(s *source) {
	p.closing.Lock()
	defer p.closing.Unlock()
	p.open = s
}

// interrupt ends a read that is under way: a named pipe by closing it, standard input by a deadline where it has one.
func (p *pipeline) interrupt() {
	p.closing.Lock()
	defer p.closing.Unlock()
	if p.open == nil {
		return
	}
	p.open.close()
	if in, ok := p.options.Stdin.(interface{ SetReadDeadline(time.Time) error }); ok && p.open.name == standardInput {
		_ = in.SetReadDeadline(time.Unix(1, 0)) // where it is not possible, the goroutine ends with the next byte
	}
}
