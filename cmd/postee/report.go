package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// line is what became of one subject on one route and target: a line of --output json, whose keys are stable.
type line struct {
	Source   string `json:"source"`
	Subject  string `json:"subject"`
	Route    string `json:"route"`
	Target   string `json:"target"`
	Status   string `json:"status"`
	Ref      string `json:"ref"`
	Key      string `json:"key"`
	Attempts int    `json:"attempts"`
	Reason   string `json:"reason"`
	// Scans is how many scans a digest gathers; its subject is "".
	Scans int `json:"scans,omitzero"`
}

// Words of the lines: the status of what a dry run would send, and the source of what no document of this run brought.
const (
	dryRun = "dry-run"
	outbox = "outbox"
)

// errorLine is a document that could not be read, as a line of --output json.
type errorLine struct {
	Source string `json:"source"`
	Offset int64  `json:"offset"`
	Error  string `json:"error"`
}

// report tells what became of everything: as JSON at once, as text at the end. Delivery reports from other goroutines.
type report struct {
	*app
	// asJSON: one line each, at once. all: long lists are not shortened.
	asJSON, all bool
	// setup names the targets that print messages on standard output themselves: the table only has what they did not.
	setup *setup
	// dry: nothing is sent or remembered.
	dry bool
	// forgetful: the state is in memory, and ends with the run.
	forgetful bool
	// empty: it is known that nothing of other runs waits in the state, or is dead.
	empty bool
	// cut: the run ended before all input was read.
	cut bool
	// gated: --fail-on was given, with that gate.
	gated   bool
	gate    route.Gate
	started time.Time

	mu        sync.Mutex
	documents int
	errors    int
	counts    map[string]int
	notes     map[uint64]route.Note // by the Seq of an entry that this run admitted
	rows      []textRow
	trips     []route.Trip
	objects   []string       // what targets have against artifacts, as the gate says it
	asked     map[asked]bool // what targets that judge are not told; true where they were before
	doubted   map[asked]bool // what was said not to be judged
	failures  []failure
	written   error // the first error of writing to standard output
}

// textRow is one line of the text report, while it waits for the end.
type textRow struct{ subject, target, says string }

// failure is messages of one target that were not delivered for one reason.
type failure struct {
	target, reason, key string
	status              deliver.Status
	count               int
}

// newReport starts a report.
func (a *app) newReport(o *outputOptions, s *setup) *report {
	return &report{
		app: a, asJSON: o.asJSON(), all: o.all, setup: s, started: time.Now(),
		counts: map[string]int{}, notes: map[uint64]route.Note{}, asked: map[asked]bool{}, doubted: map[asked]bool{},
	}
}

// add counts a line, and prints or keeps it. The caller holds the lock.
func (r *report) add(l line, says string) {
	r.counts[l.Status]++
	if r.asJSON {
		r.print(l)
		return
	}
	if r.quiet {
		return
	}
	if l.Scans > 0 {
		l.Subject = "digest of " + english.Plural(l.Scans, "scan", "")
	}
	r.rows = append(r.rows, textRow{l.Subject, r.setup.Label(l.Target), says})
}

// print writes one line of JSON.
func (r *report) print(v any) {
	p, err := jsonline.Marshal(v)
	if err == nil {
		_, err = r.stdout.Write(p)
	}
	if r.written == nil && !gone(err) {
		r.written = err
	}
}

// badInput reports a document that could not be read.
func (r *report) badInput(err *scan.InputError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcome.input = true
	r.errors += err.Number()
	if r.asJSON {
		r.print(errorLine{err.Source, err.Offset, err.Err.Error()})
	}
	r.log.Error(err.Error())
}

// decided reports a batch: what is not delivered, and the gate's trips.
func (r *report) decided(documents int, admitted *route.Admitted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.documents += documents
	for _, w := range admitted.Warnings {
		r.log.Warn(w)
	}
	for i := range admitted.Results {
		res := &admitted.Results[i]
		if res.Status == route.Failed {
			r.outcome.undelivered = true
			if !res.GivenUp { // said when it was given up
				r.log.Error(fmt.Sprintf("%s: %s: %s", r.setup.Label(res.Route), res.Subject, res.Reason))
			}
		}
		r.add(line{
			Source: res.Source, Subject: res.Subject, Route: res.Route, Target: res.Target, Status: string(res.Status), Key: res.Key, Reason: res.Reason,
		}, r.says(res))
		r.ask(res)
	}
	r.judged(admitted)
}

