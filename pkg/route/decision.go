package route

import (
	"context"
	"slices"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// decision is one attempt at a batch.
type decision struct {
	engine   *Engine
	now      time.Time
	subjects map[string]*subjectState
	drafts   []*draft
	packed   map[[32]byte]state.Packed
	entries  []state.Entry
	// notes has an element for each entry.
	notes []Note
	out   *Admitted
}

// comparison is a difference and what the baseline becomes; routes with one baseline share it.
type comparison struct {
	baseline dedup.Baseline
	set      *dedup.FindingSet
	delta    dedup.Delta
	next     dedup.Next
	// input is the report with this difference, as policies see it; nil until one asks.
	input *policy.Input
}

// compare returns the comparison with a baseline that stands in a subject's memory: each distinct baseline is compared once.
func (w *job) compare(mem *subjectState, b dedup.Baseline) *comparison {
	for _, done := range w.comparisons {
		if sameBaseline(&done.baseline, &b) {
			return done
		}
	}
	done := &comparison{baseline: b, set: w.set}
	done.delta, done.next = dedup.Diff(&b, w.set, func(p dedup.Fingerprint) (dedup.Identity, bool) {
		id, ok := mem.names[p]
		return id, ok
	})
	w.comparisons = append(w.comparisons, done)
	return done
}

// sameBaseline reports whether two baselines are the very same marks; equal ones are shared by the record already.
func sameBaseline(a, b *dedup.Baseline) bool {
	return a.First == b.First && a.Compliance == b.Compliance && sameMarks(a.Own, b.Own) &&
		slices.EqualFunc(a.Others, b.Others, sameMarks)
}

func sameMarks(a, b []dedup.Mark) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// decideReport decides one report on every route, and judges it at the gate.
func (d *decision) decideReport(ctx context.Context, w *job) error {
	w.comparisons = nil
	d.gate(w, d.subjects[w.subject])
	for _, r := range d.engine.Routes {
		if err := d.decideRoute(ctx, r, w); err != nil {
			return err
		}
	}
	return nil
}

// baseline returns what a report is compared with on a route.
func (d *decision) baseline(route string, w *job, mem *subjectState) dedup.Baseline {
	if d.engine.Against == nil {
		return mem.baseline(route, w.report.Scanner)
	}
	base := baselineReport(d.engine.against, w.report)
	if base == nil {
		return dedup.Baseline{First: true}
	}
	for _, p := range w.set.Gone(base.Marks) {
		mem.names[p], _ = base.Identity(p)
	}
	return dedup.Baseline{Own: base.Marks, Compliance: base.Report.Compliance}
}

// baselineReport picks the report of --baseline that r is compared with: the only one, else the one with the same subject, else
// with the same repository.
func baselineReport(against []*dedup.FindingSet, r *scan.Report) *dedup.FindingSet {
	if len(against) == 1 {
		return against[0]
	}
	for _, same := range []func(a, b *scan.Artifact) bool{
		func(a, b *scan.Artifact) bool { return a.Subject() == b.Subject() },
		func(a, b *scan.Artifact) bool {
			return a.Repository != "" && a.Type == b.Type && a.Host == b.Host && a.Repository == b.Repository
		},
	} {
		for _, d := range against {
			if same(&d.Report.Artifact, &r.Artifact) {
				return d
			}
		}
	}
	return nil
}

// decideRoute decides one report on one route.
func (d *decision) decideRoute(ctx context.Context, r *Route, w *job) error {
	subject := d.engine.subjectOf(r, w)
	mem := d.subjects[subject]
	k := &Case{Doc: w.doc, Report: w.report, Set: w.set, Subject: subject, decision: d, route: r.Name, work: w, mem: mem}
	if said := mem.route(r.Name); said != nil {
		k.Told = said.Told
	}
	status, by, err := d.decide(ctx, r, k)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if d.engine.Record && (status == Passed || status == Duplicate || status == Held) {
		status = Recorded
	}
	switch status {
	case Passed:
		d.addDraft(r, k)
		return nil
	case Recorded, Duplicate:
		// What another scanner said already enters silently; nothing else can differ here.
		d.advance(mem, r.Name, w, &k.comparison().next)
	case Held:
		if quiet, changed := dedup.MergeSilently(&k.comparison().baseline, w.set); changed {
			d.advance(mem, r.Name, w, &quiet)
		}
	}
	d.addRefusal(r, k, status, by, err)
	return nil
}

// decide asks the route, and lets an observer see the decision.
func (d *decision) decide(ctx context.Context, r *Route, k *Case) (Status, *Rule, error) {
	if d.engine.Observe == nil {
		return r.Decide(ctx, k, nil)
	}
	var v Verdict
	var trace func(*Rule, bool, error)
	if d.engine.Explain {
		trace = func(rule *Rule, ok bool, err error) { v.Asked = append(v.Asked, Answer{rule, ok, err}) }
	}
	v.Status, v.By, v.Err = r.Decide(ctx, k, trace)
	d.engine.Observe(ctx, k, r, &v)
	return v.Status, v.By, v.Err
}

// advance moves a route's baseline, unless the run compares with a document instead.
func (d *decision) advance(mem *subjectState, route string, w *job, next *dedup.Next) {
	if d.engine.Against == nil {
		mem.advance(route, w.report.Scanner, next, w.set)
	}
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
		if status == Duplicate {
			res.Known = k.Delta().Known
		}
		d.out.Results = append(d.out.Results, res)
	}
}

// admission returns what the batch writes, nil when that is nothing.
func (d *decision) admission() *state.Admission {
	today := d.now.Unix() / 86400
	a := &state.Admission{Names: map[uint64][]byte{}, Entries: d.entries, Blobs: d.packed}
	for _, m := range d.subjects {
		if d.engine.Against != nil || !m.changed && m.record.Day == today || m.record.Generation == 0 && !m.changed {
			continue
		}
		a.Records = append(a.Records, m.encode(today))
		for p, name := range m.entered {
			a.Names[p] = name
		}
	}
	if len(a.Records) == 0 && len(a.Entries) == 0 {
		return nil
	}
	return a
}
