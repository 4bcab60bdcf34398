package policy

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// needsOf returns what the rules of a compiled policy look at. It follows references that begin with input, and the variables that
// stand for what they lead to; what it does not know by name looks at the whole of what it is given.
func needsOf(modules map[string]*ast.Module) *Needs {
	input := &need{}
	for _, m := range modules {
		if replaces(m) {
			return newNeeds(&need{whole: true})
		}
		for _, r := range m.Rules {
			s := scope{}
			ast.NewGenericVisitor(s.visit).Walk(r)
			input.add(s.need(inputName))
		}
	}
	return newNeeds(input)
}

// inputName is the name of the document in policies.
const inputName = ast.Var("input")

// replaces reports whether a module evaluates anything with a part of input, or a builtin function, replaced by something else.
func replaces(m *ast.Module) bool {
	found := false
	ast.WalkExprs(m, func(e *ast.Expr) bool {
		for _, w := range e.With {
			ref, ok := w.Target.Value.(ast.Ref)
			found = found || !ok || !ref[0].Equal(ast.DefaultRootDocument)
		}
		return found
	})
	return found
}

// scope is the variables of one rule by name, input among them. Two that share a name count as one.
type scope map[ast.Var]*variable

// variable is where a variable stands in a rule.
type variable struct {
	// bound counts where it gets a value from a reference or a list.
	bound int
	// uses are the references that begin with it; whole is that it stands elsewhere, where its value is looked at.
	uses  []use
	whole bool
	// list is the variable of the list whose elements it makes, "" for none: list = [v | …].
	list ast.Var
	// open is that its needs are being found.
	open bool
}

// use is a reference behind its variable, and what looks at that.
type use struct {
	steps ast.Ref
	by    looker
	// as is the variable that stands for it, with followed.
	as ast.Var
}

// looker is what looks at something.
type looker int

const (
	// wholly sees all of it, barely that it is there, and false; followed is a variable that stands for it.
	wholly looker = iota
	barely
	followed
)

// of returns the variable of that name.
func (s scope) of(name ast.Var) *variable {
	if s[name] == nil {
		s[name] = &variable{}
	}
	return s[name]
}

// need returns what is looked at of the value of a variable.
func (s scope) need(name ast.Var) *need {
	v, n := s.of(name), &need{}
	if v.whole || v.open {
		return &need{whole: true}
	}
	v.open = true
	for _, u := range v.uses {
		at := n.at(u.steps)
		switch {
		case u.by == wholly, u.by == followed && s.of(u.as).bound != 1:
			at.add(&need{whole: true})
		case u.by == followed:
			at.add(s.need(u.as))
		}
	}
	if v.list != "" {
		n.add(s.elements(v.list))
	}
	v.open = false
	return n
}

// elements returns what is looked at of the elements of a list.
func (s scope) elements(list ast.Var) *need {
	if s.of(list).bound != 1 {
		return &need{whole: true}
	}
	return s.need(list).of("")
}

// visit takes down what one part of a rule looks at. It reports whether that includes what is within the part.
func (s scope) visit(x any) bool {
	switch x := x.(type) {
	case *ast.Rule:
		for _, t := range x.Head.Ref()[1:] {
			s.walk(t)
		}
	case *ast.Expr:
		s.expression(x)
		return true
	case ast.Ref:
		s.reference(x, use{})
		return true
	case ast.Var:
		s.of(x).whole = true
	}
	return false
}

// walk takes down what terms look at that have no meaning of their own.
func (s scope) walk(terms ...*ast.Term) {
	for _, t := range terms {
		ast.NewGenericVisitor(s.visit).Walk(t)
	}
}

