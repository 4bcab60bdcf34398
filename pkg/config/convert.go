package config

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// What keeps a good file from being converted.
var (
	ErrMapping = errors.New("it has routes and actions apart already")
	ErrNoEntry = errors.New("it has no entry with a target: there is nothing to convert")
)

// Convert returns the mapping form of a file in the list form: the same routes and targets under the same names, with the file's own
// comments, and with references as they are. Notes say what was written out, and what has no place there; they are in the order of the
// file. A file with mistakes is not converted: the
// error is [*Problems] then, and [ErrMapping] or [ErrNoEntry] where there is nothing to do. The result belongs into the same folder, because its
// relative paths are those of the file.
func Convert(ctx context.Context, path string, o Options) ([]byte, []Note, error) {
	if _, err := read(ctx, path, o); err != nil {
		return nil, nil, err
	}
	text, err := readFile(path, maxFile)
	if err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	root, problem := document(text)
	if problem != nil {
		return nil, nil, &Problems{Path: path, List: []Problem{*problem}}
	}
	if follow(root.Content[0]).Kind == yaml.MappingNode {
		return nil, nil, ErrMapping
	}
	c := newConversion(root)
	for _, use := range follow(root.Content[0]).Content {
		if n := follow(use); n.Kind == yaml.MappingNode {
			c.entry(n, use)
		}
	}
	if len(c.routes.Content) == 0 {
		return nil, nil, ErrNoEntry
	}
	converted, err := c.text(root)
	if err == nil {
		err = sound(path, converted, o)
	}
	return converted, c.notes, err
}

// sound reads what was made of a file as if it were that file: a mistake in it would be one of the conversion.
func sound(path string, text []byte, o Options) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if _, err := newLoader("the converted file", absolute, o).load(text); err != nil {
		return fmt.Errorf("the converted file cannot be read; this is a mistake in the program, please report it: %w", err)
	}
	return nil
}

// conversion is a file in the mapping form that is being made.
type conversion struct {
	top, routes, actions, templates *yaml.Node
	notes                           []Note
	// binder collects the keys of mappings; what is wrong with them was found before.
	binder *binder
}

// newConversion begins with nothing but the comments around the list.
func newConversion(root *yaml.Node) *conversion {
	list := root.Content[0]
	c := &conversion{
		top:    &yaml.Node{Kind: yaml.MappingNode, HeadComment: list.HeadComment, FootComment: list.FootComment},
		routes: &yaml.Node{Kind: yaml.SequenceNode}, actions: &yaml.Node{Kind: yaml.SequenceNode}, templates: &yaml.Node{Kind: yaml.SequenceNode},
	}
	c.binder = &binder{problems: &Problems{}, notes: &c.notes}
	return c
}

// entry takes one entry apart: its filters are the route's, everything else is the action's.
func (c *conversion) entry(n, use *yaml.Node) {
	var head header
	pairs := c.binder.pairs(n, fold)
	c.binder.bind(pairs, "", true, group{to: &head})
	c.binder.entry = shorten(strings.TrimSpace(head.Name.V))
	if refers(n) || use != n {
		c.binder.note(use, "what it merges in or refers to (<<, *) is written out")
	}
	if strings.EqualFold(strings.TrimSpace(head.Type.V), commonType) {
		c.common(pairs, n)
		return
	}
	r := &yaml.Node{Kind: yaml.MappingNode, HeadComment: n.HeadComment, FootComment: n.FootComment}
	a := &yaml.Node{Kind: yaml.MappingNode}
	name, filters := scalar(strings.TrimSpace(head.Name.V)), slots(group{to: &Filters{}})
	add(a, scalar("name"), name)
	for _, p := range pairs {
		key, value := writtenOut(p.key), writtenOut(p.value)
		switch {
		case p.name == fold("name"):
			add(r, key, value)
			add(r, scalar("actions"), &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{name}})
		case p.name == "template" && follow(p.value).Value != "":
			c.template(r, name, key, value)
		case has(filters, p.name):
			add(r, key, value)
		case p.name == fold("enable") && !head.Enable.Set: // blank
			keep(r, key, value)
		default:
			add(a, key, value)
		}
	}
	if !head.Enable.Set {
		add(a, scalar("enable"), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
		c.binder.note(use, "enable: true is written out: the older product took an entry without it as switched off")
	}
	c.routes.Content, c.actions.Content = append(c.routes.Content, r), append(c.actions.Content, a)
}

// template makes a template of the file that an entry names, under the entry's name.
func (c *conversion) template(r, name, key, value *yaml.Node) {
	how := "go-template"
	if kindOfFile(strings.TrimSpace(value.Value)) == regoFileTemplate {
		how = "rego-file"
	}
	t := &yaml.Node{Kind: yaml.MappingNode}
	add(t, scalar("name"), name)
	add(t, scalar(how), scalar(value.Value))
	c.templates.Content = append(c.templates.Content, t)
	named := *name
	named.LineComment = value.LineComment
	add(r, key, &named)
}

// common takes in the entry that holds for the whole program. Its keys are written as the mapping form has them.
func (c *conversion) common(pairs []pair, n *yaml.Node) {
	c.binder.entry = commonType
	keep(c.top, n, nil)
	known := slots(group{to: &commonKeys{}})
	for _, p := range pairs {
		key, value := writtenOut(p.key), writtenOut(p.value)
		i := slices.IndexFunc(known, func(s slot) bool { return fold(s.key) == p.name })
		if i < 0 { // its header
			keep(c.top, key, value)
			if p.name == fold("name") && value.Value != "" {
				c.binder.note(p.key, p.key.Value+" is left out: nothing asks for the name of this entry")
			}
			continue
		}
		if _, old := known[i].to.Addr().Interface().(*retired); old {
			keep(c.top, key, value)
			c.binder.note(p.key, p.key.Value+" is left out: it means nothing to this program")
			continue
		}
		key.Value = hyphenated(known[i].key)
		add(c.top, key, value)
	}
}

// text writes the file.
func (c *conversion) text(root *yaml.Node) ([]byte, error) {
	add(c.top, scalar("routes"), c.routes)
	add(c.top, scalar("actions"), c.actions)
	if len(c.templates.Content) > 0 {
		add(c.top, scalar("templates"), c.templates)
	}
	text, err := encode(&yaml.Node{Kind: yaml.DocumentNode, HeadComment: root.HeadComment, FootComment: root.FootComment, Content: []*yaml.Node{c.top}})
	return spaced(text), err
}
