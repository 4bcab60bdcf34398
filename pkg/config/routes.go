package config

import (
	"cmp"
	"context"
	"errors"

	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
)

// Routed is an enabled entry and the route that it means. The route has no targets yet: whoever opens the target adds it.
type Routed struct {
	Entry *Entry
	Route *route.Route
}

// LoadRoutes loads a configuration and makes its routes. What is wrong in the file and what is wrong in its policies is
// reported together.
func LoadRoutes(ctx context.Context, path string, o Options) (*Config, []*Routed, error) {
	c, err := Load(ctx, path, o)
	var problems *Problems
	if err != nil && !errors.As(err, &problems) || c == nil {
		return nil, nil, err
	}
	routes, more := c.Routes(ctx)
	var further *Problems
	if errors.As(more, &further) && problems != nil {
		problems.List = append(problems.List, further.List...)
		more = nil
	}
	return c, routes, cmp.Or(err, more)
}

// Routes makes the routes of all enabled entries, and compiles their policies. All that is wrong is in one *Problems.
func (c *Config) Routes(ctx context.Context) ([]*Routed, error) {
	problems := &Problems{Path: c.named}
	var routes []*Routed
	for i := range c.Entries {
		e := &c.Entries[i]
		if !e.Enabled {
			continue
		}
		routes = append(routes, &Routed{e, e.route(ctx, problems)})
	}
	return routes, problems.Err()
}

// route makes an entry's route: its rules in the order in which they are asked.
func (e *Entry) route(ctx context.Context, problems *Problems) *route.Route {
	f := &e.Filters
	r := &route.Route{Name: e.Name, ShowAll: f.PolicyShowAll.V}
	r.Aggregate = route.Aggregation{Number: f.AggregateIssuesNumber.V, Timeout: f.AggregateIssuesTimeout.V}
	for _, list := range []struct {
		value Value[[]string]
		rule  func(string, int, route.Patterns) route.Rule
	}{
		{f.IgnoreRegistry, route.IgnoreRegistry}, {f.IgnoreImageName, route.IgnoreImage},
		{f.PolicyImageName, route.OnlyImage}, {f.PolicyRegistry, route.OnlyRegistry},
	} {
		if list.value.Set {
			r.Rules = append(r.Rules, list.rule(list.value.Key, list.value.Line, list.value.V))
		}
	}
	if f.PolicyNonCompliant.V {
		r.Rules = append(r.Rules, route.OnlyNonCompliant(f.PolicyNonCompliant.Key, f.PolicyNonCompliant.Line))
	}
	if f.PolicyOPA.Set {
		if p, err := policy.Compile(ctx, f.PolicyOPA.V, policy.Options{}); err != nil {
			problems.policy(e, err)
		} else {
			r.Rules = append(r.Rules, route.OnlyAllowed(f.PolicyOPA.Key, f.PolicyOPA.Line, p))
		}
	}
	r.Rules = append(r.Rules, route.Difference(r.ShowAll))
	if t := (route.Threshold{Least: f.PolicyMinVulnerability.V, Fixable: f.PolicyOnlyFixAvailable.V, All: r.ShowAll}); f.PolicyMinVulnerability.Set {
		r.Rules = append(r.Rules, t.Rule(f.PolicyMinVulnerability.Key, f.PolicyMinVulnerability.Line))
	} else if t.Fixable {
		r.Rules = append(r.Rules, t.Rule(f.PolicyOnlyFixAvailable.Key, f.PolicyOnlyFixAvailable.Line))
	}
	if parts := f.Subject.V; len(parts) > 0 {
		r.Subject = func(report *scan.Report) string { return report.SubjectBy(parts) }
	}
	return r
}

// policy adds what is wrong with an entry's policies, each at the line that names them.
func (p *Problems) policy(e *Entry, err error) {
	var many interface{ Unwrap() []error }
	list := []error{err}
	if errors.As(err, &many) {
		list = many.Unwrap()
	}
	for _, err := range list {
		at := e.Filters.PolicyOPA
		p.Add(Problem{Line: at.Line, Column: at.Column, Entry: e.Name, Text: at.Key + ": " + err.Error()})
	}
}
