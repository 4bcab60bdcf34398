package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
)

// mappingKeys are the keys at the top of the mapping form, beside those that hold for the whole program.
type mappingKeys struct {
	// Name is the tenant's, which nothing here asks for.
	Name    Value[string] `cfg:"name" doc:"The tenant's name: yours to choose, nothing asks for it."`
	Routes  sequence      `cfg:"routes" doc:"The routes: whom to tell about what. Each is asked about every scan."`
	Actions sequence      `cfg:"actions" doc:"The targets that routes tell."`
	Outputs sequence      `cfg:"outputs" doc:"The targets that routes tell: the same as actions."`
	// Rules are names of the older product's detections.
	Rules sequence `cfg:"rules" doc:"Names of the older product's detections: they are read, and mean nothing here."`
	// FiltersPath is the folder of input-files.
	FiltersPath Value[string] `cfg:"rego-filters-path" doc:"The folder of input-files. Default: $REGO_FILTERS_PATH, else rego-filters beside this file."`
	// Templates write messages; TemplatesPath is the folder of their packages.
	Templates     sequence      `cfg:"templates" doc:"What writes the messages of routes, instead of the built-in layouts."`
	TemplatesPath Value[string] `cfg:"rego-templates-path" doc:"The folder of the packages of templates. Default: $REGO_TEMPLATES_PATH, else rego-templates beside this file."`
	// Params are parameters of all routes.
	Params Value[Params] `cfg:"params" doc:"What policies of all routes find in data.params: values of any shape."`
}

// routeKeys are the keys of a route in the mapping form, beside the filters.
type routeKeys struct {
	Name      Value[string]   `cfg:"name" doc:"The name of the route, unique among routes. What was said is remembered under it."`
	Actions   Value[[]string] `cfg:"actions" doc:"Names of the file's actions, which this route tells."`
	Outputs   Value[[]string] `cfg:"outputs" doc:"Names of the file's actions, which this route tells: the same as actions."`
	Serialize Value[bool]     `cfg:"serialize-actions" doc:"true: the actions are told in their order; while one cannot be told, those after it wait." default:"false"`
}

// ruleKeys are the keys of a rule.
type ruleKeys struct {
	Name Value[string] `cfg:"name" doc:"The name of the rule."`
}

// sequence is the list under a key, not looked into yet.
type sequence struct{ items []*yaml.Node }

// anchors begins the keys at the top under which people keep what they only refer to.
const anchors = "x-"

// mapping reads the mapping form.
func (l *loader) mapping(root *yaml.Node) {
	b := l.binder("")
	l.top = "it belongs at the top of the file"
	var keys mappingKeys
	var whole commonKeys
	pairs := slices.DeleteFunc(b.pairs(root, fold), func(p pair) bool { return strings.HasPrefix(strings.ToLower(p.key.Value), anchors) })
	b.bind(pairs, "", false, group{to: &whole}, group{to: &keys})
	l.common(b, &whole)
	l.config.Filters = l.folder(keys.FiltersPath.V, filtersVariable, filtersFolder)
	l.config.Templates = l.folder(keys.TemplatesPath.V, templatesVariable, templatesFolder)
	actions := slices.Concat(keys.Actions.items, keys.Outputs.items)
	if len(keys.Routes.items) == 0 {
		b.problem(root, "no routes: the file tells nobody", "docs/configuration.md shows a small one")
	}
	l.each(actions, "action", func(b *binder, n, use *yaml.Node) {
		head, quiet := l.header(n)
		if !quiet.isWrong("name") {
			l.targets.take(b, &head.Name, use)
		}
		l.config.Targets = append(l.config.Targets, l.target(b, n, use, head, quiet, nil))
	})
	written := newNames("a template")
	written.use = "routes name it"
	l.each(keys.Templates.items, "template", func(b *binder, n, use *yaml.Node) { l.template(b, written, n, use) })
	l.each(keys.Rules.items, "rule", func(b *binder, n, _ *yaml.Node) {
		b.bind(b.pairs(n, fold), "", false, group{to: &ruleKeys{}})
	})
	if len(keys.Rules.items) > 0 {
		b.note(keys.Rules.items[0], "rules are names only: what a route is told of is said by its own conditions")
	}
	l.each(keys.Routes.items, "route", func(b *binder, n, use *yaml.Node) { l.route(b, n, use, keys.Params.V) })
	l.untold()
	l.unusable()
}

