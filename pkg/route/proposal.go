package route

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// attempts bounds how often a batch is decided again because another process spoke about one of its subjects.
const attempts = 100

// Proposal is a batch of documents on its way into the state: it is viewed, decided, and stored, in this order. While one is stored, another
// that shares no subject with it can be decided.
type Proposal struct {
	batch     *batch
	viewed    *viewed
	decision  *decision
	admission *state.Admission
}

// Propose begins with a batch.
func (e *Engine) Propose(ctx context.Context, now time.Time, docs []*scan.Document) *Proposal {
	return &Proposal{batch: e.newBatch(ctx, now, docs)}
}

// View reads what is remembered of the batch's subjects. It may be called again.
func (p *Proposal) View(ctx context.Context) (err error) {
	p.viewed, err = p.batch.view(ctx)
	return err
}

// Documents returns how many documents the batch has, those that are not understood aside.
func (p *Proposal) Documents() int { return len(p.batch.docs) }

// Shares reports whether two batches that were viewed speak of one subject.
func (p *Proposal) Shares(other *Proposal) bool {
	mine := p.viewed.names()
	for name := range other.viewed.names() {
		if _, shared := mine[name]; shared {
			return true
		}
	}
	return p.batch.engine.sharesOnce(p.viewed.jobs, other.viewed.jobs)
}

// Decide decides what was viewed.
func (p *Proposal) Decide(ctx context.Context) error {
	e, v := p.batch.engine, p.viewed
	d := &decision{engine: e, now: p.batch.now, today: p.batch.today, subjects: v.subjects, once: newOnce(v.once), packed: map[[32]byte]state.Packed{}}
	d.out = &Admitted{Documents: map[[32]byte][]byte{}, Unreadable: p.batch.unreadable}
	for _, j := range v.order {
		if j.report == nil {
			d.repeat(j.doc, v.known[j.doc])
		} else if err := d.decideReport(ctx, j); err != nil {
			return err
		}
	}
	d.buildMessages()
	p.decision, p.admission = d, d.admission(v.jobs)
	return nil
}

// Store writes what was decided in one transaction. It is [state.ErrStale] when another process spoke about one of the subjects since
// they were viewed: then view and decide again.
func (p *Proposal) Store(ctx context.Context) (*Admitted, error) {
	e := p.batch.engine
	if p.admission != nil {
		owner, err := e.Store.Owners().Self()
		if err != nil {
			return nil, err
		}
		claimant := state.Claimant{Owner: owner, Lease: e.Lease}
		if err := e.Store.Update(ctx, func(tx state.Tx) error { return state.Admit(tx, claimant, p.admission) }); err != nil {
			return nil, err
		}
		p.decision.recordAdmitted(p.admission)
	}
	if e.Touch != nil {
		for subject := range p.viewed.names() {
			e.Touch(subject)
		}
	}
	return p.decision.out, nil
}

// Admit views, decides and stores, again and again while other processes speak about the subjects meanwhile.
func (p *Proposal) Admit(ctx context.Context) (*Admitted, error) {
	for range attempts {
		if err := p.View(ctx); err != nil {
			return nil, err
		}
		if err := p.Decide(ctx); err != nil {
			return nil, err
		}
		admitted, err := p.Store(ctx)
		if !errors.Is(err, state.ErrStale) {
			return admitted, err
		}
	}
	return nil, fmt.Errorf("other processes spoke about the same subjects %d times: %w", attempts, state.ErrStale)
}

// Admit decides a batch of documents and writes what follows from it in one transaction. When another process spoke about one
// of the subjects meanwhile, everything is decided again on what it left.
func (e *Engine) Admit(ctx context.Context, now time.Time, docs []*scan.Document) (*Admitted, error) {
	return e.Propose(ctx, now, docs).Admit(ctx)
}
