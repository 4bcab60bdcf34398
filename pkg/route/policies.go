package route

import (
	"context"
	"slices"

	"github.com/postee/postee/pkg/policy"
)

// readForPolicies makes reports known to policies. A report is read when the first one asks. Where a route begins by asking
// one, all reports are read whatever they say: then beside what comes before.
func (e *Engine) readForPolicies(ctx context.Context, batch []*job) {
	if e.needs == nil {
		e.needs = needsOf(e.Routes)
		if e.Whole {
			e.needs = policy.Everything()
		}
	}
	inputs := make([]*policy.Input, len(batch))
	for i, j := range batch {
		j.input = policy.NewInput(j.report.Raw, e.needs)
		inputs[i] = j.input
	}
	if slices.ContainsFunc(e.Routes, func(r *Route) bool { return len(r.Rules) > 0 && r.Rules[0].Needs != nil }) {
		go readAhead(ctx, inputs)
	}
}

// needsOf returns what the policies of routes look at.
func needsOf(routes []*Route) (all *policy.Needs) {
	for _, r := range routes {
		for i := range r.Rules {
			all = all.And(r.Rules[i].Needs)
		}
		if r.Template != nil {
			all = all.And(r.Template.Needs)
		}
	}
	return all
}

// readAhead reads documents until nobody is interested.
func readAhead(ctx context.Context, inputs []*policy.Input) {
	for _, in := range inputs {
		if ctx.Err() != nil {
			return
		}
		in.ReadAhead()
	}
}
