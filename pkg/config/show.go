package config

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/sinks/all"
)

// Holding is what a configuration comes to: a file in the mapping form, whichever form it was read from. What is switched off is left out,
// defaults are filled in, paths are absolute. Secrets are hidden as a whole; where one is a reference and nothing else, that is shown.
type Holding struct{ root *yaml.Node }

// Show reads a file again, whose problems [Load] reports. place is where the state is.
func Show(ctx context.Context, path, place string, o Options) (*Holding, error) {
	l, text, err := begin(ctx, path, o)
	if err != nil {
		return nil, err
	}
	l.asWritten = true
	f, err := l.load(text)
	if err != nil {
		return nil, err
	}
	return f.holding(place), nil
}

// referring looks up a variable, and returns the reference to it instead of its value.
func (l *loader) referring(name string) (string, bool) {
	value, ok := l.lookup(name)
	if value == "" {
		return "", false
	}
	return "$" + name, ok
}

// YAML returns it as a file in the mapping form.
func (h *Holding) YAML() ([]byte, error) {
	text, err := encode(h.root)
	return spaced(text), err
}

// JSON returns the same as one JSON document, without the comments.
func (h *Holding) JSON() ([]byte, error) {
	var v any
	if err := h.root.Decode(&v); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}

// holding makes the mapping of what holds.
func (c *file) holding(place string) *Holding {
	root := &yaml.Node{Kind: yaml.MappingNode}
	w := &c.Common
	w.State = place
	whole := commonKeys{
		AquaServer: holds(w.AquaServer), MaxDBSize: holds(megabytes(w.MaxDBSize)), DeleteOldData: holds(days(w.DeleteOldData)),
		MaxAge: holds(days(w.MaxAge)), State: holds(w.State), Subject: holds(w.Subject),
	}
	subject := w.Subject
	for _, s := range slots(group{to: &whole}) {
		show(root, s, hyphenated(s.key))
		if _, own := s.to.Addr().Interface().(*Value[[]string]); own && len(subject) == 0 {
			subject = strings.Split(s.standard, ",")
		}
	}
	add(root, scalar("rego-filters-path"), scalar(c.Filters))
	add(root, scalar("rego-templates-path"), scalar(c.Templates))
	routes, actions, templates := &yaml.Node{Kind: yaml.SequenceNode}, &yaml.Node{Kind: yaml.SequenceNode}, &yaml.Node{Kind: yaml.SequenceNode}
	on, off := make(map[string]bool), 0
	for i := range c.Targets {
		if t := &c.Targets[i]; t.Enabled {
			on[t.Name] = true
			actions.Content = append(actions.Content, t.holding())
		} else {
			off++
		}
	}
	if off > 0 {
		root.HeadComment = fmt.Sprintf("%d more switched off", off)
	}
	written := make(map[string]bool)
	for i := range c.Routes {
		if r := &c.Routes[i]; r.Enabled {
			routes.Content = append(routes.Content, r.holding(on, subject))
			if t := r.Template; t != nil && !written[t.Name] {
				written[t.Name] = true
				templates.Content = append(templates.Content, t.holding())
			}
		}
	}
	add(root, scalar("routes"), routes)
	add(root, scalar("actions"), actions)
	if len(templates.Content) > 0 {
		add(root, scalar("templates"), templates)
	}
	return &Holding{root}
}

// holding makes the mapping of a target.
func (t *targetEntry) holding() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	add(n, scalar("name"), scalar(t.Name))
	kind := t.Type
	for _, known := range all.Types() {
		if strings.EqualFold(known, kind) {
			kind = known
		}
	}
	add(n, scalar("type"), scalar(kind))
	add(n, scalar("enable"), plainNode("true"))
	for _, s := range slots(group{to: t.Config}) {
		show(n, s, s.key)
	}
	return n
}

// holding makes the mapping of a template.
func (t *templateEntry) holding() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	add(n, scalar("name"), scalar(t.Name))
	switch {
	case t.Kind == goTemplate:
		add(n, scalar("go-template"), scalar(t.Value.V))
	case t.Kind == regoFileTemplate:
		add(n, scalar("rego-file"), scalar(t.Value.V))
	case t.Kind == bodyTemplate:
		add(n, scalar(t.Value.Key), scalar(t.Body.Text))
	default:
		add(n, scalar(t.Value.Key), scalar(t.Value.V))
	}
	return n
}

// holding makes the mapping of a route, with those of its actions that are on. subject is the one of the whole program.
func (r *routeEntry) holding(on map[string]bool, subject []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	add(n, scalar("name"), scalar(r.Name))
	names := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, name := range r.Actions {
		if on[name] {
			names.Content = append(names.Content, scalar(name))
		}
	}
	add(n, scalar("actions"), names)
	add(n, scalar("serialize-actions"), plainNode(fmt.Sprint(r.Serialize)))
	f := r.Filters
	if !f.Subject.Set {
		f.Subject = holds(subject)
	}
	if t := r.Template; t != nil {
		f.Template.V = t.Name // a list of entries names the file
	}
	// What plugins say of these is in the filters by now.
	f.Plugins.Number, f.Plugins.Timeout, f.Plugins.ShowAll = Value[int]{}, Value[time.Duration]{}, Value[bool]{}
	for _, s := range slots(group{to: &f}) {
		show(n, s, s.key)
	}
	return n
}

// holds returns a value of the file.
func holds[T any](v T) Value[T] { return Value[T]{V: v} }
