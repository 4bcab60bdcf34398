package config

import (
	"cmp"
	"context"
	"errors"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
)

// Load reads a file and compiles the policies that it names. The error is [*Problems], all of them, those of the file and those
// of its policies together, or that the file could not be read.
func Load(ctx context.Context, path string, o Options) (*Setup, error) {
	file, err := readList(ctx, path, o)
	var problems *Problems
	if err != nil && !errors.As(err, &problems) || file == nil {
		return nil, err
	}
	setup, more := file.setup(ctx)
	var further *Problems
	if errors.As(more, &further) && problems != nil {
		problems.List = append(problems.List, further.List...)
		more = nil
	}
	if err = cmp.Or(err, more); err != nil {
		return nil, err
	}
	return setup, nil
}

// LoadCommon reads only what a file says of the whole program. Problems elsewhere in the file come beside it: they keep nobody
// from looking into the state. It is nil when nothing could be understood.
func LoadCommon(ctx context.Context, path string, o Options) (*Common, error) {
	file, err := readList(ctx, path, o)
	if file == nil {
		return nil, err
	}
	return &file.Common, err
}

// setup makes routes and targets of all enabled entries, and compiles their policies. All that is wrong is in one *Problems.
func (c *listFile) setup(ctx context.Context) (*Setup, error) {
	problems := &Problems{Path: c.named}
	s := newSetup()
	s.Path, s.Common, s.Notes, s.Needs = c.Path, c.Common, c.Notes, c.Needs
	for i := range c.Entries {
		e := &c.Entries[i]
		if !e.Enabled {
			s.Disabled++
			continue
		}
		if r := e.route(ctx, s, problems); e.Target != nil {
			s.Add(r, &Target{Name: e.Name, Type: e.Type, Config: e.Target})
		}
	}
	return s, problems.Err()
}

// route makes an entry's route: its rules in the order in which they are asked.
func (e *listEntry) route(ctx context.Context, s *Setup, problems *Problems) *route.Route {
	f := &e.Filters
	takeIn(s.decides, *f)
	r := &route.Route{Name: e.Name, ShowAll: f.PolicyShowAll.V}
	r.Aggregate = route.Aggregation{Number: f.AggregateIssuesNumber.V, Timeout: f.AggregateIssuesTimeout.V}
	problems.undigested(e, r)
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
			takeIn(s.decides, p.Sum())
			r.Rules = append(r.Rules, route.OnlyAllowed(f.PolicyOPA.Key, f.PolicyOPA.Line, p))
		}
	}
	if e.Target != nil && e.Target.Needs().Owners {
		takeIn(s.decides, "owners")
		r.Rules = append(r.Rules, route.OnlyOwned("recipients"))
	}
	r.Rules = append(r.Rules, route.Differences(r.ShowAll)...)
	r.Threshold = message.Threshold{Least: f.PolicyMinVulnerability.V, Fixable: f.PolicyOnlyFixAvailable.V}
	if t := (route.Threshold{Threshold: r.Threshold, All: r.ShowAll}); f.PolicyMinVulnerability.Set {
		r.Rules = append(r.Rules, t.Rule(f.PolicyMinVulnerability.Key, f.PolicyMinVulnerability.Line))
	} else if t.Fixable {
		r.Rules = append(r.Rules, t.Rule(f.PolicyOnlyFixAvailable.Key, f.PolicyOnlyFixAvailable.Line))
	}
	if parts := f.Subject.V; len(parts) > 0 {
		r.Subject = func(report *scan.Report) string { return report.SubjectBy(parts) }
	}
	return r
}

// undigested refuses a route that makes digests for a target which cannot take any.
func (p *Problems) undigested(e *listEntry, r *route.Route) {
	if e.Target == nil || !r.Aggregate.On() {
		return
	}
	key := e.Target.Needs().Undigested
	if key == "" {
		return
	}
	number, timeout := &e.Filters.AggregateIssuesNumber, &e.Filters.AggregateIssuesTimeout
	said, line, column := number.Key, number.Line, number.Column
	if r.Aggregate.Number < 2 {
		said, line, column = timeout.Key, timeout.Line, timeout.Column
	}
	p.Add(Problem{Line: line, Column: column, Entry: e.Name, Text: said + ": contradicts " + key + ": each message is about one subject then", Hint: "remove one of them"})
}

// policy adds what is wrong with an entry's policies, each at the line that names them.
func (p *Problems) policy(e *listEntry, err error) {
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