// expression takes down what an expression looks at.
func (s scope) expression(e *ast.Expr) {
	for _, w := range e.With {
		s.walk(w.Target, w.Value)
	}
	switch t := e.Terms.(type) {
	case *ast.Term:
		// A reference alone asks whether there is something, and whether that is false.
		if ref, ok := t.Value.(ast.Ref); ok {
			s.reference(ref, use{by: barely})
			return
		}
		s.walk(t)
	case []*ast.Term:
		s.call(t[0], t[1:])
	case *ast.Every:
		s.every(t)
	default:
		ast.NewGenericVisitor(s.visit).Walk(t)
	}
}

// call takes down what a call looks at of its operands. A function that is not named here looks at the whole of them.
func (s scope) call(function *ast.Term, operands []*ast.Term) {
	of, isRef := asReference(operands)
	switch name := function.String(); {
	case name == ast.Equality.Name && len(operands) == 2 && (s.equal(operands[0], operands[1]) || s.equal(operands[1], operands[0])):
		return
	case name == ast.Count.Name && isRef:
		s.reference(append(of, anyStep()), use{by: barely})
		s.walk(operands[1:]...)
	case name == ast.ObjectGet.Name && isRef && len(path(operands)) > 0:
		s.reference(append(of, path(operands)...), use{})
		s.walk(operands[1:]...)
	default:
		s.walk(operands...)
	}
}

// equal takes down an equation by which a variable gets its value from a reference or a list, and reports whether it is one.
func (s scope) equal(left, right *ast.Term) bool {
	name, ok := left.Value.(ast.Var)
	if !ok || name == inputName {
		return false
	}
	switch r := right.Value.(type) {
	case ast.Ref:
		s.bind(name, r)
	case *ast.ArrayComprehension:
		element, ok := r.Term.Value.(ast.Var)
		if !ok || element == inputName || s.of(element).list != "" {
			return false
		}
		s.of(name).bound++
		s.of(element).list = name
		ast.NewGenericVisitor(s.visit).Walk(r.Body)
	default:
		return false
	}
	return true
}

// every takes down what a condition on every element of something looks at.
func (s scope) every(e *ast.Every) {
	of, isRef := asReference([]*ast.Term{e.Domain})
	name, isVar := e.Value.Value.(ast.Var)
	if isRef && isVar {
		s.bind(name, append(of, anyStep()))
	} else {
		s.walk(e.Domain, e.Value)
	}
	if e.Key != nil {
		s.walk(e.Key)
	}
	ast.NewGenericVisitor(s.visit).Walk(e.Body)
}

// bind takes down that a variable gets its value from a reference.
func (s scope) bind(name ast.Var, ref ast.Ref) {
	s.of(name).bound++
	s.reference(ref, use{by: followed, as: name})
}

// reference takes down what looks at where a reference leads, and what the reference itself looks at to get there.
func (s scope) reference(ref ast.Ref, u use) {
	if head, ok := ref[0].Value.(ast.Var); ok {
		u.steps = ref[1:]
		s.of(head).uses = append(s.of(head).uses, u)
	} else {
		s.walk(ref[0])
	}
	s.walk(ref[1:]...)
}

// asReference returns the first of some operands as a reference, if it is one or a variable. It may be appended to.
func asReference(operands []*ast.Term) (ast.Ref, bool) {
	if len(operands) == 0 {
		return nil, false
	}
	switch v := operands[0].Value.(type) {
	case ast.Ref:
		return slices.Clip(v), true
	case ast.Var:
		return ast.Ref{operands[0]}, true
	}
	return nil, false
}

// anyStep is a step that leads to every member and element.
func anyStep() *ast.Term { return ast.NullTerm() }

// path returns the steps that object.get takes, none where they are not written down.
func path(operands []*ast.Term) ast.Ref {
	if len(operands) < 2 {
		return nil
	}
	switch v := operands[1].Value.(type) {
	case ast.String:
		return ast.Ref{operands[1]}
	case *ast.Array:
		var steps ast.Ref
		for i := range v.Len() {
			if !ast.IsScalar(v.Elem(i).Value) {
				return nil
			}
			steps = append(steps, v.Elem(i))
		}
		return steps
	}
	return nil
}
