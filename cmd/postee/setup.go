package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// setup is who is told in this run: routes for the engine, targets for the deliverer.
type setup struct {
	routes  []*route.Route
	targets []deliver.Target
	// names are those of all routes, before any was chosen.
	names []string
	// printing are the targets that print on standard output.
	printing map[string]bool
	// sends reports whether messages leave: then every target must be ready.
	sends bool
	// config is the configuration's file, "" when there is none; state and aquaServer are what it says of them.
	config, state, aquaServer string
	// bounds are those of the state.
	bounds bounds
	// maxAge is how old a message may be and still be tried again; 0 is as ever.
	maxAge time.Duration
}

// setupOptions is what a command asks of its plan.
type setupOptions struct {
	// to are the values of --to: they replace the configured routes.
	to []string
	// all: lists are not shortened. asJSON: standard output is for result lines only.
	all, asJSON bool
	// send: messages leave, so that secrets must be there. unsent: nothing leaves, and no target need be enabled.
	send, unsent bool
}

// makeSetup makes the plan: of --to, else of the configuration; without either the difference is printed on standard output.
func (a *app) makeSetup(ctx context.Context, o *setupOptions) (*setup, error) {
	env := a.sinkEnv(o.all)
	p := &setup{printing: map[string]bool{}, sends: o.send}
	file, err := a.configPlace()
	if err != nil {
		return nil, err
	}
	if file != "" {
		if err := a.configure(ctx, p, file, o, env); err != nil {
			return nil, err
		}
	}
	if len(o.to) > 0 {
		err = a.addDestinations(p, o.to, env)
	} else if file == "" {
		a.log.Info("no configuration: differences are printed on standard output")
		if o.asJSON {
			env.Stdout = io.Discard // the result line itself is the delivery
		}
		err = a.addDefault(p, env)
		p.printing["stdout"] = !o.asJSON
	}
	for _, r := range p.routes {
		p.names = append(p.names, r.Name)
	}
	return p, err
}

// sinkEnv is what sinks may use of the process.
func (a *app) sinkEnv(everything bool) sinks.Env {
	return sinks.Env{
		Stdout: a.stdout, Width: terminal(a.stdout), Colour: a.colour(), All: everything, Now: time.Now,
		Proxy: http.ProxyFromEnvironment, UserAgent: "postee/" + version(),
	}
}

// configure reads the configuration into the plan; with --to only what concerns no route.
func (a *app) configure(ctx context.Context, p *setup, file string, o *setupOptions, env sinks.Env) error {
	c, routes, err := config.LoadRoutes(ctx, file, config.Options{Lookup: a.lookup, Resolve: o.send && len(o.to) == 0})
	if err != nil {
		return a.configError(err)
	}
	for _, n := range c.Notes {
		a.log.Info(n.String())
	}
	p.config, p.state, p.aquaServer = c.Path, c.Common.State, c.Common.AquaServer
	p.bounds, p.maxAge = bounds{c.Common.DeleteOldData, c.Common.MaxDBSize}, c.Common.MaxAge
	env.AquaServer = p.aquaServer
	if len(o.to) > 0 {
		return nil
	}
	for _, r := range routes {
		if r.Entry.Target.Needs().Local {
			if o.asJSON {
				return usagef("leave --output json out, or the target", "--output json: %s prints on standard output, which is for result lines then", r.Entry.Name)
			}
			p.printing[r.Entry.Name] = true
		}
		if err := p.add(r, env); err != nil {
			return err
		}
	}
	if len(p.routes) == 0 && !o.unsent {
		return usagef("set enable: true for one of them", "%s: no target is enabled", c.Path)
	}
	return nil
}

// addDestinations makes the routes of --to.
func (a *app) addDestinations(p *setup, to []string, env sinks.Env) error {
	for _, value := range to {
		name, kind, url, err := a.destination(value)
		if err != nil {
			return err
		}
		target, err := all.To(kind, url)
		if err != nil {
			return usagef("", "--to: %v", err)
		}
		if err := target.Validate(); err != nil {
			return usagef("", "--to %s: %v", name, err)
		}
		if err := p.add(entryOf(name, target), env); err != nil {
			return err
		}
	}
	return nil
}

