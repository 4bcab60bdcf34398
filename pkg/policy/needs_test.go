package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// paths writes down what is looked at: * is every member and element, ** the whole of what is there.
func paths(n *need, prefix string) []string {
	var list []string
	switch {
	case n == nil:
	case n.whole:
		list = append(list, prefix+"**")
	case n.each != nil:
		list = append(list, paths(n.each, prefix+"*.")...)
	case len(n.keys) == 0:
		list = append(list, strings.TrimSuffix(prefix, "."))
	}
	if n != nil {
		for name, m := range n.keys {
			list = append(list, paths(m.need, prefix+name+".")...)
		}
	}
	slices.Sort(list)
	return list
}

func TestNeeds(t *testing.T) {
	tests := map[string]struct{ rules, want string }{
		"nothing":                     {`allow if { true }`, ""},
		"a comparison":                {`allow if { input.a.b == 1 }`, "a.b.**"},
		"that something is there":     {`allow if { input.a.b; not input.c }`, "a.b c"},
		"every element":               {`allow if { input.list[_].sev == "high" }`, "list.*.sev.**"},
		"two variables":               {`allow if { some r in input.list; some v in r.more; v.sev in {"x"} }`, "list.*.more.*.sev.**"},
		"a key":                       {`allow if { some k, v in input.list; k == "x"; v.sev }`, "list.*.sev"},
		"a number":                    {`allow if { input.list[3].sev == 1 }`, "list.*.sev.**"},
		"a member that is computed":   {`allow if { input.list[input.key].sev == 1 }`, "key.** list.*.sev.**"},
		"any member, and one by name": {`allow if { input[_].x == 1; input.a.y == 1 }`, "*.x.** *.y.**"},
		"names that are no words":     {`allow if { input["a b"]["c.d"] == 1 }`, "a b.c.d.**"},
		"an element":                  {`allow if { v := input.list[_]; v == {"x": 1} }`, "list.*.**"},
		"an element, handed on":       {`allow if { some v in input.list; bad(v) }` + "\n" + `bad(v) if { v.sev == 1 }`, "list.*.**"},
		"an element, put elsewhere":   {`allow if { some v in input.list; w := v; w.sev }`, "list.*.**"},
		"compared with another":       {`allow if { v = input.a; v = input.b; v.c }`, "a.** b.**"},
		"a pattern":                   {`allow if { {"x": v} = input.a; v.y }`, "a.**"},
		"one name, twice":             {`allow if { x := input.a; x.b } else if { x := input.c; x.d }`, "a.b c.d"},
		"one name, twice, as of old":  {`allow if { x = input.a; x.b } else if { x = input.c; x.d }`, "a.** c.**"},
		"every":                       {`allow if { every v in input.list { v.sev == 1 } }`, "list.*.sev.**"},
		"every, with keys":            {`allow if { every k, v in input.list { k != "x"; v.sev == 1 } }`, "list.*.sev.**"},
		"a number of elements":        {`allow if { count(input.list) > 3 }`, "list.*"},
		"a number of some":            {`allow if { count([v | some v in input.list; v.sev == 1]) > 3 }`, "list.*.sev.**"},
		"a number of different":       {`allow if { count({v | some v in input.list; v.sev == 1}) > 3 }`, "list.*.**"},
		"some, and of those some":     {`allow if { l := [v | some v in input.list; v.sev == 1]; some x in l; x.more }`, "list.*.more list.*.sev.**"},
		"some, and all of it":         {`allow if { l := [v | some v in input.list; v.sev == 1]; l[0] == 1 }`, "list.*.**"},
		"some, compared":              {`allow if { l = [v | v = input.a[_]]; l = input.b }`, "a.*.** b.**"},
		"some, twice":                 {`allow if { v = input.a[_]; l := [v | true]; m := [v | true]; count(l) == 1; m[_].x }`, "a.*.**"},
		"some, handed on":             {`allow if { l := [v | some v in input.list]; bad(l) }` + "\n" + `bad(l) if { l[0].x }`, "list.*.**"},
		"some, in a list":             {`allow if { l := [m | m := [v | some v in input.list]]; l[_][_].x }`, "list.*.x"},
		"a rule's value":              {`allow if { bad[_].sev == 1 }` + "\n" + `bad contains v if { some v in input.list }`, "list.*.**"},
		"a rule's key":                {`allow if { bad.x == 1 }` + "\n" + `bad[k] := v.sev if { some k, v in input.list }`, "list.*.sev.**"},
		"a rule's name":               {`allow if { bad.x.y == 1 }` + "\n" + `bad[v.name].y := v.sev if { some v in input.list }`, "list.*.name.** list.*.sev.**"},
		"a function":                  {`allow if { startswith(input.image, "x") }`, "image.**"},
		"a member, or another value":  {`allow if { object.get(input.a, "b", 1) == 1; object.get(input, ["c", 0, "d"], 1) == 1 }`, "a.b.** c.*.d.**"},
		"no member, or which one":     {`allow if { object.get(input.a, [], 1) == 1; object.get(input.b, input.c, 1) == 1 }`, "a.** b.** c.**"},
		"an object in an object":      {`allow if { object.get(input.a, {"b": 1}, 1) == 1; object.get(input.c, [{"d": 1}], 1) == 1 }`, "a.** c.**"},
		"all of it":                   {`allow if { input == {} }`, "**"},
		"all of it, handed on":        {`allow if { walk(input, [_, "x"]) }`, "**"},
		"all of it, by another name":  {`allow if { x := input; x.a == 1 }`, "a.**"},
		"a comprehension's condition": {`allow if { count([1 | input.list[_].sev == 1]) == 2 }`, "list.*.sev.**"},
		"with another input":          {`allow if { bad with input as {"x": 1} }` + "\n" + `bad if { input.x }`, "**"},
		"with a part of it":           {`allow if { bad with input.x as 1 }` + "\n" + `bad if { input.x }`, "**"},
		"with another function":       {`allow if { bad with count as own }` + "\n" + `bad if { count(input.list) == 1 }` + "\n" + `own(x) := x[0]`, "**"},
		"with another rule":           {`allow if { bad with data.postee.limit as input.y }` + "\n" + `bad if { input.x > limit }` + "\n" + `limit := 1`, "x.** y.**"},
		"a text in a text":            {`allow if { sprintf("%v", [input.a.b]) == "x" }`, "a.b.**"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := one(t, "package postee\nimport rego.v1\n"+tt.rules)
			got := strings.Join(paths(p.Needs().input, ""), " ")
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNeedsOfMany: what policies need together is what each of them needs, and no other is let in.
func TestNeedsOfMany(t *testing.T) {
	var all *Needs
	var each []*Policy
	for _, condition := range []string{"input.a.b == 1", "input.c[_].d == 1", "input.a.e", "count(input) > 0", "input.a[_].f == 2", "true", "input.c"} {
		p := one(t, "package postee\nallow { "+condition+" }")
		each, all = append(each, p), all.And(p.Needs())
	}
	if all.And(nil) != all || all.And(all) != all {
		t.Error("nothing more is needed, and yet they are others")
	}
	if got := strings.Join(paths(all.input, ""), " "); got != "*.*.**" {
		t.Errorf("got %s", got)
	}
	in := NewInput([]byte(`{"a":{"b":1,"f":[]},"c":[{"d":1}]}`), all)
	for i, p := range each {
		if !all.covers(p.Needs()) || !everything.covers(p.Needs()) {
			t.Errorf("%d is not covered", i)
		}
		if ok, err := p.Allow(t.Context(), in); err != nil || ok != (i == 0 || i == 1 || i == 3 || i == 5 || i == 6) {
			t.Errorf("%d: %v, %v", i, ok, err)
		}
	}
	for i, p := range each[:5] {
		for _, other := range []*Needs{nil, each[5].Needs(), each[(i+1)%5].Needs()} {
			if _, err := p.Allow(t.Context(), NewInput([]byte(`{}`), other)); !errors.Is(err, errUnneeded) {
				t.Errorf("%d: asked about a document that was read for another policy: %v", i, err)
			}
		}
	}
}

// TestNeedsEndOnCircles: variables that are made of each other are no policy, and no trouble.
func TestNeedsEndOnCircles(t *testing.T) {
	m, err := parseModule("p", "package postee\nallow { l = [x | x = m[_]]; m = [y | y = l[_]]; x = input.a }")
	if err != nil {
		t.Fatal(err)
	}
	n := needsOf(map[string]*ast.Module{"p": m})
	if got := strings.Join(paths(n.input, ""), " "); got != "a.**" {
		t.Errorf("got %s", got)
	}
}

// TestNeedsOfWhatIsNoName: a reference may begin with a value, though compilation gives each of them a name.
func TestNeedsOfWhatIsNoName(t *testing.T) {
	m, err := parseModule("p", "package postee\nallow { [input.a][0].b; {\"x\": 1}[input.c] }")
	if err != nil {
		t.Fatal(err)
	}
	n := needsOf(map[string]*ast.Module{"p": m})
	if got := strings.Join(paths(n.input, ""), " "); got != "a.** c.**" {
		t.Errorf("got %s", got)
	}
}