// each calls fn with every mapping of a list, and refuses what is none.
func (l *loader) each(items []*yaml.Node, kind string, fn func(b *binder, n, use *yaml.Node)) {
	for i, use := range items {
		n := follow(use)
		b := l.binder(fmt.Sprintf("%s %d", kind, i+1))
		switch {
		case n.Kind == yaml.MappingNode:
			fn(b, n, use)
		case n.ShortTag() != "!!null":
			b.problem(use, "expected a mapping of keys, found "+describe(n), "one begins with \"- name: …\"")
		}
	}
}

// route reads a route. Its actions must be there; one that is switched off is told nothing, and where all are, so is the route.
func (l *loader) route(b *binder, n, use *yaml.Node, params Params) {
	var keys routeKeys
	r := routeEntry{Line: use.Line, Column: use.Column}
	quiet := &binder{problems: &Problems{}, notes: new([]Note)}
	quiet.bind(quiet.pairs(n, fold), "", true, group{to: &keys})
	if !quiet.isWrong("name") {
		l.routes.take(b, &keys.Name, use)
	}
	pairs := b.pairs(n, fold)
	b.bind(pairs, "", false, group{to: &keys}, group{to: &r.Filters})
	r.Name, r.Serialize = strings.TrimSpace(keys.Name.V), keys.Serialize.V
	for _, list := range []*Value[[]string]{&keys.Actions, &keys.Outputs} {
		for _, name := range list.V {
			l.action(b, &r, name, b.locateItem(list, name, pairs))
		}
	}
	if len(keys.Actions.V)+len(keys.Outputs.V) == 0 && !b.isWrong("actions") && !b.isWrong("outputs") {
		b.problem(use, "actions is missing: the route tells nobody", "name one of the file's actions")
	}
	r.Enabled = len(r.Actions) == 0 || slices.ContainsFunc(l.config.Targets, func(t targetEntry) bool {
		return t.Enabled && slices.Contains(r.Actions, t.Name)
	})
	l.conditions(b, &r.Filters)
	r.Template = l.templateNamed(b, &r.Filters.Template)
	r.Filters.Params.V = merged(params, r.Filters.Params.V)
	l.config.Routes = append(l.config.Routes, r)
}

// action adds what a route tells.
func (l *loader) action(b *binder, r *routeEntry, name string, at *yaml.Node) {
	switch {
	case slices.Contains(r.Actions, name):
		b.problem(at, "actions: "+quantity.Quote(name)+" is there twice", "remove one of them")
	case l.targets.lines[name] == 0:
		known := make([]string, 0, len(l.config.Targets))
		for i := range l.config.Targets {
			known = append(known, l.config.Targets[i].Name)
		}
		hint := ""
		if near := suggest(name, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		b.problem(at, "actions: there is no action "+quantity.Quote(name), hint)
	default:
		r.Actions = append(r.Actions, name)
	}
}

// untold notes targets that no route tells.
func (l *loader) untold() {
	for i := range l.config.Targets {
		t := &l.config.Targets[i]
		told := slices.ContainsFunc(l.config.Routes, func(r routeEntry) bool { return slices.Contains(r.Actions, t.Name) })
		if !told && t.Enabled && t.Name != "" {
			l.config.Notes = append(l.config.Notes, Note{Line: t.Line, Column: t.Column, Entry: shorten(t.Name), Text: "no route tells it"})
		}
	}
}

// folder returns a folder that the file names, else the one of a variable of the environment, else the usual one beside the file. It is
// absolute.
func (l *loader) folder(path, variable, usual string) string {
	if path == "" {
		path, _ = l.lookup(variable)
	}
	if path == "" {
		return filepath.Join(filepath.Dir(l.config.Path), usual)
	}
	return l.absolutePath(path)
}

// merged returns the parameters of all with those of one route over them.
func merged(all, own Params) Params {
	if len(all) == 0 {
		return own
	}
	both := make(Params, len(all)+len(own))
	for _, from := range []Params{all, own} {
		for key, value := range from {
			both[key] = value
		}
	}
	return both
}
