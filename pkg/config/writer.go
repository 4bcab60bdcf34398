package config

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/policy"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/template"
)

// Limits of a template, in bytes: of a file, and of what one in Rego says, as those of Go templates are.
const (
	maxTemplate = 256 << 10
	maxSaid     = 1 << 20
)

// writer compiles what writes the messages of a route.
type writer struct {
	setup  *Setup
	route  *route.Route
	folder string
	params Params
}

// Template compiles the template in a file for a route: Rego where its name ends in ".rego", a Go template otherwise. An error says where in
// the file.
func (s *Setup) Template(ctx context.Context, r *route.Route, path string) error {
	w := writer{setup: s, route: r}
	t, _, err := w.compile(ctx, &templateEntry{Kind: kindOfFile(path), Value: Value[string]{V: path}})
	r.Template = t
	return err
}

// add compiles a template for the route. What is wrong with it is a problem at the key that has or names it.
func (w *writer) add(ctx context.Context, e *templateEntry, problems *Problems) {
	t, sum, err := w.compile(ctx, e)
	v := &e.Value
	if err == nil {
		w.route.Template = t
		takeIn(w.setup.decides, "template", e.Kind, sum)
		return
	}
	before := len(problems.List)
	problems.policy(e.Name, v.Key, v.Line, v.Column, e.Body.Line, err)
	names := slices.DeleteFunc(template.LayoutNames(), func(name string) bool { return slices.Contains(renderers(), name) })
	if near := suggest(v.V, names); e.Kind == packageTemplate && near != "" {
		problems.List[before].Hint = "did you mean " + near + "?"
	}
}

// compile makes what writes messages, and a hash of what that is made of.
func (w *writer) compile(ctx context.Context, e *templateEntry) (*route.Template, []byte, error) {
	o := policy.Options{Params: w.params}
	switch e.Kind {
	case layoutTemplate:
		layout, _ := template.LayoutNamed(e.Value.V) // it was found when the file was read
		sum := sha256.Sum256([]byte(e.Value.V))
		return w.layout(&layout), sum[:], nil
	case goTemplate:
		text, err := readFile(e.Value.V, maxTemplate)
		if missing, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, nil, fmt.Errorf("%s: %w", e.Value.V, missing.Err)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.Value.V, err)
		}
		t, err := template.Parse(e.Value.V, string(text))
		if err != nil {
			return nil, nil, err
		}
		return w.goTemplate(t), t.Sum(), nil
	case packageTemplate:
		t, err := policy.CompileTemplate(ctx, w.folder, e.Value.V, o)
		if err != nil {
			return nil, nil, err
		}
		return w.aggregated(ctx, t, o)
	case regoFileTemplate:
		return rego(policy.CompileTemplateFile(ctx, e.Value.V, o))
	}
	return rego(policy.CompileTemplateSource(ctx, e.Value.Key, e.Body.Text, o))
}

// layout writes a layout that goes by a name.
func (w *writer) layout(l *template.Layout) *route.Template {
	r, s := w.route, w.setup
	s.inventory = s.inventory || l.Inventory
	return &route.Template{Render: func(_ context.Context, c *route.Case) (*message.Custom, error) {
		section := route.Section(c, r.ShowAll, route.Contents{Open: l.Inventory, Components: l.Inventory})
		section.Document = c.Report.Raw
		return l.Write(&message.Message{Route: r.Name, Threshold: r.Threshold, Sections: []message.Section{section}}, s.Common.AquaServer)
	}}
}

// goTemplate executes a Go template.
func (w *writer) goTemplate(t *template.Template) *route.Template {
	r, s := w.route, w.setup
	return &route.Template{Render: func(ctx context.Context, c *route.Case) (*message.Custom, error) {
		return t.Render(ctx, template.Data{
			Route: r.Name, Subject: c.Subject, Document: c.Report.Raw,
			View: func() []byte {
				view := c.Normalised()
				view.AquaServer = s.Common.AquaServer
				return view.AppendJSON(nil)
			},
			Section: func() message.Section { return route.Section(c, r.ShowAll, route.Contents{}) },
		})
	}}
}

// rego evaluates a template in Rego.
func rego(t *policy.Template, err error) (*route.Template, []byte, error) {
	if err != nil {
		return nil, nil, err
	}
	return &route.Template{Needs: t.Needs(), Render: func(ctx context.Context, c *route.Case) (*message.Custom, error) {
		said, err := t.Render(ctx, c.Input())
		if err != nil {
			return nil, err
		}
		return customOf(said)
	}}, t.Sum(), nil
}

// aggregated writes with a package, and where the route makes digests, these with the package that it names for that.
func (w *writer) aggregated(ctx context.Context, t *policy.Template, o policy.Options) (*route.Template, []byte, error) {
	writes, sum, err := rego(t, nil)
	name := t.Aggregation()
	if err != nil || name == "" || !w.route.Aggregate.On() {
		return writes, sum, err
	}
	joins, err := policy.CompileTemplate(ctx, w.folder, name, o)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", policy.AggregationRule, err)
	}
	writes.Aggregate = func(ctx context.Context, made []*message.Custom) (*message.Custom, error) {
		said, err := joins.Render(ctx, policy.NewInput(results(made), joins.Needs()))
		if err != nil {
			return nil, err
		}
		return customOf(said)
	}
	return writes, slices.Concat(sum, joins.Sum()), nil
}

// results returns what a template has said of several scans, as the package that makes one message of them is given it: for each its title, its
// result as description, and everything else under its name.
func results(made []*message.Custom) []byte {
	all := []byte{'['}
	for i, c := range made {
		if i > 0 {
			all = append(all, ',')
		}
		all = jsonText(append(all, `{"title":`...), c.Title)
		all = append(all, `,"description":`...)
		if c.JSON {
			all = append(all, c.Body...)
		} else {
			all = jsonText(all, c.Body)
		}
		for _, f := range c.Fields {
			all = append(jsonText(append(all, ','), f.Name), ':')
			all = append(all, f.Value...)
		}
		all = append(all, '}')
	}
	return append(all, ']')
}

// jsonText appends a text as JSON.
func jsonText(to []byte, text string) []byte {
	to, _ = jsontext.AppendQuote(to, text) // it is valid UTF-8: templates see to that
	return to
}

// customOf makes a message of what a package says: title and result, and everything else under its name.
func customOf(said []policy.Property) (*message.Custom, error) {
	var title, body string
	var fields []message.Field
	size := 0
	for _, p := range said {
		size += len(p.Name) + len(p.Value)
		switch p.Name {
		case "title":
			title = textOf(p.Value)
		case "result":
			body = textOf(p.Value)
		case policy.AggregationRule, "description": // the first is no part of what is said, and the second is what the result is called in a digest
		default:
			fields = append(fields, message.Field{Name: p.Name, Value: string(p.Value)})
		}
	}
	switch {
	case size > maxSaid:
		return nil, fmt.Errorf("it says more than %d MiB", maxSaid>>20)
	case strings.TrimSpace(body) == "":
		return nil, errors.New("result is empty for this document: a condition of the route is what keeps a scan from being told")
	}
	c := template.Custom(title, body)
	c.Fields = fields
	return c, nil
}

// textOf returns what a string of JSON says, and any other value as it is.
func textOf(v jsontext.Value) string {
	if v.Kind() != '"' {
		return string(v)
	}
	text, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return strconv.Quote(string(v))
	}
	return string(text)
}
