package policy

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Objects and arrays of at most sharedLength parts are kept once per document, sharedValues of either: what a policy needs of one finding is
// mostly what it needs of another.
const (
	sharedLength = 3
	sharedValues = 256
)

// objectKey and arrayKey tell small objects and arrays apart by the terms that they are made of.
type (
	objectKey [sharedLength][2]*ast.Term
	arrayKey  [sharedLength]*ast.Term
)

// objectOf returns an object with those members.
func (p *parser) objectOf(members [][2]*ast.Term) *ast.Term {
	if len(members) > sharedLength {
		return ast.ObjectTerm(members...)
	}
	var key objectKey
	copy(key[:], members)
	return shared(p.objects, key, func() *ast.Term { return ast.ObjectTerm(members...) })
}

// arrayOf returns an array with those elements.
func (p *parser) arrayOf(items []*ast.Term) *ast.Term {
	if len(items) > sharedLength {
		return ast.ArrayTerm(slices.Clone(items)...)
	}
	var key arrayKey
	copy(key[:], items)
	return shared(p.arrays, key, func() *ast.Term { return ast.ArrayTerm(slices.Clone(items)...) })
}

// shared returns the value with that key, which is made when it is not known.
func shared[K comparable](known map[K]*ast.Term, key K, value func() *ast.Term) *ast.Term {
	term, ok := known[key]
	if !ok {
		term = value()
		if len(known) < sharedValues {
			known[key] = term
		}
	}
	return term
}

// distinct reports whether each of the members has a name of its own.
func distinct(members [][2]*ast.Term) bool {
	const few = 16
	if len(members) > few {
		names := make(map[ast.Value]bool, len(members))
		for _, m := range members {
			names[m[0].Value] = true
		}
		return len(names) == len(members)
	}
	for i, m := range members {
		name, _ := m[0].Value.(ast.String)
		for _, other := range members[:i] {
			if same, _ := other[0].Value.(ast.String); same == name {
				return false
			}
		}
	}
	return true
}
