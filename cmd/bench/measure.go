package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// errSome is what a run returns in which some workload could not be measured.
var errSome = errors.New("not everything could be measured")

// measure runs each workload, and prints the table.
func (e *environment) measure(ctx context.Context) error {
	rows := newTable("workload", "measured", "median", "beside", "median", "ratio", "goal", "met")
	err := e.each(ctx, func(w workload, dir string) error {
		b, err := w.open(ctx, e, program{e.binary, dir})
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stderr, "%s: %s\n", w.name, b.about)
		samples, err := alternate(ctx, b.runners, e.rounds(w))
		if err != nil {
			return err
		}
		for _, f := range b.figures {
			rows.add(judged(w.name, b, f, samples)...)
		}
		return nil
	})
	return errors.Join(err, rows.print(e.stdout))
}

// judged returns the row of a figure.
func judged(name string, b *benchmark, f figure, samples [][]sample) []string {
	other := b.runners[f.beside]
	if len(samples[0]) == 0 {
		return []string{name, f.what, "", b.runners[0].name, "", "", f.goal.String(), "not measured"}
	}
	value := f.medianOf(samples[0])
	row := []string{name, f.what, number(value), "", "", "", f.goal.String(), ""}
	ratio, known := 0.0, false
	if f.beside > 0 {
		row[3] = other.name
		if known = len(samples[f.beside]) > 0; known {
			beside := f.medianOf(samples[f.beside])
			ratio = f.goal.ratio(value, beside)
			row[4], row[5] = number(beside), number(ratio)+"×"
		}
	}
	switch {
	case f.goal.kind == noGoal:
	case f.goal.kind != most && !known:
		row[7] = "not measured"
	case f.goal.met(value, ratio):
		row[7] = "yes"
	default:
		row[7] = "no"
	}
	return row
}

// rounds is how many times a workload runs.
func (e *environment) rounds(w workload) int { return e.runs * max(1, w.often) }

// each calls do with each workload that is wanted and an empty folder for it. One that cannot be measured does not keep the others from it.
func (e *environment) each(ctx context.Context, do func(w workload, dir string) error) error {
	known, failed := false, false
	var names []string
	for _, w := range workloads() {
		names = append(names, w.name)
		if !e.workloads.MatchString(w.name) {
			continue
		}
		known = true
		dir := filepath.Join(e.dir, w.name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		err := do(w, dir)
		for _, end := range e.ends {
			end()
		}
		e.ends = nil
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			fmt.Fprintf(e.stderr, "%s: %v\n", w.name, err)
			failed = true
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	switch {
	case !known:
		return fmt.Errorf("no workload's name matches %q: there are %s", e.workloads, strings.Join(names, ", "))
	case failed:
		return errSome
	}
	return nil
}
