package config

import (
	"fmt"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
)

// names are what routes, or targets, of a file are called so far.
type names struct {
	// kind says in words what they are names of.
	kind string
	// use is what a name is for.
	use   string
	lines map[string]int
}

// newNames begins with none.
func newNames(kind string) *names {
	return &names{kind, "what was said is remembered under it", make(map[string]int)}
}

// take checks a name and takes it: it is what the binder calls the entry from here on. use is the entry.
func (n *names) take(b *binder, head *Value[string], use *yaml.Node) {
	name, at := strings.TrimSpace(head.V), *use
	head.V = name
	if name == "" {
		b.problem(use, "name is missing", "each entry needs one of its own: "+n.use)
		return
	}
	at.Line, at.Column = head.Line, head.Column
	if strings.ContainsAny(name, "()") || strings.ContainsFunc(name, unicode.IsControl) {
		b.problem(&at, "name: parentheses and control characters are not allowed in "+quantity.Quote(name), "")
		return
	}
	b.entry = shorten(name)
	if line, taken := n.lines[name]; taken {
		b.problem(&at, fmt.Sprintf("name: %s is the name of %s on line %d already", quantity.Quote(name), n.kind, line), "give one of them another name")
		return
	}
	n.lines[name] = at.Line
}
