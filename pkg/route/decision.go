package route

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// decision is one attempt at a batch.
type decision struct {
	engine   *Engine
	now      time.Time
	subjects map[string]*memory
	entries  []state.Entry
	out      *Admitted
}

// comparison is a difference and what the baseline becomes; routes with one baseline share it.
type comparison struct {
	baseline dedup.Baseline
	digest   *dedup.Digest
	delta    dedup.Delta
	next     dedup.Next
}

// comparer compares one report with the baselines of several routes, each distinct baseline once.
type comparer struct {
	work *work
	mem  *memory
	done []*comparison
}

// with gives the comparison with a baseline.
func (c *comparer) with(b dedup.Baseline) *comparison {
	for _, done := range c.done {
		if sameBaseline(&done.baseline, &b) {
			return done
		}
	}
	done := &comparison{baseline: b, digest: c.work.digest}
	done.delta, done.next = dedup.Diff(&b, c.work.digest, func(p dedup.Print) (dedup.Identity, bool) {
		id, ok := c.mem.names[p]
		return id, ok
	})
	c.done = append(c.done, done)
	return done
}

// sameBaseline tells that two baselines are the very same marks; equal ones are shared by the record already.
func sameBaseline(a, b *dedup.Baseline) bool {
	return a.First == b.First && a.Compliance == b.Compliance && sameMarks(a.Own, b.Own) &&
		slices.EqualFunc(a.Others, b.Others, sameMarks)
}

func sameMarks(a, b []dedup.Mark) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// report decides one report on every route, and judges it at the gate.
func (d *decision) report(ctx context.Context, w *work) error {
	mem := d.subjects[w.subject]
	c := &comparer{work: w, mem: mem}
	d.gate(w, mem, c)
	for _, r := range d.engine.Routes {
		if err := d.route(ctx, r, w, mem, c); err != nil {
			return err
		}
	}
	return nil
}

// baseline gives what a report is compared with on a route.
func (d *decision) baseline(route string, w *work, mem *memory) dedup.Baseline {
	if d.engine.Against == nil {
		return mem.baseline(route, w.report.Scanner)
	}
	base := counterpart(d.engine.against, w.report)
	if base == nil {
		return dedup.Baseline{First: true}
	}
	for _, p := range w.digest.Gone(base.Marks) {
		mem.names[p], _ = base.Identity(p)
	}
	return dedup.Baseline{Own: base.Marks, Compliance: base.Report.Compliance}
}

// counterpart picks the report of --baseline that r is compared with: the only one, else the one with the same subject, else
// with the same repository.
func counterpart(against []*dedup.Digest, r *scan.Report) *dedup.Digest {
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

// route decides one report on one route.
func (d *decision) route(ctx context.Context, r *Route, w *work, mem *memory, c *comparer) error {
	var compared *comparison
	compare := func() *comparison {
		if compared == nil {
			compared = c.with(d.baseline(r.Name, w, mem))
		}
		return compared
	}
	k := &Case{Doc: w.doc, Report: w.report, Digest: w.digest, Subject: w.subject, Delta: func() *dedup.Delta { return &compare().delta }}
	if said := mem.route(r.Name); said != nil {
		k.Told = said.Told
	}
	status, by, err := r.Decide(ctx, k, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if d.engine.Observe != nil {
		d.engine.Observe(k, r, status, by)
	}
	if d.engine.Record && (status == Passed || status == Duplicate || status == Held) {
		status = Recorded
	}
	switch status {
	case Passed:
		return d.say(r, k, mem, compare())
	case Recorded, Duplicate:
		// What another scanner said already enters silently; nothing else can differ here.
		d.advance(mem, r.Name, w, &compare().next)
	}
	d.refuse(r, k, status, by, err)
	return nil
}

// advance moves a route's baseline, unless the run compares with a document instead.
func (d *decision) advance(mem *memory, route string, w *work, next *dedup.Next) {
	if d.engine.Against == nil {
		mem.advance(route, w.report.Scanner, next, w.digest)
	}
}

// refuse reports a decision that sends nothing, once for each target.
func (d *decision) refuse(r *Route, k *Case, status Status, by *Rule, err error) {
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

// say makes the message and its entries, and advances the baseline with them.
func (d *decision) say(r *Route, k *Case, mem *memory, compared *comparison) error {
	m := &message.Message{Route: r.Name, Sections: []message.Section{{
		Subject: k.Subject, Artifact: k.Report.Artifact, Scanner: k.Report.Scanner, Format: k.Doc.Format,
		Source: k.Doc.Source, Owners: k.Report.Owners, Delta: compared.delta,
	}}}
	section := &m.Sections[0]
	if r.ShowAll {
		section.All = k.Digest.All()
	}
	if slices.ContainsFunc(r.Targets, func(t Target) bool { return t.Document }) {
		blob := sha256.Sum256(k.Report.Raw)
		section.Blob = blob[:]
		d.out.Documents[blob] = k.Report.Raw
	}
	encoded, err := message.Encode(m)
	if err != nil {
		return fmt.Errorf("%s: %w", k.Doc.Source, err)
	}
	d.advance(mem, r.Name, &work{doc: k.Doc, report: k.Report, subject: k.Subject, digest: k.Digest}, &compared.next)
	number := d.number(mem, r.Name)
	fingerprints := sumsOf(&compared.delta)
	for _, t := range r.Targets {
		lane := r.Name + "\x00" + t.Name + "\x00" + k.Subject
		entry := state.Entry{
			Key: fingerprints.key(r.Name, t.Name, k.Subject, number), Route: r.Name, Target: t.Name, Subject: k.Subject,
			Lane: lane, Thread: lane, Local: t.Local, Admitted: d.now, Message: encoded,
		}
		if t.Document {
			entry.Document = section.Blob
		}
		d.entries = append(d.entries, entry)
		d.out.Notes = append(d.out.Notes, Note{k.Doc.Source, Sentence(&compared.delta)})
	}
	return nil
}

// number gives the message's number for route and subject and counts it. With --baseline nothing is counted.
func (d *decision) number(mem *memory, route string) uint64 {
	said := mem.route(route)
	if said == nil {
		return 0
	}
	n := said.Number
	said.Number++
	said.Told = d.now.Unix()
	mem.changed = true
	return n
}

// admission gives what the batch writes, nil when that is nothing.
func (d *decision) admission() *state.Admission {
	today := d.now.Unix() / 86400
	a := &state.Admission{Names: map[uint64][]byte{}, Entries: d.entries, Blobs: d.out.Documents}
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
