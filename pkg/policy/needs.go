package policy

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Needs is which parts of a document policies look at; nil is none. It does not change.
type Needs struct {
	// input is what is looked at below input. The others follow from it: what is read of a document that is an object, of any other
	// document, and of the normalised view, which is nil when nobody looks at it.
	input, object, other, view *need
}

// need is what is looked at of one value. That it is an object or an array is always seen, and a scalar is always read.
type need struct {
	// whole is everything that the value holds.
	whole bool
	// keys are the members that are looked at, by name; each is what is looked at of every member and element. Where each is, no
	// keys are: so the tree has never more nodes than the policies have steps.
	keys map[string]*member
	each *need
	// lengths has a bit for the length of each name in keys, modulo 64: most names of a document are of none of them.
	lengths uint64
}

// member is a name in an object, and what is looked at of its value.
type member struct {
	name *ast.Term
	need *need
}

// newNeeds returns the needs of whoever looks at so much of input.
func newNeeds(input *need) *Needs {
	n := &Needs{input: input, object: &need{}, other: &need{}, view: input.of(viewKey)}
	n.object.add(input)
	// Whether the document has a key of that name is always to be known.
	n.object.key(viewKey)
	n.other.add(input)
	n.other.add(input.of(documentKey))
	return n
}

// Everything returns the needs of whoever looks at all that there is.
func Everything() *Needs { return newNeeds(&need{whole: true}) }

// View reports whether the normalised view is looked at, which tells what was said before, or anything else than the document.
func (n *Needs) View() bool { return n.view != nil }

// And returns what either looks at.
func (n *Needs) And(other *Needs) *Needs {
	switch {
	case n == nil || n == other:
		return other
	case other == nil:
		return n
	}
	both := &need{}
	both.add(n.input)
	both.add(other.input)
	return newNeeds(both)
}

// covers reports whether what other looks at is part of n.
func (n *Needs) covers(other *Needs) bool {
	return n == other || n.input.covers(other.input)
}

// document returns what is read of a document.
func (n *Needs) document(raw []byte) *need {
	if jsontext.Value(raw).Kind() == '{' {
		return n.object
	}
	return n.other
}

// rest returns what is looked at of members and elements that have no name here, nil for nothing.
func (n *need) rest() *need {
	if n.whole {
		return n
	}
	return n.each
}

// of returns what is looked at of a member of that name, nil for nothing.
func (n *need) of(name string) *need {
	if m, ok := n.keys[name]; ok {
		return m.need
	}
	return n.rest()
}

// member returns the member of that name where members have names here; its need is nil when it is not looked at.
func (n *need) member(name []byte) (m member) {
	if n.lengths&(1<<(len(name)&63)) != 0 {
		if found := n.keys[string(name)]; found != nil {
			m = *found
		}
	}
	return m
}

// key returns what is looked at of a member, which is looked at from now on.
func (n *need) key(name string) *need {
	if found := n.of(name); found != nil {
		return found
	}
	if n.keys == nil {
		n.keys = map[string]*member{}
	}
	m := &member{name: ast.StringTerm(name), need: &need{}}
	n.keys[name] = m
	n.lengths |= 1 << (len(name) & 63)
	return m.need
}

// every returns what is looked at of every member and element, all of which are looked at from now on.
func (n *need) every() *need {
	switch {
	case n.whole:
		return n
	case n.each == nil:
		each := &need{}
		for _, m := range n.keys {
			each.add(m.need)
		}
		n.each, n.keys, n.lengths = each, nil, 0
	}
	return n.each
}

// at returns what is looked at where steps lead from here. A step that is no constant text may lead to any member or element.
func (n *need) at(steps ast.Ref) *need {
	for _, step := range steps {
		if name, ok := step.Value.(ast.String); ok {
			n = n.key(string(name))
		} else {
			n = n.every()
		}
	}
	return n
}

// add makes n look at what other looks at, too.
func (n *need) add(other *need) {
	switch {
	case other == nil || n.whole:
	case other.whole:
		*n = need{whole: true}
	case other.each != nil:
		n.every().add(other.each)
	default:
		for name, m := range other.keys {
			n.key(name).add(m.need)
		}
	}
}

// covers reports whether what other looks at is part of n.
func (n *need) covers(other *need) bool {
	switch {
	case n.whole || other == nil:
		return true
	case other.whole:
		return false
	case other.each != nil:
		return n.each != nil && n.each.covers(other.each)
	}
	for name, m := range other.keys {
		if below := n.of(name); below == nil || !below.covers(m.need) {
			return false
		}
	}
	return true
}
