package template

import (
	"fmt"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// uses follows which templates of a text use which.
type uses struct {
	all *template.Template
	// done are those that were followed to their end, under way those that were not yet.
	done, underway map[string]bool
}

// checkUses finds a template that is used and not defined, which would be an error only where it is come to, and one that uses itself,
// which could go on for ever.
func checkUses(t *template.Template) error {
	u := &uses{all: t, done: map[string]bool{}, underway: map[string]bool{}}
	defined := t.Templates()
	slices.SortFunc(defined, func(a, b *template.Template) int { return strings.Compare(a.Name(), b.Name()) })
	for _, defined := range defined {
		if err := u.follow(defined); err != nil {
			return err
		}
	}
	return nil
}

// follow follows one template.
func (u *uses) follow(t *template.Template) (err error) {
	if t.Tree == nil || u.done[t.Name()] {
		return nil
	}
	u.underway[t.Name()] = true
	walk(t.Root, func(n parse.Node) {
		used, ok := n.(*parse.TemplateNode)
		if !ok || err != nil {
			return
		}
		next := u.all.Lookup(used.Name)
		switch {
		case next == nil:
			err = fmt.Errorf("%s:%d: there is no template %q", u.all.Name(), used.Line, used.Name)
		case u.underway[used.Name]:
			err = fmt.Errorf("%s:%d: template %q uses itself", u.all.Name(), used.Line, used.Name)
		default:
			err = u.follow(next)
		}
	})
	delete(u.underway, t.Name())
	u.done[t.Name()] = true
	return err
}
