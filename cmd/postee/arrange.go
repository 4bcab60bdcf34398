package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
	"github.com/postee/postee/pkg/state"
)

// plan is who is told in this run: routes for the engine, targets for the courier.
type plan struct {
	routes  []*route.Route
	targets []deliver.Target
	// local is true when messages are printed on standard output, instead of the report's table.
	local bool
}

// arrange makes the plan of --to, or of nothing: without configuration the difference is printed on standard output.
func (a *app) arrange(to []string, all bool, asJSON bool) (*plan, error) {
	env := sinks.Env{
		Stdout: a.stdout, Width: terminal(a.stdout), All: all, Now: time.Now,
		Proxy: http.ProxyFromEnvironment, UserAgent: "postee/" + version(),
	}
	if len(to) == 0 {
		if asJSON {
			env.Stdout = io.Discard // the result line itself is the delivery
		}
		p := &plan{local: !asJSON}
		return p, p.add("stdout", "stdout", sinks.Secret{}, env)
	}
	p := &plan{}
	for _, value := range to {
		name, kind, url, err := a.destination(value)
		if err != nil {
			return nil, err
		}
		if err := p.add(name, kind, url, env); err != nil {
			return nil, err
		}
	}
	return p, nil
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
	if name == "" || kind == "" || strings.ContainsAny(name, "()\x00\n") {
		return "", "", url, usagef(form, "--to: %q is no [NAME:]TYPE", left)
	}
	text, err := a.expand(right)
	if err != nil {
		return "", "", url, usagef("set the variable, or write $$ for a dollar sign", "--to %s: %v", left, err)
	}
	return name, strings.ToLower(kind), sinks.NewSecret(text), nil
}

// expand replaces a value that is exactly $NAME, and every ${NAME} in it, from the environment; $$ is a dollar sign.
func (a *app) expand(value string) (string, error) {
	if name, ok := strings.CutPrefix(value, "$"); ok && isName(name) {
		return a.variable(name)
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(value, "$")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(strings.TrimPrefix(after, "{"), "}")
		switch {
		case strings.HasPrefix(after, "$"):
			out.WriteByte('$')
			value = after[1:]
		case strings.HasPrefix(after, "{") && closed && isName(name):
			text, err := a.variable(name)
			if err != nil {
				return "", err
			}
			out.WriteString(text)
			value = rest
		default:
			out.WriteByte('$')
			value = after
		}
	}
}

// variable gives a variable of the environment that must be there.
func (a *app) variable(name string) (string, error) {
	if value := a.env(name); value != "" {
		return value, nil
	}
	return "", errors.New("$" + name + " is unset or empty")
}

// isName tells that s can name a variable.
func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// add puts a route with one target of the same name into the plan.
func (p *plan) add(name, kind string, url sinks.Secret, env sinks.Env) error {
	for _, t := range p.targets {
		if t.Name == name {
			return usagef("give one of them a name of its own: --to NAME:"+kind+"=URL", "--to: two targets are named %q", name)
		}
	}
	var config sinks.Config
	var err error
	if kind == "stdout" && url.Empty() {
		config, err = all.New(kind)
	} else {
		config, err = all.To(kind, url)
	}
	if err != nil {
		return usagef("", "--to: %v", err)
	}
	if err := config.Validate(); err != nil {
		return usagef("", "--to %s: %v", name, err)
	}
	sink, err := config.Open(env)
	if err != nil {
		return usagef("", "--to %s: %v", name, err)
	}
	needs := config.Needs()
	p.targets = append(p.targets, deliver.Target{Name: name, Sink: sink, Needs: needs})
	p.routes = append(p.routes, &route.Route{
		Name: name, Rules: []route.Rule{route.Difference()},
		Targets: []route.Target{{Name: name, Document: needs.Document, Local: needs.Local}},
	})
	return nil
}

// has tells that an entry belongs to a route and target of the plan; others are left alone.
func (p *plan) has(e *state.Entry) bool {
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
func (a *app) openState(ctx context.Context, readOnly bool) (state.Store, error) {
	path, err := a.statePlace()
	if err != nil {
		return nil, err
	}
	if path == "none" {
		return a.hooked(state.Memory()), nil
	}
	store, err := state.Open(ctx, state.Options{Path: path, LockTimeout: a.lockTimeout, NoCreate: readOnly})
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
