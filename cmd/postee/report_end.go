package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/mattn/go-runewidth"

	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/state"
)

// summary is the last line of --output json; its keys are stable.
type summary struct {
	Documents int    `json:"documents"`
	Errors    int    `json:"errors"`
	Delivered int    `json:"delivered"`
	Queued    int    `json:"queued"`
	Pending   int    `json:"pending"`
	Dead      int    `json:"dead"`
	Duplicate int    `json:"duplicate"`
	Filtered  int    `json:"filtered"`
	Held      int    `json:"held"`
	Failed    int    `json:"failed"`
	Recorded  int    `json:"recorded"`
	Stale     int    `json:"stale"`
	DryRun    int    `json:"dry-run"`
	Gate      string `json:"gate"`
	Exit      int    `json:"exit"`
}

// summary counts the run's results.
func (r *report) summary() summary {
	n := r.counts
	s := summary{
		Documents: r.documents, Errors: r.errors, Delivered: n["delivered"], Queued: n["queued"], Pending: n["pending"], Dead: n["dead"],
		Duplicate: n["duplicate"], Filtered: n["filtered"], Held: n["held"], Failed: n["failed"], Recorded: n["recorded"], Stale: n["stale"], DryRun: n["dry-run"],
		Gate: "off",
	}
	if r.gated {
		s.Gate = r.gateWord()
	}
	return s
}

// gateWord returns what the gate says: it vouches only for what was read to the end.
func (r *report) gateWord() string {
	switch {
	case r.outcome.gate:
		return "tripped"
	case r.outcome.input || r.cut:
		return "unknown"
	}
	return "passed"
}

// reportRows is how many lines the table has on a terminal without --all.
const reportRows = 20

// text prints the table of what was not printed yet, and one line that sums the run up.
func (r *report) text() {
	var out strings.Builder
	rows := r.rows
	if terminal(r.stdout) > 0 && !r.all && len(rows) > reportRows {
		rows = rows[:reportRows]
	}
	subjects, targets := 0, 0
	for _, row := range rows {
		subjects = max(subjects, min(runewidth.StringWidth(render.Clean(row.subject)), 60))
		targets = max(targets, runewidth.StringWidth(row.target))
	}
	for _, row := range rows {
		out.WriteString(runewidth.FillRight(render.Clean(row.subject), subjects) + "   ")
		if !r.onlyPrints() {
			out.WriteString(runewidth.FillRight(row.target, targets) + "   ")
		}
		out.WriteString(render.Clean(row.says) + "\n")
	}
	if left := len(r.rows) - len(rows); left > 0 {
		fmt.Fprintf(&out, "… %d more (--all lists them)\n", left)
	}
	if len(rows) > 0 {
		out.WriteByte('\n')
	}
	if len(r.counts) > 0 || r.documents > 0 || r.errors > 0 {
		out.WriteString(r.sentence() + "\n")
	}
	if _, err := io.WriteString(r.stdout, out.String()); r.written == nil && !gone(err) {
		r.written = err
	}
}

