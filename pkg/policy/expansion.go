package policy

import "github.com/open-policy-agent/opa/v1/ast"

// maxExpansion is how often the values of a body may be written into one another.
const maxExpansion = 1 << 16

// checkSizes refuses bodies whose variables name each other so often that, written out, they are large: x1 := [x0, x0],
// x2 := [x1, x1] and so on. Rego writes them out, and looks at nothing while it does.
func checkSizes(c *ast.Compiler) *ast.Error {
	var problem *ast.Error
	for _, m := range c.Modules {
		ast.NewGenericVisitor(func(x any) bool {
			body, ok := x.(ast.Body)
			if !ok || problem != nil {
				return problem != nil
			}
			e := expansion{made: map[ast.Var][]*ast.Term{}, size: map[ast.Var]int{}}
			e.gather(body)
			for v := range e.made {
				if e.of(v) > maxExpansion {
					problem = ast.NewError(ast.CompileErr, body.Loc(),
						"variables that name each other again and again: written out, they are too large: policies here are bounded")
				}
			}
			return problem != nil
		}).Walk(m)
	}
	return problem
}

// expansion knows what the variables of a body are made of, and how large that is.
type expansion struct {
	made map[ast.Var][]*ast.Term
	size map[ast.Var]int
}

// gather takes down which variable equals what, in a body and those within it.
func (e *expansion) gather(body ast.Body) {
	ast.WalkExprs(body, func(x *ast.Expr) bool {
		if x.IsEquality() || x.IsAssignment() {
			e.equal(x.Operand(0), x.Operand(1))
		}
		return false
	})
}

// equal takes down an equation, element by element where both sides are arrays.
func (e *expansion) equal(a, b *ast.Term) {
	left, ok := a.Value.(*ast.Array)
	right, both := b.Value.(*ast.Array)
	if ok && both && left.Len() == right.Len() {
		for i := range left.Len() {
			e.equal(left.Elem(i), right.Elem(i))
		}
		return
	}
	if v, ok := a.Value.(ast.Var); ok {
		e.made[v] = append(e.made[v], b)
	}
	if v, ok := b.Value.(ast.Var); ok {
		e.made[v] = append(e.made[v], a)
	}
}

// of returns how large a variable is, written out. One that is made of itself is as large as nothing.
func (e *expansion) of(v ast.Var) int {
	if n, known := e.size[v]; known {
		return n
	}
	e.size[v] = 1
	largest := 1
	for _, t := range e.made[v] {
		n := 0
		ast.WalkVars(t, func(part ast.Var) bool {
			if n <= maxExpansion {
				n += e.of(part)
			}
			return false
		})
		largest = max(largest, n)
	}
	e.size[v] = largest
	return largest
}
