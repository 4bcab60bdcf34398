package route

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/state"
)

// decision is one attempt at a batch.
type decision struct {
	engine   *Engine
	now      time.Time
	today    dedup.Day
	subjects map[string]*subjectState
	once     once
	drafts   []*draft
	packed   map[[32]byte]state.Packed
	entries  []state.Entry
	// notes and held have an element for each entry.
	notes []Note
	held  []message.Held
	out   *Admitted
}

// decideReport decides one report on every route, and judges it at the gate.
func (d *decision) decideReport(ctx context.Context, j *job) error {
	j.comparisons, j.failed, j.warned, j.entries, j.answers = nil, false, false, 0, j.answers[:0]
	before := d.edits(j)
	d.gate(j, d.subjects[j.subject])
	for _, r := range d.engine.Routes {
		if err := d.decideRoute(ctx, r, j); err != nil {
			return err
		}
	}
	if d.engine.Against == nil {
		for _, subject := range d.engine.subjectsOf(j) {
			d.subjects[subject].noteScan(j, d.now, int64(d.today), d.engine.AnyAge)
		}
	}
	if d.engine.marks() {
		j.left = d.edits(j)
		j.foreseen = d.foresee(j, j.left != before)
	}
	return nil
}

// decideRoute decides one report on one route.
func (d *decision) decideRoute(ctx context.Context, r *Route, j *job) error {
	subject := d.engine.subjectOf(r, j)
	subj := d.subjects[subject]
	k := &Case{Doc: j.doc, Report: j.report, Set: j.set, Subject: subject, decision: d, route: r.Name, job: j, subj: subj}
	if said := subj.route(r.Name); said != nil {
		k.Told = said.Told
	}
	status, by, err := d.decide(ctx, r, k)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if d.engine.Record && (status == Passed || status == Duplicate || status == Held) {
		status = Recorded
	}
	j.failed = j.failed || status == Failed
	j.answers = append(j.answers, answer{status: status, rule: r.place(by)})
	if r.Unique != nil && (status == Passed || status == Recorded) {
		d.once.admit(d.engine.onceKey(r, j), d.now)
	}
	switch {
	case status == Passed:
		d.addDraft(r, k)
		return nil
	case status == Recorded, status == Duplicate && r.Unique == nil:
		// What another scanner said already enters silently; nothing else can differ here.
		d.advance(subj, r.Name, j, &k.comparison().next)
	case status == Held, status == Duplicate:
		if silent, changed := dedup.MergeSilently(&k.comparison().baseline, j.set, subj.name); changed {
			d.advance(subj, r.Name, j, &silent)
		}
	}
	d.addRefusal(r, k, status, by, err)
	return nil
}

// decide asks the route, and lets an observer see the decision.
func (d *decision) decide(ctx context.Context, r *Route, k *Case) (Status, *Rule, error) {
	if d.engine.Observe == nil {
		status, by, err := r.Decide(ctx, k, nil)
		return d.write(ctx, r, k, status, by, err)
	}
	var v Verdict
	var trace func(*Rule, bool, error)
	if d.engine.Explain {
		trace = func(rule *Rule, ok bool, err error) { v.Asked = append(v.Asked, Answer{rule, ok, err}) }
	}
	v.Status, v.By, v.Err = r.Decide(ctx, k, trace)
	v.Status, v.By, v.Err = d.write(ctx, r, k, v.Status, v.By, v.Err)
	d.engine.Observe(ctx, k, r, &v)
	return v.Status, v.By, v.Err
}

// write has the route's template write what passed, which can fail.
func (d *decision) write(ctx context.Context, r *Route, k *Case, status Status, by *Rule, err error) (Status, *Rule, error) {
	if status != Passed || r.Template == nil || d.engine.Record {
		return status, by, err
	}
	if k.custom, err = r.Template.Render(ctx, k); err != nil {
		return Failed, nil, fmt.Errorf("template: %w", err)
	}
	return Passed, nil, nil
}

// addRefusal reports a decision that sends nothing, once for each target.
func (d *decision) addRefusal(r *Route, k *Case, status Status, by *Rule, err error) {
	reason := ""
	if err != nil {
		reason = err.Error()
	} else if by != nil && status != Recorded {
		reason = by.Key
	}
	for _, t := range r.Targets {
		res := Result{Source: k.Doc.Source, Subject: k.Subject, Route: r.Name, Target: t.Name, Status: status, Reason: reason, Told: k.Told}
		res.GivenUp = errors.Is(err, policy.ErrGivenUp)
		switch status {
		case Duplicate:
			res.Known = k.Delta().Known
			k.job.answers[len(k.job.answers)-1].findings = res.Known
		case Stale:
			res.Says = k.Outdated()
		}
		d.out.Results = append(d.out.Results, res)
	}
}

// admission returns what the batch writes, nil when that is nothing.
func (d *decision) admission(jobs []*job) *state.Admission {
	today := int64(d.today)
	a := &state.Admission{Entries: d.entries, Blobs: d.packed, Known: d.mark(jobs), Day: today}
	if d.engine.Against == nil {
		a.Once = d.once.admission()
	}
	for _, m := range d.subjects {
		if d.engine.Against != nil || !m.changed && m.record.Day == today || m.record.Generation == 0 && !m.changed {
			continue
		}
		a.Records = append(a.Records, m.encode(today))
		for i := range m.entered {
			a.Names = append(a.Names, &m.entered[i])
		}
	}
	if len(a.Records)+len(a.Entries)+len(a.Known)+len(a.Once) == 0 {
		return nil
	}
	return a
}
