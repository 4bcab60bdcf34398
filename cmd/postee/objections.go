package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
)

// asked is a subject about which a target that judges was told before.
type asked struct{ route, target, subject string }

// judges reports whether the target judges what it is sent.
func (s *setup) judges(target string) bool {
	t := s.Targets[target]
	return t != nil && t.Config.Needs().Judges
}

// ask notes what brought nothing new for a target that judges: what it said of it holds on.
func (r *report) ask(res *route.Result) {
	if r.gated && res.Status == route.Duplicate && r.setup.judges(res.Target) {
		r.asked = append(r.asked, asked{res.Route, res.Target, res.Subject})
	}
}

// object takes down what a target has against an artifact, which trips the gate. Where it has not judged yet, the gate cannot vouch.
func (r *report) object(e *state.Entry, res *deliver.Result, own bool) {
	switch {
	case !r.setup.judges(e.Target):
	case res.Status != deliver.Delivered:
		if r.gated && (own || res.Tried) {
			r.outcome.input = true
			r.log.Error(fmt.Sprintf("gate: %s: %s has not judged it", e.Subject, r.setup.Label(e.Target)))
		}
	case res.Objection != "":
		r.against(e.Target, e.Subject, res.Objection)
	}
}

// against takes down one objection.
func (r *report) against(target, subject, objection string) {
	text := fmt.Sprintf("%s: %s: %s", subject, r.setup.Label(target), objection)
	if !r.gated {
		r.log.Warn(text)
		return
	}
	r.outcome.gate = true
	r.objects = append(r.objects, "gate: "+text)
}

// recall looks up what targets had against artifacts of which nothing new was told in this run.
func (r *report) recall(ctx context.Context, store state.Store) error {
	if len(r.asked) == 0 {
		return nil
	}
	err := store.View(context.WithoutCancel(ctx), func(tx state.Tx) error {
		for _, a := range r.asked {
			stored, err := state.Receipt(tx, a.route, a.target, a.subject)
			if err != nil {
				return err
			}
			var last sinks.Receipt
			// One that a newer program wrote is as good as none.
			if len(stored) > 0 && json.Unmarshal(stored, &last) == nil && last.Objection != "" {
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

// remarks are what a delivered message's line says beside its status.
func remarks(res *deliver.Result) []string {
	return append(slices.Clone(res.Notes), nonEmpty(res.Objection)...)
}

// nonEmpty is a list of the text, of nothing when it is "".
func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}
