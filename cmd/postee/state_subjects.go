package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// remembered is one line of state list; its keys are stable.
type remembered struct {
	Subject  string   `json:"subject"`
	Routes   []string `json:"routes"`
	Findings int      `json:"findings"`
	LastSeen string   `json:"last_seen"`
	// LastTold is when a target last confirmed a message about it, "" when none has.
	LastTold string `json:"last_told"`
	// Pending and Dead count messages about it that wait, for a target or a digest, and those that are not tried again.
	Pending int `json:"pending,omitzero"`
	Dead    int `json:"dead,omitzero"`
	// Baselines is only in state show.
	Baselines []baseline `json:"baselines,omitzero"`
}

// baseline is what some routes have said of one scanner's findings in one variant of the subject.
type baseline struct {
	Routes  []string `json:"routes"`
	Scanner string   `json:"scanner"`
	Variant string   `json:"variant,omitzero"`
	Open    []open   `json:"open"`
}

// open is one finding of a baseline.
type open struct {
	Kind     scan.Kind     `json:"kind"`
	ID       string        `json:"id"`
	Package  string        `json:"package,omitzero"`
	Location string        `json:"location,omitzero"`
	Resource string        `json:"resource,omitzero"`
	Severity scan.Severity `json:"severity"`
	Fix      bool          `json:"fix"`
	// FirstSeen is the day on which it was first in a scan of the subject.
	FirstSeen dedup.Day `json:"first_seen,omitzero"`
}

// rememberedOf sums a record up. Findings counts each fingerprint once, however many scanners and routes have it.
func rememberedOf(record *state.Record) (remembered, error) {
	v := remembered{Subject: record.Subject, Routes: []string{}, LastSeen: time.Unix(record.Day*86400, 0).UTC().Format(time.DateOnly)}
	told := int64(0)
	for _, r := range record.Routes {
		v.Routes = append(v.Routes, r.Route)
		told = max(told, r.Told)
	}
	if told > 0 {
		v.LastTold = timeOf(time.Unix(told, 0))
	}
	slices.Sort(v.Routes)
	prints := map[dedup.Fingerprint]bool{}
	for _, view := range record.Views {
		marks, err := dedup.DecodeMarks(view.Marks)
		if err != nil {
			return v, err
		}
		for _, m := range marks {
			prints[m.Fingerprint] = true
		}
	}
	v.Findings = len(prints)
	return v, nil
}

// list is postee state list.
func (r *stateRun) list(ctx context.Context, _ []string) error {
	var all []remembered
	err := r.view(ctx, func(tx state.Tx) error {
		untold, err := untoldOf(tx)
		if err != nil {
			return err
		}
		for record, err := range state.Subjects(tx) {
			if err != nil {
				return err
			}
			v, err := rememberedOf(&record)
			if err != nil {
				return err
			}
			v.count(untold)
			all = append(all, v)
		}
		return nil
	})
	slices.SortFunc(all, func(a, b remembered) int { return strings.Compare(a.Subject, b.Subject) })
	for i := range all {
		err = errors.Join(err, r.emit(&all[i], all[i].text()))
	}
	return err
}

// text is a line for people.
func (v *remembered) text() string {
	told := "never told"
	if v.LastTold != "" {
		told = "last told " + v.LastTold
	}
	if v.Pending > 0 {
		told += fmt.Sprintf(", %d pending", v.Pending)
	}
	if v.Dead > 0 {
		told += fmt.Sprintf(", %d dead", v.Dead)
	}
	return render.Clean(fmt.Sprintf("%s   %s   %s   seen %s, %s", v.Subject, english.Plural(v.Findings, "finding", ""), strings.Join(v.Routes, ", "), v.LastSeen, told)) + "\n"
}

