package config

import (
	"os"
	"path/filepath"

	"github.com/postee/postee/pkg/policy"
)

// Where the files of input-files are, unless the configuration names a folder.
const (
	filtersFolder   = "rego-filters"
	filtersVariable = "REGO_FILTERS_PATH"
)

// conditions makes the paths of policies absolute, and takes in what is written under plugins.
func (l *loader) conditions(b *binder, f *Filters) {
	for i, path := range f.PolicyOPA.V {
		f.PolicyOPA.V[i] = l.absolutePath(path)
	}
	for i, name := range f.InputFiles.V {
		f.InputFiles.V[i] = l.filter(name)
	}
	either(b, &f.AggregateIssuesNumber, &f.Plugins.Number)
	either(b, &f.AggregateIssuesTimeout, &f.Plugins.Timeout)
	either(b, &f.PolicyShowAll, &f.Plugins.ShowAll)
	if p := &f.Plugins; p.UniqueTimeout.Set && !p.UniqueProps.Set {
		b.problems.Add(Problem{Line: p.UniqueTimeout.Line, Column: p.UniqueTimeout.Column, Entry: b.entry,
			Text: p.UniqueTimeout.Key + ": means something with unique-message-props only"})
	}
}

// either takes in a value that can be written in two ways.
func either[T any](b *binder, own, plugin *Value[T]) {
	switch {
	case plugin.Set && own.Set:
		b.problems.Add(Problem{Line: plugin.Line, Column: plugin.Column, Entry: b.entry,
			Text: plugin.Key + ": says the same as " + own.Key, Hint: "remove one of them"})
	case plugin.Set:
		*own = *plugin
	}
}

// filter returns the file of a policy that is named without a folder: in the folder of filters, else a ready one, which goes by its name.
func (l *loader) filter(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	path := filepath.Join(l.config.Filters, name)
	if _, err := os.Stat(path); err != nil && policy.Ready(name) {
		return name
	}
	return path
}
