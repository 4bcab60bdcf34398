package route

import (
	"slices"
	"strings"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
)

// gateRoute is the reserved name under which the gate keeps its own baseline: no configured route can have it.
const gateRoute = "(gate)"

// GateMode is which findings the gate judges.
type GateMode uint8

// The modes of --fail-on.
const (
	// GateOff judges nothing.
	GateOff GateMode = iota
	// GateAny judges every finding of the input, known or not.
	GateAny
	// GateNew is a ratchet: it judges what its own baseline does not have, and never takes in what tripped it.
	GateNew
)

// Gate is --fail-on. It is independent of routes and their filters.
type Gate struct {
	Mode GateMode
	// At is the least severity that trips it.
	At scan.Severity
}

// Trip is what tripped the gate in one report.
type Trip struct {
	Source, Subject string
	// Count is the number of findings at or above the gate's severity, Worst the worst of them by kind, severity, ID and package (zero
	// where the report only counts).
	Count int
	Worst scan.Finding
}

// Unjudged is a report for which the gate cannot vouch.
type Unjudged struct {
	Source, Subject string
	// Why says why not, in words.
	Why string
}

// gate judges one report and, for a ratchet or --record, moves the gate's own baseline. A ratchet does not look at a scan that is
// older than one that it has judged.
func (d *decision) gate(j *job, subj *subjectState) {
	g, record := d.engine.Gate, d.engine.Record
	if why := unjudged(g.Mode, j); why != "" {
		d.out.Unjudged = append(d.out.Unjudged, Unjudged{j.doc.Source, j.subject, why})
		return
	}
	if g.Mode == GateAny {
		d.trip(j, judgeAny(j.set, g.At))
	}
	stale := d.engine.Against == nil && !d.engine.AnyAge && subj.outdated(j, d.now) != ""
	if g.Mode != GateNew && !record || stale {
		return
	}
	compared := j.compare(subj, d.baseline(gateRoute, j, subj))
	next := compared.next
	if !record {
		var trip Trip
		trip, next = ratchet(g.At, compared)
		d.trip(j, trip)
	}
	d.advance(subj, gateRoute, j, &next)
}

// unjudged returns why the gate cannot vouch for a report, "" when it can.
func unjudged(mode GateMode, j *job) string {
	switch {
	case mode == GateOff:
	case j.report.Scanner == "":
		return "it is no scan that is understood here"
	case mode == GateNew && j.report.Summary != nil:
		return "it only counts its findings, so that nothing shows which of them are new"
	}
	return ""
}

// trip notes a trip with findings in it.
func (d *decision) trip(j *job, t Trip) {
	if t.Count > 0 {
		t.Source, t.Subject = j.doc.Source, j.subject
		// It is kept for the whole run, and must not keep the document.
		w := &t.Worst
		t.Worst = scan.Finding{Kind: w.Kind, Severity: w.Severity, ID: strings.Clone(w.ID), Package: strings.Clone(w.Package)}
		d.out.Tripped = append(d.out.Tripped, t)
	}
}

// judgeAny counts the open findings at or above a severity.
func judgeAny(d *dedup.FindingSet, at scan.Severity) Trip {
	var t Trip
	open, _ := d.Open()
	for _, n := range open[at:] {
		t.Count += n
	}
	if t.Count > 0 && len(d.Marks) > 0 {
		t.Worst = *d.All(nil)[0].Finding
	}
	return t
}

// ratchet counts what is new, or rose, at or above a severity, and returns the baseline without it: it stays red until it is fixed.
func ratchet(at scan.Severity, compared *comparison) (Trip, dedup.Next) {
	var tripped []dedup.Item
	for _, item := range compared.delta.New {
		if item.Severity >= at {
			tripped = append(tripped, item)
		}
	}
	for _, change := range compared.delta.Changed {
		if change.Severity >= at && change.Was.Severity < at {
			tripped = append(tripped, change.Item)
		}
	}
	next := compared.next
	if len(tripped) == 0 {
		return Trip{}, next
	}
	refused := map[dedup.Identity]bool{}
	for i := range tripped {
		refused[tripped[i].Identity()] = true
	}
	next.Marks, next.Entered = nil, nil
	for _, m := range compared.next.Marks {
		if id, ok := compared.set.Identity(m.Fingerprint); ok && refused[id] {
			if was, known := dedup.Find(compared.baseline.Own, m.Fingerprint); known {
				next.Marks = append(next.Marks, compared.baseline.Own[was])
			}
			continue
		}
		next.Marks = append(next.Marks, m)
	}
	for _, p := range compared.next.Entered {
		if id, ok := compared.set.Identity(p); ok && !refused[id] {
			next.Entered = append(next.Entered, p)
		}
	}
	worst := slices.MaxFunc(tripped, func(a, b dedup.Item) int { return int(a.Severity) - int(b.Severity) })
	return Trip{Count: len(tripped), Worst: *worst.Finding}, next
}