// judged takes down what the gate says of a batch. What it cannot vouch for is as an input that could not be understood.
func (r *report) judged(admitted *route.Admitted) {
	r.outcome.gate = r.outcome.gate || len(admitted.Tripped) > 0
	r.trips = append(r.trips, admitted.Tripped...)
	for _, u := range admitted.Unjudged {
		r.outcome.input = true
		r.log.Error(fmt.Sprintf("gate: %s: %s", u.Source, u.Why))
	}
}

// says returns a result in words, for the table.
func (r *report) says(res *route.Result) string {
	if r.asJSON || r.quiet {
		return ""
	}
	switch res.Status {
	case route.Duplicate:
		text := fmt.Sprintf("nothing new: %d known", res.Known)
		if res.Reason != route.DifferenceKey { // something may be new
			text = "told before: " + res.Reason
		}
		if res.Told > 0 {
			text += ", last told " + humanize.Time(time.Unix(res.Told, 0))
		}
		return text
	case route.Stale:
		return "not compared: " + res.Says + " (--any-age)"
	case route.Recorded:
		return "recorded as known"
	case route.Queued:
		if r.dry {
			return "would wait for a digest: " + res.Says
		}
		return "waits for a digest: " + res.Says
	}
	text := string(res.Status)
	if res.Reason != "" {
		text += ": " + res.Reason
	}
	return text
}

// unsent reports entries of a dry run.
func (r *report) unsent(admitted *route.Admitted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range admitted.Entries {
		e, note := &admitted.Entries[i], admitted.Notes[i]
		l := line{
			Source: cmp.Or(note.Source, outbox), Subject: e.Subject, Route: e.Route, Target: e.Target, Status: dryRun, Key: e.Key, Scans: e.Scans,
		}
		r.add(l, "would be sent"+withNote(note.Says))
	}
}

// expect remembers which entries this run admitted, before the deliverer can report one.
func (r *report) expect(admitted *route.Admitted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range admitted.Entries {
		r.notes[admitted.Entries[i].Seq] = admitted.Notes[i]
	}
}

// delivered reports what became of an entry.
func (r *report) delivered(res deliver.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &res.Entry
	note, own := r.notes[e.Seq]
	delete(r.notes, e.Seq)
	l := line{
		Source: cmp.Or(note.Source, outbox), Subject: e.Subject, Route: e.Route, Target: e.Target, Status: res.Status.String(),
		Ref: res.Ref, Key: e.Key, Attempts: e.Attempts, Reason: res.Reason, Scans: e.Scans,
	}
	r.object(e, &res, own)
	if res.Status != deliver.Delivered {
		r.outcome.undelivered = r.outcome.undelivered || own || res.Tried
		r.fail(e, &res)
	}
	says := note.Says
	if res.Status == deliver.Delivered {
		l.Reason = strings.Join(remarks(&res), "; ")
		says = strings.Join(append(nonEmpty(says), remarks(&res)...), " · ")
	}
	if r.asJSON || !r.setup.printing[e.Target] || res.Status != deliver.Delivered {
		r.add(l, l.Status+withNote(says))
		return
	}
	r.counts[l.Status]++ // the message itself stands on standard output
}

func withNote(says string) string {
	if says == "" {
		return ""
	}
	return ": " + says
}

// fail groups messages that were not delivered by target and reason.
func (r *report) fail(e *state.Entry, res *deliver.Result) {
	i := slices.IndexFunc(r.failures, func(f failure) bool {
		return f.target == e.Target && f.reason == res.Reason && f.status == res.Status
	})
	if i < 0 {
		i = len(r.failures)
		r.failures = append(r.failures, failure{target: e.Target, reason: res.Reason, key: e.Key, status: res.Status})
	}
	r.failures[i].count++
}

// finish prints what is left to say. It returns the run's error, so that the summary can name the exit status that follows from it.
func (r *report) finish(ctx context.Context, store state.Store, s *setup, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !isStateError(err) && !r.empty {
		err = errors.Join(err, r.leftovers(ctx, store, s))
	}
	if !isStateError(err) {
		err = errors.Join(err, r.recall(ctx, store))
	}
	r.cut = err != nil
	r.explainTrips()
	r.explainFailures()
	if r.asJSON {
		sum := r.summary()
		sum.Exit = status(ctx, r.outcome, err)
		r.print(map[string]summary{"summary": sum})
	} else if !r.quiet {
		r.text()
	}
	return errors.Join(err, r.written)
}
