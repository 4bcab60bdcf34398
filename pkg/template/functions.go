package template

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/template"
)

// Limits of what a template does for one document: calls and bytes together, and the text that a function may return.
const (
	maxWork = 64 << 20
	perCall = 64
	maxWord = maxOutput
)

// run is a template that is being executed.
type run struct {
	ctx context.Context //nolint:containedctx // The engine calls functions without one.
	// left is how much it may still do.
	left int
}

// charge counts work, and ends a template that does too much.
func (r *run) charge(n int) error {
	if r.left -= perCall + n; r.left < 0 {
		return errors.New("it does too much for one document: loops within loops over long lists")
	}
	if r.ctx.Err() != nil {
		return fmt.Errorf("it is not done within %v", longest)
	}
	return nil
}

// function is what a template can call: with at least and at most so many values, -1 for any number.
type function struct {
	name        string
	least, most int
	call        func(values []any) (any, error)
}

// functions returns the functions of a template: those of the language that could do harm are replaced.
func (r *run) functions() template.FuncMap {
	all := template.FuncMap{
		textName: func(v any) (string, error) {
			s, err := text(v)
			if err != nil {
				return "", err
			}
			return s, r.charge(len(s))
		},
		eachName: r.each,
		stepName: func() (string, error) { return "", r.charge(0) },
	}
	for _, f := range slices.Concat(texts(), escapes(), lists(), comparisons()) {
		all[f.name] = func(values ...any) (any, error) { return r.call(&f, values) }
	}
	return all
}

// Functions returns the names of the functions that templates have beside those of the language, sorted.
func Functions() []string {
	var names []string
	for name := range maps.Keys((&run{}).functions()) {
		if name[0] != '_' {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// call calls a function within its bounds.
func (r *run) call(f *function, values []any) (any, error) {
	if len(values) < f.least || f.most >= 0 && len(values) > f.most {
		return nil, fmt.Errorf("%s: %d values given, which is not what it takes", f.name, len(values))
	}
	n := 0
	for _, v := range values {
		n += size(v)
	}
	if err := r.charge(n); err != nil {
		return nil, err
	}
	v, err := f.call(values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	s, _ := v.(string)
	if len(s) > maxWord {
		return nil, fmt.Errorf("%s: a text of more than %d MiB", f.name, maxWord>>20)
	}
	return v, r.charge(len(s))
}

// each lets a loop go over what is data, and over nothing else: numbers and functions would repeat something without bound.
func (r *run) each(v any) (any, error) {
	if err := r.charge(0); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil, null:
		return []any(nil), nil
	case []any, []string, map[string]any:
		return v, nil
	}
	return nil, errors.New("range: only lists and objects can be repeated")
}
