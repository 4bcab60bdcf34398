package policy

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator writes policies and documents that have to do with each other: few names, little depth.
type generator struct {
	*rand.Rand
	made int
	// vars are the variables that have a value where the generator is.
	vars []string
}

// pick returns one of some texts.
func (g *generator) pick(texts ...string) string { return texts[g.IntN(len(texts))] }

// fresh returns a variable that is not there yet.
func (g *generator) fresh() string {
	g.made++
	return fmt.Sprintf("x%d", g.made)
}

// within runs what makes variables of its own.
func (g *generator) within(write func() string) string {
	n := len(g.vars)
	text := write()
	g.vars = g.vars[:n]
	return text
}

// ref leads to something in the document, or in a variable.
func (g *generator) ref() string {
	text := "input"
	if len(g.vars) > 0 && g.IntN(3) > 0 {
		text = g.vars[g.IntN(len(g.vars))]
	} else if g.IntN(12) > 0 {
		text += "." + g.pick("a", "b", "c", "a", "b", "postee", "document")
	}
	for range g.IntN(4) {
		text += g.pick(".a", ".b", ".c", "[_]", "[_]", "[_]", ".a", "[0]", "[1]", `["b"]`, "[i]", "[j]")
	}
	if g.IntN(10) == 0 {
		text += "[" + g.ref() + "]"
	}
	return text
}

// value is something to compare.
func (g *generator) value() string {
	switch g.IntN(16) {
	case 0:
		return "[" + g.ref() + "]"
	case 1:
		return `{"a": ` + g.ref() + "}"
	case 2:
		return g.within(func() string {
			body, v := g.body(2), g.ref()
			return g.pick("["+v+" | "+body+"]", "{"+v+" | "+body+"}")
		})
	case 3, 4:
		return g.call()
	case 5, 6, 7, 8:
		return g.pick("1", "2", `"a"`, `"b"`, "false", "null", "[]", "{}")
	}
	return g.ref()
}

// call is a function of something.
func (g *generator) call() string {
	if g.IntN(2) == 0 {
		return "count(" + g.ref() + ")"
	}
	return fmt.Sprintf("object.get(%s, %s, 1)", g.ref(), g.pick(`"a"`, `["b", "a"]`, `["a", "b"]`, `["c", 0]`, "[]", g.ref()))
}

// condition is one line.
func (g *generator) condition() string {
	switch g.IntN(15) {
	case 0:
		return "not " + g.ref()
	case 1, 2:
		r, v := g.ref(), g.fresh()
		g.vars = append(g.vars, v)
		return v + " := " + r + "; not " + v + ".never"
	case 3, 4:
		r, v := g.ref(), g.fresh()
		g.vars = append(g.vars, v)
		return "some " + v + " in " + r + "; not " + v + ".never"
	case 5:
		r, k, v := g.ref(), g.fresh(), g.fresh()
		g.vars = append(g.vars, v)
		return fmt.Sprintf("some %s, %s in %s; not %s.never; %s != 7", k, v, r, v, k)
	case 6:
		r, v := g.ref(), g.fresh()
		g.vars = append(g.vars, v)
		return v + " = " + r + g.pick("", "; "+v+" = "+g.ref())
	case 7:
		r, v := g.ref(), g.fresh()
		return g.within(func() string {
			g.vars = append(g.vars, v)
			return "every " + v + " in " + r + " { " + g.body(1) + " }"
		})
	case 8:
		return g.value() + " in " + g.ref()
	case 9:
		return "f(" + g.ref() + ")"
	case 10:
		return g.rows()
	case 11:
		return g.pick("limit > 0", "walk("+g.ref()+", [_, 1])", "is_array("+g.ref()+")") + g.pick("", "", " with input.a as 1", " with data.postee.limit as "+g.ref(), " with count as own")
	case 12:
		return g.ref()
	}
	return g.value() + g.pick(" == ", " = ", " != ") + g.value()
}

// rows gathers elements and looks at how many there are, or at some of them.
func (g *generator) rows() string {
	list, v := g.fresh(), g.fresh()
	r := g.ref()
	text := g.within(func() string {
		g.vars = append(g.vars, v)
		return fmt.Sprintf("%s := [%s | some %s in %s; %s]", list, g.pick(v, v, v+".a"), v, r, g.body(2))
	})
	if g.IntN(3) == 0 {
		return text + "; count(" + list + ")" + g.pick(" > 0", " == 1", " == 2")
	}
	g.vars = append(g.vars, list)
	return text
}

// body is some conditions.
func (g *generator) body(most int) string {
	var lines []string
	for range 1 + g.IntN(most) {
		lines = append(lines, g.condition())
	}
	return strings.Join(lines, "; ")
}

// policy is rules that look at a document in all the ways that there are.
func (g *generator) policy() string {
	rules := []string{"package postee", "import rego.v1", "f(x) if { x.a == 1 }", "f(x) if { x == 1 }", "own(x) := x[0]", "limit := 1"}
	for n := range 1 + g.IntN(6) {
		g.vars = g.vars[:0]
		body, head := g.body(3), fmt.Sprintf("r%d", n)
		switch g.IntN(9) {
		case 0:
			head += " contains " + g.ref()
		case 1:
			head += "[" + g.ref() + "]" + g.pick("", ".z") + " := " + g.pick("1", g.value())
		case 2:
			head += " := " + g.value()
		case 3:
			head += " := " + g.call()
		case 4:
			g.vars = g.vars[:0]
			body += " } else if { " + g.body(2)
		}
		rules = append(rules, head+" if { "+body+" }")
	}
	return strings.Join(append(rules, "allow if { input.never }"), "\n")
}

// document is JSON in which a policy may find something.
func (g *generator) document(depth int) string {
	kind := g.IntN(8)
	if depth == 0 && kind < 5 {
		kind = 5 + kind%3
	}
	var parts []string
	switch {
	case kind < 3:
		for range g.IntN(4) {
			parts = append(parts, g.document(depth-1))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case kind < 5 || depth > 3 && g.IntN(8) > 0:
		for _, name := range []string{"a", "b", "c", `\u0061b`, "postee", "document"} {
			if g.IntN(2) == 0 && (len(name) == 1 || g.IntN(6) == 0) {
				parts = append(parts, `"`+name+`":`+g.document(depth-1))
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	return g.pick("1", "1", "2", `"a"`, `"b"`, "false", "true", "null", "1.0", `""`)
}