// addDefault makes the route that there is without any other.
func (a *app) addDefault(p *setup, env sinks.Env) error {
	target, err := all.New("stdout")
	if err != nil {
		return err
	}
	return p.add(entryOf("stdout", target), env)
}

// entryOf is a route with one target and no filters.
func entryOf(name string, target sinks.Config) *config.Routed {
	return &config.Routed{
		Entry: &config.Entry{Name: name, Enabled: true, Target: target},
		Route: &route.Route{Name: name, Rules: []route.Rule{route.Difference(false)}},
	}
}

// destination takes a value of --to apart: [NAME:]TYPE=URL. The URL may be $NAME or hold ${NAME}, so that a secret need not
// stand on the command line, where every user of the machine can read it.
func (a *app) destination(value string) (name, kind string, url sinks.Secret, err error) {
	const form = "write --to TYPE=URL or --to NAME:TYPE=URL, for example --to webhook=https://example.com/hook"
	left, right, ok := strings.Cut(value, "=")
	if !ok || left == "" || right == "" {
		// The value is not repeated: it may be a URL with a secret in it.
		return "", "", url, usagef(form, "--to: no TYPE=URL")
	}
	name, kind, ok = strings.Cut(left, ":")
	if !ok {
		name, kind = left, left
	}
	if !isWord(name) || !isWord(kind) {
		// Not repeated either: what stands before the first "=" of a bare URL is most of the URL.
		return "", "", url, usagef(form, "--to: what stands before = is no [NAME:]TYPE")
	}
	text, _, err := config.Expand(right, a.lookup)
	if err != nil {
		return "", "", url, usagef("set the variable, or write $$ for a dollar sign", "--to %s: %v", left, err)
	}
	return name, strings.ToLower(kind), sinks.NewSecret(text), nil
}

// isWord reports whether s can be the name of a target or of a type on the command line: letters, digits and -_. only, so that no
// part of a URL passes for one.
func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	})
}

// add puts a route with its one target into the plan.
func (p *setup) add(r *config.Routed, env sinks.Env) error {
	name := r.Entry.Name
	for _, t := range p.targets {
		if t.Name == name {
			return usagef("give one of them a name of its own: --to NAME:TYPE=URL", "--to: two targets are named %q", name)
		}
	}
	needs := r.Entry.Target.Needs()
	r.Route.Targets = []route.Target{{Name: name, Document: needs.Document, Local: needs.Local}}
	p.routes = append(p.routes, r.Route)
	sink, err := r.Entry.Target.Open(env)
	switch {
	case err == nil:
		p.targets = append(p.targets, deliver.Target{Name: name, Sink: sink, Needs: needs})
	case p.sends:
		return usagef("", "%s: %v", name, err)
	}
	return nil // without its secrets a target cannot be opened, and a command that sends nothing does not need it
}

// only returns the route of that name, if there is one.
func (p *setup) only(name string) []*route.Route {
	return slices.DeleteFunc(slices.Clone(p.routes), func(r *route.Route) bool { return r.Name != name })
}

// has reports whether an entry belongs to a route and target of the plan; others are left alone.
func (p *setup) has(e *state.Entry) bool {
	for _, r := range p.routes {
		for _, t := range r.Targets {
			if r.Name == e.Route && t.Name == e.Target {
				return true
			}
		}
	}
	return false
}

// openState opens the state to write to it, or a copy in memory over it when nothing may be written.
func (a *app) openState(ctx context.Context, configured string, readOnly bool) (state.Store, error) {
	path, err := a.statePlace(configured)
	if err != nil {
		return nil, err
	}
	if path == "none" {
		return a.hooked(state.Memory()), nil
	}
	store, err := boltfile.Open(ctx, boltfile.Options{Path: path, LockTimeout: a.lockTimeout, NoCreate: readOnly})
	switch {
	case readOnly && errors.Is(err, fs.ErrNotExist):
		return state.Overlay(nil), nil
	case err != nil:
		return nil, &stateError{err}
	case readOnly:
		return state.Overlay(store), nil
	}
	return a.hooked(store), nil
}
