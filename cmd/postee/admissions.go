package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// mostMessages is about how many messages one transaction may admit: they are in memory until it is written.
const mostMessages = 512

// admissions admit batches of documents in their order, in a goroutine of their own: while one is written, the next is decided, and the
// one after it is read.
type admissions struct {
	run     *sendRun
	batches chan []*scan.Document
	// ended is closed when no more is admitted; err is why, nil at the end of the input.
	ended chan struct{}
	err   error
}

// startAdmissions starts the goroutine. When admitting fails, stop ends the reading: there may be nothing to read for a long time.
func (s *sendRun) startAdmissions(ctx context.Context, stop context.CancelCauseFunc) *admissions {
	a := &admissions{run: s, batches: make(chan []*scan.Document), ended: make(chan struct{})}
	go func() {
		defer close(a.ended)
		for docs := range a.batches {
			if a.err = a.admit(ctx, docs); a.err != nil {
				stop(a.err)
				return
			}
		}
	}()
	return a
}

// add hands documents over, not too many at once where many routes may say each. Its error ends the run.
func (a *admissions) add(docs []*scan.Document) error {
	for part := range slices.Chunk(docs, max(1, mostMessages/max(1, len(a.run.setup.Routes)))) {
		select {
		case a.batches <- part:
		case <-a.ended:
			return a.err
		}
	}
	return nil
}

// wait admits what was handed over, and ends.
func (a *admissions) wait() error {
	close(a.batches)
	<-a.ended
	return a.err
}

// admit admits documents, and those that come in meanwhile.
func (a *admissions) admit(ctx context.Context, docs []*scan.Document) error {
	p, err := a.decided(ctx, docs)
	for err == nil {
		select {
		case more, ok := <-a.batches:
			if ok {
				p, err = a.beside(ctx, p, more)
				continue
			}
		default:
		}
		return a.store(ctx, p)
	}
	return err
}

// decided views and decides documents.
func (a *admissions) decided(ctx context.Context, docs []*scan.Document) (*route.Proposal, error) {
	p := a.run.engine.Propose(ctx, time.Now(), docs)
	if err := p.View(ctx); err != nil {
		return nil, stateFailed(ctx, err)
	}
	return p, stateFailed(ctx, p.Decide(ctx))
}

// beside stores a proposal, and decides the documents that follow meanwhile, unless they speak of the same.
func (a *admissions) beside(ctx context.Context, p *route.Proposal, docs []*scan.Document) (*route.Proposal, error) {
	next := a.run.engine.Propose(ctx, time.Now(), docs)
	if err := next.View(ctx); err != nil {
		return nil, stateFailed(ctx, err)
	}
	if next.Shares(p) {
		if err := a.store(ctx, p); err != nil {
			return nil, err
		}
		if err := next.View(ctx); err != nil {
			return nil, stateFailed(ctx, err)
		}
		return next, stateFailed(ctx, next.Decide(ctx))
	}
	stored := make(chan error)
	go func() { stored <- a.store(ctx, p) }()
	err := next.Decide(ctx)
	return next, errors.Join(<-stored, stateFailed(ctx, err))
}

// store writes a proposal, reports what is decided, and hands the rest to the deliverer.
func (a *admissions) store(ctx context.Context, p *route.Proposal) error {
	admitted, err := p.Store(ctx)
	if errors.Is(err, state.ErrStale) {
		admitted, err = p.Admit(ctx)
	}
	if err != nil {
		return stateFailed(ctx, err)
	}
	return a.run.admitted(ctx, p.Documents(), admitted)
}

// stateFailed marks an error as the state's, unless it is the end of the run.
func stateFailed(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &stateError{err}
}
