package route

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// batch is documents that are admitted at once.
type batch struct {
	engine *Engine
	now    time.Time
	today  dedup.Day
	docs   []*scan.Document
	// read are the jobs of each document that was read, in the order of docs.
	read map[*scan.Document][]*job
	// unreadable are documents that were taken for known, and are not understood.
	unreadable []*scan.InputError
}

// newBatch makes a batch, with jobs for the documents that were read.
func (e *Engine) newBatch(ctx context.Context, now time.Time, docs []*scan.Document) *batch {
	b := &batch{engine: e, now: now, today: dedup.DayOf(now), docs: slices.Clone(docs), read: make(map[*scan.Document][]*job, len(docs))}
	b.add(ctx, slices.DeleteFunc(slices.Clone(docs), (*scan.Document).Unread))
	return b
}

// add makes the jobs of documents.
func (b *batch) add(ctx context.Context, docs []*scan.Document) {
	var all []*job
	for _, doc := range docs {
		jobs := make([]*job, len(doc.Reports))
		for i := range doc.Reports {
			jobs[i] = &job{doc: doc, report: &doc.Reports[i]}
			jobs[i].subject = b.engine.reportSubject(jobs[i].report)
		}
		b.read[doc], all = jobs, append(all, jobs...)
	}
	b.engine.readForPolicies(ctx, all)
	if b.engine.fingerprinter != nil {
		b.digest(all)
	}
}

// digest works the findings of reports out, on all processors.
func (b *batch) digest(jobs []*job) {
	inParallel(len(jobs), func(i int) {
		if j := jobs[i]; j.set == nil {
			j.set = dedup.NewFindingSet(b.engine.fingerprinter, j.report)
		}
	})
}

// inParallel calls work with the numbers below n, on all processors.
func inParallel(n int, work func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				work(int(i - 1))
			}
		})
	}
	all.Wait()
}

// order lists what is to be decided, in the order in which it is; what was not read has a job without a report.
func (b *batch) order() []*job {
	all := make([]*job, 0, len(b.docs))
	for _, doc := range b.docs {
		if doc.Unread() {
			all = append(all, &job{doc: doc})
		}
		all = append(all, b.read[doc]...)
	}
	byTime(all)
	return all
}

// readAll reads documents that are not known after all.
func (b *batch) readAll(ctx context.Context, docs []*scan.Document) {
	var read []*scan.Document
	for _, doc := range docs {
		if err := doc.Read(); err != nil {
			b.unreadable = append(b.unreadable, err)
			b.docs = slices.DeleteFunc(b.docs, func(d *scan.Document) bool { return d == doc })
			continue
		}
		read = append(read, doc)
	}
	b.add(ctx, read)
}

// viewed is what a view told of a batch.
type viewed struct {
	// order is that of the batch, jobs are those of it with a report.
	order, jobs []*job
	subjects    map[string]*subjectState
	// once is when messages were admitted that are sent once in a while.
	once map[state.OnceKey]time.Time
	// known are the marks of the documents that are not read.
	known map[*scan.Document]*state.Known
}

// names returns the subjects of all that was viewed.
func (v *viewed) names() map[string]struct{} {
	names := make(map[string]struct{}, len(v.subjects)+len(v.known))
	for name := range v.subjects {
		names[name] = struct{}{}
	}
	for _, k := range v.known {
		for i := range k.Subjects {
			if r := &k.Subjects[i].Record; r.Generation > 0 {
				names[r.Subject] = struct{}{}
			}
		}
	}
	return names
}

// view reads the records of the batch's subjects, and the names of what may turn out to be fixed: all of either at once. Documents that
// are not known after all are read first.
func (b *batch) view(ctx context.Context) (*viewed, error) {
	for {
		v := &viewed{order: b.order()}
		v.jobs = slices.DeleteFunc(slices.Clone(v.order), func(j *job) bool { return j.report == nil })
		var unknown []*scan.Document
		err := b.engine.Store.View(ctx, func(tx state.Tx) (err error) {
			if v.known, unknown, err = b.recall(tx, v); err != nil || len(unknown) > 0 {
				return err
			}
			if err = b.engine.salted(tx); err != nil {
				return err
			}
			b.digest(v.jobs)
			if v.once, err = b.engine.loadOnce(tx, v.jobs); err != nil {
				return err
			}
			if v.subjects, err = b.engine.loadRecords(tx, v.jobs); err != nil {
				return err
			}
			return b.engine.loadNames(tx, v.subjects, v.jobs)
		})
		if err != nil || len(unknown) == 0 {
			return v, err
		}
		b.readAll(ctx, unknown)
	}
}

// recall returns the marks of the documents that were not read, and those that have to be read all the same: a mark does not hold any
// more, or something else in the batch speaks of one of its subjects.
func (b *batch) recall(tx state.Tx, v *viewed) (known map[*scan.Document]*state.Known, unknown []*scan.Document, err error) {
	if len(v.jobs) == len(v.order) {
		return nil, nil, nil
	}
	var docs []*scan.Document
	var hashes []state.DocumentHash
	for _, doc := range b.docs {
		if doc.Unread() {
			docs, hashes = append(docs, doc), append(hashes, b.engine.documentHash(doc.Sum()))
		}
	}
	marks, err := state.Recall(tx, int64(b.today), hashes)
	if err != nil {
		return nil, nil, err
	}
	decided := map[string]bool{}
	for _, j := range v.jobs {
		for _, subject := range b.engine.subjectsOf(j) {
			decided[subject] = true
		}
	}
	known = make(map[*scan.Document]*state.Known, len(docs))
	for i, doc := range docs {
		k := marks[i]
		if k == nil || !b.engine.understands(k) || slices.ContainsFunc(k.Subjects, func(s state.KnownSubject) bool { return decided[s.Record.Subject] }) {
			unknown = append(unknown, doc)
			continue
		}
		known[doc] = k
	}
	return known, unknown, nil
}