// show is postee state show.
func (r *stateRun) show(ctx context.Context, args []string) error {
	return r.view(ctx, func(tx state.Tx) error {
		record, err := find(tx, args[0])
		if err != nil {
			return err
		}
		v, err := rememberedOf(&record)
		if err != nil {
			return err
		}
		untold, err := untoldOf(tx)
		if err != nil {
			return err
		}
		v.count(untold)
		text := v.text()
		for _, view := range record.Views {
			b, err := baselineOf(tx, &view)
			if err != nil {
				return err
			}
			v.Baselines = append(v.Baselines, b)
			text += b.text()
		}
		return r.emit(v, text)
	})
}

// forget is postee state forget. Messages that wait are not touched.
func (r *stateRun) forget(ctx context.Context, args []string) error {
	var subject string
	err := r.store.Update(ctx, func(tx state.Tx) error {
		record, err := find(tx, args[0])
		if err != nil {
			return err
		}
		subject = record.Subject
		_, err = state.Forget(tx, subject)
		return err
	})
	if err != nil {
		return stateErrorOf(err)
	}
	return r.emit(map[string]string{"forgotten": subject}, render.Clean(subject)+" is forgotten\n")
}

// find returns the record of the subject that a person means: any spelling that leads to one will do.
func find(tx state.Tx, name string) (state.Record, error) {
	records, err := state.LoadAll(tx, scan.SubjectOf(name))
	if err != nil {
		return state.Record{}, err
	}
	for _, r := range records {
		if r.Generation > 0 {
			return r, nil
		}
	}
	return state.Record{}, usagef("postee state list lists the subjects", "nothing is remembered of %q", name)
}

// untoldOf counts the messages about each subject that wait, and those that are dead.
func untoldOf(tx state.Tx) (map[string][2]int, error) {
	untold := map[string][2]int{}
	for m, err := range state.Messages(tx) {
		if err != nil {
			return nil, err
		}
		n := untold[m.Subject]
		if m.Status == state.EntryDead {
			n[1]++
		} else {
			n[0]++
		}
		untold[m.Subject] = n
	}
	return untold, nil
}

// count says how many messages about the subject were not delivered.
func (v *remembered) count(untold map[string][2]int) {
	n := untold[v.Subject]
	v.Pending, v.Dead = n[0], n[1]
}

// baselineOf names the findings of a view, worst first.
func baselineOf(tx state.Tx, view *state.View) (baseline, error) {
	b := baseline{Routes: view.Routes, Scanner: view.Scanner, Variant: view.Variant, Open: []open{}}
	marks, err := dedup.DecodeMarks(view.Marks)
	if err != nil {
		return b, err
	}
	prints := make([]uint64, len(marks))
	for i, m := range marks {
		prints[i] = uint64(m.Fingerprint)
	}
	names, err := state.LoadNames(tx, prints)
	if err != nil {
		return b, err
	}
	for _, m := range marks {
		id, err := dedup.DecodeIdentity(names[uint64(m.Fingerprint)])
		if err != nil {
			return b, err
		}
		f := id.Finding()
		b.Open = append(b.Open, open{f.Kind, f.ID, f.Package, f.Location, f.Resource, m.Level.Severity(), m.Level.Fix(), m.Day})
	}
	slices.SortFunc(b.Open, func(a, b open) int {
		if a.Severity != b.Severity {
			return int(b.Severity) - int(a.Severity)
		}
		return strings.Compare(a.ID+"\x00"+a.Package+a.Location, b.ID+"\x00"+b.Package+b.Location)
	})
	return b, nil
}

// text lists a baseline for people.
func (b *baseline) text() string {
	var out strings.Builder
	saw := b.Scanner
	if b.Variant != "" {
		saw += " (" + b.Variant + ")"
	}
	fmt.Fprintf(&out, "\n%s, as %s saw it: %s\n", render.Clean(strings.Join(b.Routes, ", ")), render.Clean(saw), english.Plural(len(b.Open), "finding", ""))
	for _, o := range b.Open {
		fix := ""
		if o.Fix {
			fix = "  fix available"
		}
		fmt.Fprintf(&out, "  %-10s  %s  %s%s\n", strings.ToUpper(o.Severity.String()), render.Clean(o.ID),
			render.Clean(strings.TrimSpace(o.Package+o.Location+" "+o.Resource)), fix)
	}
	return out.String()
}
