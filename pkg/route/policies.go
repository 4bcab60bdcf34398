package route

import "github.com/postee/postee/pkg/policy"

// readForPolicies makes the reports of a batch known to policies. They are read when the first one asks.
func (e *Engine) readForPolicies(batch []*job) {
	if e.needs == nil {
		for _, r := range e.Routes {
			for i := range r.Rules {
				e.needs = e.needs.And(r.Rules[i].Needs)
			}
		}
	}
	for _, j := range batch {
		j.input = policy.NewInput(j.report.Raw, e.needs)
	}
}
