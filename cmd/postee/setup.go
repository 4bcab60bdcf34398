package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// setup is who is told in this run: what the configuration or --to mean, with the targets opened.
type setup struct {
	*config.Setup
	targets []deliver.Target
	// printing are the targets that print on standard output.
	printing map[string]bool
}

// setupOptions are what a command asks of its setup.
type setupOptions struct {
	// to are the values of --to: they replace the configured routes.
	to []string
	// all: lists are not shortened. asJSON: standard output is for result lines only.
	all, asJSON bool
	// send: messages leave, so that secrets must be there. unsent: nothing leaves, and no target need be enabled.
	send, unsent bool
}

// makeSetup makes the setup of --to, else of the configuration; without either the difference is printed on standard output.
// It ends with ctx, whatever the files are that the configuration names: a pipe can stand in for any of them.
func (a *app) makeSetup(ctx context.Context, o *setupOptions) (*setup, error) {
	return withContext(ctx, func() (*setup, error) { return a.openSetup(ctx, o) })
}

// openSetup reads what is configured, and opens its targets.
func (a *app) openSetup(ctx context.Context, o *setupOptions) (*setup, error) {
	configured, err := a.configured(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &setup{Setup: configured, printing: map[string]bool{}}
	env := a.sinkEnv(o.all)
	env.AquaServer = s.Common.AquaServer
	// Where nobody asked for anything, the result line itself is the delivery.
	lines := o.asJSON && s.Path == "" && len(o.to) == 0
	if lines {
		env.Stdout = io.Discard
	}
	for _, name := range s.TargetNames() {
		target := s.Targets[name]
		needs := target.Config.Needs()
		if needs.Local && o.asJSON && !lines {
			return nil, usagef("leave --output json out, or the target", "--output json: %s prints on standard output, which is for result lines then", s.Label(name))
		}
		if needs.Local && !lines {
			s.printing[name] = true
		}
		sink, err := target.Config.Open(env)
		if preparer, ok := sink.(sinks.Preparer); ok && o.send && err == nil {
			err = preparer.Prepare()
		}
		switch {
		case err == nil:
			s.targets = append(s.targets, deliver.Target{Name: name, Sink: sink, Needs: needs})
		case o.send:
			return nil, usagef("", "%s: %v", s.Label(name), err)
		}
		// Without its secrets a target cannot be opened, and a command that sends nothing does not need it.
	}
	return s, nil
}

// withContext returns what call returns, or why ctx ended before it did: a pipe can stand in for any file, and who waits for its
// opening cannot be called back. What is left behind ends with the process.
func withContext[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := call()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// configured returns what is configured: with --to, only what the file says of the whole program.
func (a *app) configured(ctx context.Context, o *setupOptions) (*config.Setup, error) {
	file, err := a.configPlace()
	if err != nil {
		return nil, err
	}
	var fromFile *config.Setup
	if file != "" {
		fromFile, err = config.Load(ctx, file, config.Options{Lookup: a.lookup, Resolve: o.send && len(o.to) == 0})
		if err != nil {
			return nil, a.configError(err)
		}
		for _, n := range fromFile.Notes {
			a.log.Info(n.String())
		}
	}
	switch {
	case len(o.to) > 0:
		s, err := config.Destinations(o.to, a.lookup)
		if err != nil {
			return nil, destinationError(err)
		}
		if fromFile != nil {
			s.Path, s.Common = fromFile.Path, fromFile.Common
		}
		return s, nil
	case fromFile == nil:
		a.log.Info("no configuration: differences are printed on standard output")
		return config.Standard()
	case len(fromFile.Routes) == 0 && !o.unsent:
		return nil, usagef("set enable: true for one of them", "%s: no target is enabled", fromFile.Path)
	}
	return fromFile, nil
}

// destinationError makes wrong usage of what is wrong with --to.
func destinationError(err error) error {
	if wrong, ok := errors.AsType[*config.DestinationError](err); ok {
		return usagef(wrong.Hint, "%v", err)
	}
	return usagef("", "%v", err)
}

// sinkEnv is what sinks may use of the process.
func (a *app) sinkEnv(everything bool) sinks.Env {
	return sinks.Env{
		Stdout: a.stdout, Width: terminal(a.stdout), Colour: a.colour(), All: everything, Now: time.Now,
		Proxy: http.ProxyFromEnvironment, UserAgent: "postee/" + version(),
	}
}

// target returns the open target of that name, nil when there is none.
func (s *setup) target(name string) *deliver.Target {
	for i := range s.targets {
		if full := s.targets[i].Name; strings.EqualFold(full, name) || strings.EqualFold(s.Label(full), name) {
			return &s.targets[i]
		}
	}
	return nil
}

// labels lists what people call the targets.
func (s *setup) labels() []string {
	labels := s.TargetNames()
	for i, name := range labels {
		labels[i] = s.Label(name)
	}
	return labels
}

// owns reports whether an entry belongs to a route and target of the setup, and to its address; others are left alone.
func (s *setup) owns(e *state.Entry) bool { return s.Takes(e.Route, e.Target, e.Address) }

// equip gives an engine what the setup and the flags of reading say, whatever the command.
func (a *app) equip(ctx context.Context, e *route.Engine, store state.Store, s *setup, o *inputOptions) (err error) {
	e.Store, e.Subject, e.Lease, e.AquaServer = store, o.subject, lease, s.Common.AquaServer
	e.SubjectBy, e.AnyAge, e.Job = s.SubjectBy(), o.anyAge, scan.JobOf(a.lookup).URL
	if o.baseline != "" {
		e.Against, err = a.readBaseline(ctx, o, o.baseline)
	}
	return err
}

// openState opens the state to write to it, or a copy in memory over it when nothing may be written, and reads what a run asks of it
// first: in one go, because opening is most of what a run of one document waits for.
func (a *app) openState(ctx context.Context, configured string, readOnly bool) (state.Store, *state.Opening, error) {
	opening := &state.Opening{}
	path, err := a.statePlace(configured)
	if err != nil {
		return nil, nil, err
	}
	if path == "none" {
		return a.hooked(state.Memory()), opening, nil
	}
	read := func(tx state.Tx) (err error) {
		*opening, err = state.ReadOpening(tx)
		return err
	}
	store, err := boltfile.Open(ctx, boltfile.Options{Path: path, LockTimeout: a.lockTimeout, NoCreate: readOnly, First: read})
	switch {
	case readOnly && errors.Is(err, fs.ErrNotExist):
		return state.Overlay(nil), opening, nil
	case err != nil:
		return nil, nil, &stateError{err}
	case readOnly:
		return state.Overlay(store), opening, nil
	}
	return a.hooked(store), opening, nil
}