// sentence sums the run up: "3 documents · 2 delivered · 1 nothing new · 41 ms".
func (r *report) sentence() string {
	parts := []string{english.Plural(r.documents, "document", "")}
	s := r.summary()
	for _, p := range []struct {
		n    int
		what string
	}{
		{s.Delivered, r.deliveredWord()}, {s.DryRun, "would be sent"}, {s.Recorded, "recorded"}, {s.Queued, "queued"}, {s.Duplicate, "with nothing new"},
		{s.Filtered, "filtered"}, {s.Held, "held"}, {s.Stale, "older than what is known"}, {s.Failed, "failed"}, {s.Pending, "not delivered, kept"}, {s.Dead, "dead"}, {s.Errors, "not readable"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if r.gated {
		parts = append(parts, "gate "+r.gateWord())
	}
	return strings.Join(append(parts, time.Since(r.started).Round(time.Millisecond).String()), " · ")
}

// deliveredWord says where messages went.
func (r *report) deliveredWord() string {
	if r.onlyPrints() {
		return "shown here"
	}
	return "delivered"
}

// onlyPrints reports whether standard output is the only target: then its name need not be said.
func (r *report) onlyPrints() bool { return len(r.setup.printing) == len(r.setup.targets) }

// explainTrips says why the gate tripped: on standard error, since it is the reason of the exit status.
func (r *report) explainTrips() {
	for i := range r.trips {
		t := &r.trips[i]
		text := fmt.Sprintf("gate: %s: %s at or above %s", t.Subject, english.Plural(t.Count, "finding", ""), r.gate.At)
		if t.Worst.ID != "" {
			text += fmt.Sprintf(", the worst %s %s %s", strings.ToUpper(t.Worst.Severity.String()), t.Worst.ID, t.Worst.Package)
		}
		r.log.Error(strings.TrimSpace(text))
	}
	for _, text := range r.objects {
		r.log.Error(text)
	}
	if len(r.trips) > 0 && r.gate.Mode == route.GateNew {
		r.hint("to accept what is there today: postee send --record")
	}
}

// explainFailures says which targets did not get their messages, why, and what to do.
func (r *report) explainFailures() {
	for _, f := range r.failures {
		label := r.setup.Label(f.target)
		switch {
		case r.forgetful:
			r.log.Error(fmt.Sprintf("%s: %s: %s not delivered, and lost: --state none keeps nothing", label, f.reason, plural(f.count, "message is", "messages are")))
		case f.status == deliver.Dead:
			r.log.Error(fmt.Sprintf("%s: %s: %s dead", label, f.reason, plural(f.count, "message is", "messages are")))
			if f.reason == deliver.Barred {
				r.hint("mend what is told before it, then: postee state retry --all")
			} else {
				r.hint("mend the target, then: postee state retry " + f.key[:8])
			}
		default:
			r.log.Error(fmt.Sprintf("%s: %s: %s not delivered and kept", label, f.reason, plural(f.count, "message is", "messages are")))
			again := "postee flush"
			if t := r.setup.Targets[f.target]; t != nil && t.Address != "" {
				again += " with the same --to"
			}
			r.hint("the next run tries again; without new scans: " + again)
		}
	}
}

// plural counts a noun with its verb.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// hint prints a way out below an error.
func (a *app) hint(text string) {
	if a.logFormat == "text" {
		a.complain(hintMark + text)
	}
}

// leftoversRead is how many messages leftovers looks at: the state is locked meanwhile, and the first thousands tell enough.
const leftoversRead = 4096

// leftovers warns of what this run could not do anything about: dead messages of earlier runs, and those of other targets.
func (r *report) leftovers(ctx context.Context, store state.Store, s *setup) error {
	dead, foreign, queued, least := 0, 0, 0, ""
	err := store.View(context.WithoutCancel(ctx), func(tx state.Tx) error {
		totals, err := state.Summarise(tx)
		dead, queued = totals.Dead-r.counts["dead"], totals.Queued
		if err != nil || totals.Pending+totals.Queued == 0 {
			return err
		}
		queues, err := state.Queues(tx)
		if err != nil {
			return err
		}
		for _, q := range queues {
			if !s.Has(q.Route, q.Target) {
				foreign += q.Scans
			}
		}
		n, all, err := s.foreign(tx, totals.Pending)
		if foreign += n; !all {
			least = "at least "
		}
		return err
	})
	if err != nil {
		return &stateError{err}
	}
	if dead > 0 {
		// Quiet is about what goes well: nobody else says that somebody was not told.
		say := r.log.Warn
		if r.quiet {
			say = r.log.Error
		}
		say(plural(dead, "message of an earlier run is dead", "messages of earlier runs are dead") + ": postee state outbox shows why")
	}
	if r.forgetful && queued > 0 {
		r.log.Warn(plural(queued, "message that waited for a digest is", "messages that waited for a digest are") + " lost: --state none keeps nothing")
	}
	if foreign > 0 {
		r.log.Warn(least + plural(foreign, "message waits for a target", "messages wait for targets") + " that this run does not have")
	}
	return nil
}

// foreign counts what waits for targets that this run does not have; all is false when there is more than was looked at. Of how many
// messages wait it takes off those of this run's targets: reading these is enough, however many wait for others.
func (s *setup) foreign(tx state.Tx, waiting int) (n int, all bool, err error) {
	mine, other, left := 0, 0, leftoversRead
	for first, err := range state.Lines(tx) {
		if err != nil {
			return 0, false, err
		}
		if _, is := s.Targets[first.Target]; !is {
			other++
			continue
		}
		for e, err := range state.Line(tx, first.Target) {
			if err != nil {
				return 0, false, err
			}
			if left--; left < 0 {
				return other, false, nil
			}
			if s.owns(&e) {
				mine++
			} else {
				other++
			}
		}
	}
	return waiting - mine, true, nil
}

// gone reports whether the reader of standard output has gone away: it has read what it wanted.
func gone(err error) bool {
	return err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, fs.ErrClosed)
}
