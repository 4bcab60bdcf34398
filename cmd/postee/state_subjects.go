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
	LastTold string   `json:"last_told"`
	// Baselines is only in state show.
	Baselines []baseline `json:"baselines,omitzero"`
}

// baseline is what some routes have said of one scanner's findings.
type baseline struct {
	Routes  []string `json:"routes"`
	Scanner string   `json:"scanner"`
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
		for record, err := range state.Subjects(tx) {
			if err != nil {
				return err
			}
			v, err := rememberedOf(&record)
			if err != nil {
				return err
			}
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
	return render.Clean(fmt.Sprintf("%s   %s   %s   seen %s, %s", v.Subject, english.Plural(v.Findings, "finding", ""), strings.Join(v.Routes, ", "), v.LastSeen, told)) + "\n"
}

// show is postee state show.
func (r *stateRun) show(ctx context.Context, args []string) error {
	return r.view(ctx, func(tx state.Tx) error {
		record, err := state.Load(tx, args[0])
		if err != nil {
			return err
		}
		if record.Generation == 0 {
			return usagef("postee state list lists the subjects", "nothing is remembered of %q", args[0])
		}
		v, err := rememberedOf(&record)
		if err != nil {
			return err
		}
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
	err := r.store.Update(ctx, func(tx state.Tx) error {
		found, err := state.Forget(tx, args[0])
		if err == nil && !found {
			err = usagef("postee state list lists the subjects", "nothing is remembered of %q", args[0])
		}
		return err
	})
	if err != nil {
		return stateErrorOf(err)
	}
	return r.emit(map[string]string{"forgotten": args[0]}, render.Clean(args[0])+" is forgotten\n")
}

// baselineOf names the findings of a view, worst first.
func baselineOf(tx state.Tx, view *state.View) (baseline, error) {
	b := baseline{Routes: view.Routes, Scanner: view.Scanner, Open: []open{}}
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
		b.Open = append(b.Open, open{f.Kind, f.ID, f.Package, f.Location, f.Resource, m.Level.Severity(), m.Level.Fix()})
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
	fmt.Fprintf(&out, "\n%s, as %s saw it: %s\n", render.Clean(strings.Join(b.Routes, ", ")), render.Clean(b.Scanner), english.Plural(len(b.Open), "finding", ""))
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
