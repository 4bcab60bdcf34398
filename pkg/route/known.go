package route

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// foreseen are the statuses that a mark has, by their numbers in it.
var foreseen = [...]Status{Duplicate, Filtered, Held}

// marks reports whether the engine marks documents, and knows marked ones again.
func (e *Engine) marks() bool {
	return e.Decider != [sha256.Size]byte{} && e.Against == nil && e.Subject == "" && !e.Record && e.Gate.Mode == GateOff && e.Observe == nil
}

// documentHash returns what a document is marked under.
func (e *Engine) documentHash(sum [sha256.Size]byte) state.DocumentHash {
	both := sha256.Sum256(append(e.Decider[:len(e.Decider):len(e.Decider)], sum[:]...))
	return state.DocumentHash(both[:])
}

// MayKnow reports for each of some documents, by the SHA-256 of its bytes, whether it need not be read: it was decided before, and would
// say the same again. It is a hint, which Admit looks at again. It is what [scan.Options] asks.
func (e *Engine) MayKnow(ctx context.Context, now time.Time, sums [][sha256.Size]byte) []bool {
	if !e.marks() {
		return nil
	}
	hashes := make([]state.DocumentHash, len(sums))
	for i, sum := range sums {
		hashes[i] = e.documentHash(sum)
	}
	var known []bool
	err := e.Store.View(ctx, func(tx state.Tx) (err error) {
		known, err = state.MayKnow(tx, int64(dedup.DayOf(now)), hashes)
		return err
	})
	if err != nil { // which whoever needs the state will find, too
		return nil
	}
	return known
}

// understands reports whether a mark has a meaning for the engine's routes.
func (e *Engine) understands(k *state.Known) bool {
	if len(e.Routes) == 0 || len(k.Decided)%len(e.Routes) != 0 {
		return false
	}
	for i, o := range k.Decided {
		if o.Status >= uint64(len(foreseen)) || o.Rule >= uint64(len(e.Routes[i%len(e.Routes)].Rules)) {
			return false
		}
	}
	return true
}

// repeat reports what a known document says again.
func (d *decision) repeat(doc *scan.Document, k *state.Known) {
	for i, o := range k.Decided {
		r, record := d.engine.Routes[i%len(d.engine.Routes)], &k.Subjects[o.Subject].Record
		res := Result{Source: doc.Source, Subject: record.Subject, Route: r.Name, Status: foreseen[o.Status], Reason: r.Rules[o.Rule].Key}
		if res.Status == Duplicate {
			res.Known = int(o.Findings)
		}
		if said := record.Said(r.Name); said != nil {
			res.Told = said.Told
		}
		for _, t := range r.Targets {
			res.Target = t.Name
			d.out.Results = append(d.out.Results, res)
		}
	}
}

// answer is what became of a report on a route: a status, the place of the rule that gave it among the route's, and how many findings were
// compared.
type answer struct {
	status   Status
	rule     int
	findings int
}

// edits returns how often the subjects of a job were changed by the batch.
func (d *decision) edits(j *job) (n int) {
	for _, subject := range d.engine.subjectsOf(j) {
		n += d.subjects[subject].edits
	}
	return n
}

// foresee returns what the job would say if it were decided again, now that it is; false where that cannot be told. A job that has changed
// nothing says the same again: the decision has no other input than the document, the state, and the day. One that has changed something
// has been said: the next time, the difference is empty, and rules that only look at the document answer as before.
func (d *decision) foresee(j *job, changed bool) bool {
	if !j.doc.Plain() || j.failed || j.warned || j.report.Summary != nil || j.report.Scanner == "" || j.report.Time.After(d.now) {
		return false
	}
	for _, subject := range d.engine.subjectsOf(j) {
		if d.subjects[subject].outdated(j, d.now) != "" { // beside a newer one of the batch it would be decided first
			return false
		}
	}
	for i, r := range d.engine.Routes {
		if r.Unique != nil { // time decides too
			return false
		}
		a := &j.answers[i]
		if a.status == Passed {
			if a.rule = slices.IndexFunc(r.Rules, func(r Rule) bool { return r.No == Duplicate }); a.rule < 0 || r.ShowAll {
				return false
			}
			a.status, a.findings = Duplicate, len(j.set.Marks)
		}
		if !slices.Contains(foreseen[:], a.status) {
			return false
		}
		if !changed {
			continue
		}
		before := r.Rules[:a.rule]
		if a.status == Filtered {
			before = r.Rules[:a.rule+1]
		}
		if slices.ContainsFunc(before, func(r Rule) bool { return r.Basis == OnAll }) {
			return false
		}
	}
	return true
}

// mark makes the marks of the documents whose reports can be foreseen, and whose subjects nothing has changed since.
func (d *decision) mark(jobs []*job) []*state.Known {
	if !d.engine.marks() {
		return nil
	}
	byDocument := map[*scan.Document][]*job{}
	for _, j := range jobs {
		byDocument[j.doc] = append(byDocument[j.doc], j)
	}
	var marks []*state.Known
	for doc, of := range byDocument {
		if k := d.markOf(doc, of); k != nil {
			marks = append(marks, k)
		}
	}
	return marks
}

// marking is the mark of a document while it is made.
type marking struct {
	*decision
	mark   *state.Known
	places map[string]int
}

// subject returns the place of a subject in the mark; remembered reports whether anything is remembered of it. It is -1 where that is not
// all.
func (m *marking) subject(name string) (place int, remembered bool) {
	s := m.subjects[name]
	remembered = s.record.Generation > 0 || s.changed
	if place, listed := m.places[name]; listed {
		return place, remembered
	}
	if len(s.record.Scans) > maxScans {
		return -1, remembered
	}
	place = len(m.mark.Subjects)
	m.places[name] = place
	m.mark.Subjects = append(m.mark.Subjects, state.KnownSubject{Record: state.Record{Subject: name, Generation: s.record.Generation}})
	return place, remembered
}

// markOf makes the mark of a document, nil where there is none.
func (d *decision) markOf(doc *scan.Document, jobs []*job) *state.Known {
	m := &marking{d, &state.Known{Document: d.engine.documentHash(doc.Sum())}, map[string]int{}}
	for i := range doc.Reports {
		j := jobs[slices.IndexFunc(jobs, func(j *job) bool { return j.report == &doc.Reports[i] })]
		if !j.foreseen || d.edits(j) != j.left {
			return nil
		}
		for k, r := range d.engine.Routes {
			place, remembered := m.subject(d.engine.subjectOf(r, j))
			if place < 0 || !remembered {
				return nil
			}
			a := j.answers[k]
			m.mark.Decided = append(m.mark.Decided, state.Decided{
				Subject: uint64(place), Status: uint64(slices.Index(foreseen[:], a.status)), Rule: uint64(a.rule), Findings: uint64(a.findings),
			})
		}
		// No route may call it that. Where it is remembered, it was seen; where it is not, another configuration may make it so.
		if place, _ := m.subject(j.subject); place < 0 {
			return nil
		}
	}
	return m.mark
}
