package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// asked is a subject on a route whose target judges what it is sent.
type asked struct{ route, target, subject string }

// judges reports whether the target judges what it is sent.
func (s *setup) judges(target string) bool {
	t := s.Targets[target]
	return t != nil && t.Config.Needs().Judges
}

// ask notes what is not told a target that judges, although its route speaks of it: what the target has said of it holds on. told is that
// it was told before.
func (r *report) ask(res *route.Result) {
	told := res.Status == route.Duplicate
	if r.gated && (told || res.Status == route.Held || res.Status == route.Stale) && r.setup.judges(res.Target) {
		a := asked{res.Route, res.Target, res.Subject}
		r.asked[a] = r.asked[a] || told
	}
}

// object takes down what a target has against an artifact, which trips the gate. Where it has not judged yet, the gate cannot vouch.
func (r *report) object(e *state.Entry, res *deliver.Result, own bool) {
	switch {
	case !r.setup.judges(e.Target):
	case res.Status != deliver.Delivered:
		if r.gated && (own || res.Tried) {
			r.unjudged(asked{e.Route, e.Target, e.Subject})
		}
	case res.Objection != "":
		r.against(e.Target, e.Subject, res.Objection)
	}
}

// unjudged takes down that a target has not judged an artifact.
func (r *report) unjudged(a asked) {
	if r.doubted[a] {
		return
	}
	r.doubted[a], r.outcome.input = true, true
	r.log.Error(fmt.Sprintf("gate: %s: %s has not judged it", a.subject, r.setup.Label(a.target)))
}

// against takes down one objection.
func (r *report) against(target, subject, objection string) {
	text := fmt.Sprintf("%s: %s: %s", subject, r.setup.Label(target), objection)
	if !r.gated {
		r.log.Warn(text)
		return
	}
	r.outcome.gate = true
	if text = "gate: " + text; !slices.Contains(r.objects, text) {
		r.objects = append(r.objects, text)
	}
}

// recall looks up what targets have against artifacts of which nothing was told in this run. One that still waits for a target, is dead, or
// never was sent to it although it counts as told, was not judged.
func (r *report) recall(ctx context.Context, store state.Store) error {
	if len(r.asked) == 0 {
		return nil
	}
	err := store.View(context.WithoutCancel(ctx), func(tx state.Tx) error {
		left, err := r.outstanding(tx)
		if err != nil {
			return err
		}
		for _, a := range slices.SortedFunc(maps.Keys(r.asked), func(one, other asked) int {
			return cmp.Or(strings.Compare(one.subject, other.subject), strings.Compare(one.route, other.route), strings.Compare(one.target, other.target))
		}) {
			stored, err := state.Receipt(tx, a.route, a.target, a.subject)
			if err != nil {
				return err
			}
			var last sinks.Receipt
			// One that a newer program wrote is as good as none.
			known := len(stored) > 0 && json.Unmarshal(stored, &last) == nil
			switch {
			case left[a], r.asked[a] && !known:
				r.unjudged(a)
			case last.Objection != "":
				r.against(a.target, a.subject, last.Objection)
			}
		}
		return nil
	})
	if err != nil {
		return &stateError{err}
	}
	return nil
}

// outstanding returns what waits for targets that judge, or is dead.
func (r *report) outstanding(tx state.Tx) (map[asked]bool, error) {
	left := make(map[asked]bool)
	looked := make(map[string]bool)
	for a := range r.asked {
		if looked[a.target] {
			continue
		}
		looked[a.target] = true
		for e, err := range state.Line(tx, a.target) {
			if err != nil {
				return nil, err
			}
			left[asked{e.Route, e.Target, e.Subject}] = true
		}
	}
	for e, err := range state.Entries(tx, true) {
		if err != nil {
			return nil, err
		}
		left[asked{e.Route, e.Target, e.Subject}] = true
	}
	return left, nil
}

// remarks returns what a delivered message's line says beside its status.
func remarks(res *deliver.Result) []string {
	return append(slices.Clone(res.Notes), nonEmpty(res.Objection)...)
}

// nonEmpty returns a list of the text, of nothing when it is "".
func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}
