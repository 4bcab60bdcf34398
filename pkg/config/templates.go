package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/template"
)

// Where the packages of templates are, unless the configuration names a folder.
const (
	templatesFolder   = "rego-templates"
	templatesVariable = "REGO_TEMPLATES_PATH"
)

// templateKeys are the keys of a template.
type templateKeys struct {
	Name       Value[string] `cfg:"name" doc:"The name of the template, unique among templates."`
	Package    Value[string] `cfg:"rego-package" doc:"A package of the folder of templates, or the name of one of the older product's."`
	Renderer   Value[string] `cfg:"legacy-scan-renderer" doc:"One of the older product's layouts: html, jira or slack."`
	Body       Value[Code]   `cfg:"body" doc:"A template in Rego."`
	URL        Value[string] `cfg:"url" doc:"Is refused: a template is never fetched. Keep a copy, and name it."`
	RegoFile   Value[string] `cfg:"rego-file" doc:"A file of Rego, relative to this file."`
	GoTemplate Value[string] `cfg:"go-template" doc:"The file of a Go template, relative to this file."`
}

// templateKind is how a template is written.
type templateKind uint8

// The kinds: a layout that goes by a name, a package of the user's folder, Rego in the configuration, a file of Rego, a Go template.
const (
	layoutTemplate templateKind = iota + 1
	packageTemplate
	bodyTemplate
	regoFileTemplate
	goTemplate
)

// templateEntry is a template. It is neither read nor compiled before a route has it.
type templateEntry struct {
	Name string
	Kind templateKind
	// Value is the name or the absolute path, and the key that has it, or has the body.
	Value Value[string]
	Body  Code
}

// kindOfFile returns how the template in a file is written, by its name.
func kindOfFile(path string) templateKind {
	if strings.EqualFold(filepath.Ext(path), ".rego") {
		return regoFileTemplate
	}
	return goTemplate
}

// template reads one of the list of templates.
func (l *loader) template(b *binder, names *names, n, use *yaml.Node) {
	var keys templateKeys
	pairs := b.pairs(n, fold)
	b.bind(pairs, "", false, group{to: &keys})
	if !b.isWrong("name") {
		names.take(b, &keys.Name, use)
	}
	l.templates[keys.Name.V] = nil
	body := Value[string]{Set: keys.Body.Set, Key: keys.Body.Key, Line: keys.Body.Line, Column: keys.Body.Column}
	said := slices.DeleteFunc([]Value[string]{keys.Package, keys.Renderer, body, keys.URL, keys.RegoFile, keys.GoTemplate}, func(v Value[string]) bool { return !v.Set })
	const ways = "rego-package, legacy-scan-renderer, body, rego-file or go-template"
	switch {
	case keys.URL.Set:
		l.cannot(b, keys.Name.V, b.locate("url", pairs, use), "url: a template is never fetched: what it says would change from one run to the next",
			"keep a copy in the repository, and name it with go-template or rego-package")
	case len(said) == 0:
		l.cannot(b, keys.Name.V, use, "it does not say what it is", "give it one of "+ways)
	case len(said) > 1:
		b.problem(b.locate(said[1].Key, pairs, use), said[1].Key+": stands beside "+said[0].Key, "a template is one of "+ways)
	default:
		l.templates[keys.Name.V] = l.templateOf(b, &keys, said[0], b.locate(said[0].Key, pairs, use))
	}
}

// cannot takes down why a template cannot be used, which is a mistake as soon as a route names it: until then it is worth a note.
func (l *loader) cannot(b *binder, name string, at *yaml.Node, text, hint string) {
	l.useless[name] = Problem{Line: at.Line, Column: at.Column, Entry: b.entry, Text: text, Hint: hint}
}

// unusable notes templates that could not be used and that no route names.
func (l *loader) unusable() {
	for _, p := range l.useless {
		l.config.Notes = append(l.config.Notes, Note{Line: p.Line, Column: p.Column, Entry: p.Entry, Text: p.Text})
	}
}

// templateOf returns the template that its only key describes, nil where that is a mistake. at is where the key is.
func (l *loader) templateOf(b *binder, keys *templateKeys, only Value[string], at *yaml.Node) *templateEntry {
	e := &templateEntry{Name: keys.Name.V, Value: only, Body: keys.Body.V}
	switch {
	case keys.GoTemplate.Set:
		e.Kind = goTemplate
		e.Value.V = l.absolutePath(e.Value.V)
	case keys.RegoFile.Set:
		e.Kind = regoFileTemplate
		e.Value.V = l.absolutePath(e.Value.V)
	case keys.Body.Set:
		e.Kind = bodyTemplate
	case keys.Package.Set:
		e.Kind = packageTemplate
		if _, ok := template.LayoutNamed(e.Value.V); ok && !slices.Contains(renderers(), e.Value.V) {
			e.Kind = layoutTemplate
		}
	default:
		e.Kind = layoutTemplate
		if !slices.Contains(renderers(), e.Value.V) {
			b.problem(at, e.Value.Key+": there is no renderer "+quantity.Quote(e.Value.V), "there are "+strings.Join(renderers(), ", "))
			return nil
		}
	}
	return e
}

// renderers returns the values of legacy-scan-renderer.
func renderers() []string { return []string{"html", "jira", "slack"} }

// templateNamed returns the template that a route names, nil for none. One that is not there is a problem.
func (l *loader) templateNamed(b *binder, v *Value[string]) *templateEntry {
	if !v.Set {
		return nil
	}
	e, known := l.templates[v.V]
	if why, is := l.useless[v.V]; is {
		b.problems.Add(why)
		delete(l.useless, v.V)
	}
	if !known {
		names := make([]string, 0, len(l.templates))
		for name := range l.templates {
			names = append(names, name)
		}
		slices.Sort(names)
		hint := "templates has those that there are"
		if near := suggest(v.V, names); near != "" {
			hint = "did you mean " + near + "?"
		}
		b.problems.Add(Problem{Line: v.Line, Column: v.Column, Entry: b.entry,
			Text: fmt.Sprintf("%s: there is no template %s", v.Key, quantity.Quote(v.V)), Hint: hint})
	}
	return e
}
