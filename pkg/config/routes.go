package config

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
)

// Load reads a file and compiles the policies that it names. The error is [*Problems], all of them, those of the file and those
// of its policies together, or that the file could not be read.
func Load(ctx context.Context, path string, o Options) (*Setup, error) {
	f, err := read(ctx, path, o)
	var problems *Problems
	if err != nil && !errors.As(err, &problems) || f == nil {
		return nil, err
	}
	setup, more := f.setup(ctx)
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
	f, err := read(ctx, path, o)
	if f == nil {
		return nil, err
	}
	return &f.Common, err
}

// setup makes routes and targets of all enabled entries, and compiles their policies. All that is wrong is in one *Problems.
func (c *file) setup(ctx context.Context) (*Setup, error) {
	problems := &Problems{Path: c.named}
	s := newSetup()
	s.Path, s.Common, s.Notes, s.Needs = c.Path, c.Common, c.Notes, c.Needs
	targets := make(map[string]*Target)
	for i := range c.Targets {
		t := &c.Targets[i]
		if !t.Enabled {
			s.Disabled++
		} else if t.Config != nil {
			targets[t.Name] = &Target{Name: t.Name, Type: t.Type, Config: t.Config}
		}
	}
	for i := range c.Routes {
		e := &c.Routes[i]
		if !e.Enabled {
			continue
		}
		var tells []*Target
		for _, name := range e.Actions {
			if t := targets[name]; t != nil {
				tells = append(tells, t)
			}
		}
		r := e.route(ctx, s, tells, problems)
		if e.Template != nil {
			w := writer{setup: s, route: r, folder: c.Templates, params: e.Filters.Params.V}
			w.add(ctx, e.Template, problems)
		}
		if len(tells) > 0 {
			s.Add(r, tells...)
		}
	}
	return s, problems.Err()
}

// route makes a route of an entry: its rules in the order in which they are asked.
func (e *routeEntry) route(ctx context.Context, s *Setup, tells []*Target, problems *Problems) *route.Route {
	f := &e.Filters
	takeIn(s.decides, *f)
	r := &route.Route{Name: e.Name, ShowAll: f.PolicyShowAll.V, Serialize: e.Serialize}
	r.Aggregate = route.Aggregation{Number: f.AggregateIssuesNumber.V, Timeout: f.AggregateIssuesTimeout.V}
	problems.undigested(e, r, tells)
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
	r.Rules = append(r.Rules, e.policies(ctx, s, problems)...)
	if len(tells) > 0 && !slices.ContainsFunc(tells, func(t *Target) bool { return !t.Config.Needs().Owners }) {
		r.Rules = append(r.Rules, route.OnlyOwned())
	}
	if u := &f.Plugins.UniqueProps; u.Set {
		r.Unique = &route.Unique{Props: u.V, Within: f.Plugins.UniqueTimeout.V}
		r.Rules = append(r.Rules, route.Uniques(u.Key, u.Line, r)...)
	} else {
		r.Rules = append(r.Rules, route.Differences(r.ShowAll)...)
	}
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

// policies compiles the conditions that are written in Rego: each key is one policy, and all must hold.
func (e *routeEntry) policies(ctx context.Context, s *Setup, problems *Problems) (rules []route.Rule) {
	f := &e.Filters
	o := policy.Options{Params: f.Params.V}
	add := func(key string, line, column int, p *policy.Policy, err error) {
		if err != nil {
			problems.policy(e.Name, key, line, column, f.Input.V.Line, err)
			return
		}
		takeIn(s.decides, p.Sum())
		rules = append(rules, route.OnlyAllowed(key, line, p))
	}
	for _, files := range []*Value[[]string]{&f.PolicyOPA, &f.InputFiles} {
		if files.Set {
			p, err := policy.Compile(ctx, files.V, o)
			add(files.Key, files.Line, files.Column, p, err)
		}
	}
	if in := &f.Input; in.Set {
		p, err := policy.CompileSource(ctx, in.Key, in.V.Text, o)
		add(in.Key, in.Line, in.Column, p, err)
	}
	return rules
}

// undigested refuses a route that makes digests for a target which cannot take any.
func (p *Problems) undigested(e *routeEntry, r *route.Route, tells []*Target) {
	if !r.Aggregate.On() {
		return
	}
	number, timeout := &e.Filters.AggregateIssuesNumber, &e.Filters.AggregateIssuesTimeout
	said, line, column := number.Key, number.Line, number.Column
	if r.Aggregate.Number < 2 {
		said, line, column = timeout.Key, timeout.Line, timeout.Column
	}
	for _, t := range tells {
		if key := t.Config.Needs().Undigested; key != "" {
			p.Add(Problem{Line: line, Column: column, Entry: e.Name, Text: fmt.Sprintf("%s: contradicts %s of %s: each message is about one subject then", said, key, t.Name),
				Hint: "remove one of them"})
		}
	}
}

// placeInBody begins an error about a policy that stands in the file: its key, line and column.
var placeInBody = regexp.MustCompile(`^[^:]+:(\d+):\d+: `)

// policy adds what is wrong with an entry's policies, each at the line of the key that names them, or at its own where that is known: body
// is the first line of a policy that stands in the file, 0 of none.
func (p *Problems) policy(entry, key string, line, column, body int, err error) {
	var many interface{ Unwrap() []error }
	list := []error{err}
	if errors.As(err, &many) {
		list = many.Unwrap()
	}
	for _, err := range list {
		at, text := Problem{Line: line, Column: column, Entry: entry}, err.Error()
		if place := placeInBody.FindStringSubmatch(text); place != nil && strings.HasPrefix(text, key+":") { // a body's places begin with its key
			if row, _ := strconv.Atoi(place[1]); body > 0 {
				at.Line, at.Column, text = body+row-1, 0, key+": "+text[len(place[0]):]
			}
		} else {
			text = key + ": " + text
		}
		at.Text = text
		p.Add(at)
	}
}
