package config

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// read reads a file in either form. The error is [*Problems], all of them, or that the file could not be read. Beside problems there is what
// could be understood nevertheless, so that more problems can be found in it; it is nil when nothing could be.
func read(ctx context.Context, path string, o Options) (*file, error) {
	l, text, err := begin(ctx, path, o)
	if err != nil {
		return nil, err
	}
	return l.load(text)
}

// begin reads a file's text, and begins to read what it says.
func begin(ctx context.Context, path string, o Options) (*loader, []byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	text, err := readFile(absolute, maxFile)
	if err != nil {
		return nil, nil, fmt.Errorf("configuration: %w", err)
	}
	return newLoader(path, absolute, o), text, nil
}

// newLoader begins a file: path is what the user called it.
func newLoader(path, absolute string, o Options) *loader {
	return &loader{
		options: o, config: &file{Path: absolute, named: path}, problems: &Problems{Path: path},
		routes: newNames("a route"), targets: newNames("an action"), needs: make(map[string]bool),
		templates: make(map[string]*templateEntry), useless: make(map[string]Problem),
	}
}

// loader is one file on its way.
type loader struct {
	options  Options
	config   *file
	problems *Problems
	// routes and targets are the names so far; commonLine is the line of the common entry, 0 when there was none.
	routes, targets *names
	commonLine      int
	needs           map[string]bool
	// templates are those of the mapping form, by name; nil is one with mistakes.
	templates map[string]*templateEntry
	// useless are those that cannot be used, and that no route has named so far.
	useless map[string]Problem
	// top says where the keys belong that hold for the whole program.
	top string
	// asWritten leaves references as they are, and values that may hold some unvalidated.
	asWritten bool
}

// load reads the text.
func (l *loader) load(text []byte) (*file, error) {
	root, problem := document(text)
	if problem != nil {
		l.problems.Add(*problem)
		return nil, l.problems.Err()
	}
	l.environment()
	if top := follow(root.Content[0]); top.Kind == yaml.MappingNode {
		l.mapping(top)
	} else {
		l.list(top)
	}
	for name := range l.needs {
		l.config.Needs = append(l.config.Needs, name)
	}
	slices.Sort(l.config.Needs)
	slices.SortStableFunc(l.config.Notes, func(a, b Note) int { return a.Line - b.Line })
	l.config.Notes = slices.Compact(l.config.Notes)
	return l.config, l.problems.Err()
}

// environment notes the variables of the older product that mean nothing here.
func (l *loader) environment() {
	for _, name := range []string{"AQUAALERT_URL", "AQUAALERT_TLS"} {
		if value, ok := l.lookup(name); ok && value != "" {
			l.config.Notes = append(l.config.Notes, Note{Text: name + " is set and means nothing: postee does not listen"})
		}
	}
}

// lookup asks the environment.
func (l *loader) lookup(name string) (string, bool) {
	if l.options.Lookup == nil {
		return "", false
	}
	return l.options.Lookup(name)
}

// list reads the list form.
func (l *loader) list(root *yaml.Node) {
	l.top = "it belongs into an entry of its own: - type: " + commonType
	l.config.Filters, l.config.Templates = l.folder("", filtersVariable, filtersFolder), l.folder("", templatesVariable, templatesFolder)
	b := l.binder("")
	l.targets = newNames("an entry")
	switch {
	case root.Kind != yaml.SequenceNode && root.ShortTag() != "!!null":
		b.problem(root, "expected a list of entries, found "+describe(root), "")
		return
	case len(root.Content) == 0:
		b.problem(root, "no entries: the file configures nothing", "docs/configuration.md shows a small one")
		return
	}
	for i, use := range root.Content {
		n := follow(use)
		b := l.binder(fmt.Sprintf("entry %d", i+1))
		switch {
		case n.Kind == yaml.MappingNode:
			l.entry(b, n, use)
		case n.ShortTag() != "!!null":
			b.problem(use, "expected a mapping of keys, found "+describe(n), "an entry begins with \"- name: …\"")
		}
	}
}

// binder makes the binder of an entry.
func (l *loader) binder(entry string) *binder {
	return &binder{entry: entry, top: l.top, problems: l.problems, notes: &l.config.Notes}
}

// absolutePath returns a path that the file contains, relative to the file's folder: never to the working directory, which may
// be somebody else's.
func (l *loader) absolutePath(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(l.config.Path), path)
}

// home fills in the home folder for "~/".
func (l *loader) home(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, true
	}
	for _, name := range []string{"HOME", "USERPROFILE"} {
		if home, ok := l.lookup(name); ok && home != "" {
			return filepath.Join(home, rest), true
		}
	}
	return "", false
}
