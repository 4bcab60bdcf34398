package policy

import (
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// load reads one file and parses it in its own dialect.
func load(file string, into hash.Hash) (*ast.Module, []error) {
	text, err := source(file)
	if err != nil {
		return nil, []error{fmt.Errorf("%s: %w", file, reason(err))}
	}
	digest(into, file, text)
	m, err := parseModule(file, strings.TrimPrefix(string(text), "\ufeff"))
	if err != nil {
		return nil, problems(file, err)
	}
	if errs := checkModule(file, m); len(errs) > 0 {
		return nil, errs
	}
	return m, nil
}

// digest takes a text and its name into a hash.
func digest(into hash.Hash, name string, text []byte) {
	fmt.Fprintf(into, "%d %s %d ", len(name), name, len(text))
	_, _ = into.Write(text) // a hash takes everything
}

// parseModule takes text for v0, and for v1 where it is no v0. (OPA itself reads a file that says "import rego.v1" as v1.)
// Of the errors, those of the dialect that got further are meant: the other one stumbles over the first rule.
func parseModule(file, text string) (*ast.Module, error) {
	old, oldErr := parseAs(file, text, ast.RegoV0)
	if oldErr == nil && !misread(old) {
		return old, nil
	}
	m, err := parseAs(file, text, ast.RegoV1)
	if err == nil {
		return m, nil
	}
	if oldErr == nil {
		return old, nil
	}
	if saysV1(text) || first(err).Compare(first(oldErr)) > 0 {
		return nil, err
	}
	return nil, oldErr
}

// parseAs parses text in one dialect.
func parseAs(file, text string, v ast.RegoVersion) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(file, text, ast.ParserOptions{RegoVersion: v})
}

// misread reports whether v0 has taken the keyword of "some x in xs" for a variable, or that of "result := x if { … }" for a rule of that
// name, which it does without complaint.
func misread(x any) bool {
	m, isModule := x.(*ast.Module)
	found := isModule && slices.ContainsFunc(m.Rules, func(r *ast.Rule) bool { return r.Head.Name == "if" })
	ast.WalkVars(x, func(v ast.Var) bool {
		found = found || v == "in"
		return found
	})
	return found
}

// saysV1 reports whether a file declares its dialect.
func saysV1(text string) bool {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "import" && f[1] == "rego.v1" {
			return true
		}
	}
	return false
}

// first returns the place of the first parse error; nil sorts before every place.
func first(err error) *ast.Location {
	errs := ast.Errors{}
	if errors.As(err, &errs) && len(errs) > 0 {
		errs.Sort()
		return errs[0].Location
	}
	if e, ok := errors.AsType[*ast.Error](err); ok {
		return e.Location
	}
	return nil
}

// parseBody makes a module of the body of a rule allow. The body is parsed by itself: its lines keep their numbers, and no
// brace in it can end the rule.
func parseBody(name, body string) (*ast.Module, []error) {
	version, frame := ast.RegoV0, "package postee\nallow { true }"
	conditions, err := conditionsOf(name, body, version)
	if err != nil || misread(conditions) {
		newer, errV1 := conditionsOf(name, body, ast.RegoV1)
		switch {
		case errV1 == nil:
			version, frame = ast.RegoV1, "package postee\nallow if { true }"
			conditions, err = newer, nil
		case err != nil && first(errV1).Compare(first(err)) > 0:
			err = errV1
		}
	}
	if err != nil {
		return nil, problems(name, err)
	}
	if len(conditions) == 0 {
		return nil, []error{fmt.Errorf("%s: no condition: write Rego lines that must all hold", name)}
	}
	m, err := parseAs(name, frame, version)
	if err != nil {
		return nil, problems(name, err)
	}
	rule := m.Rules[0]
	rule.Body, rule.Location = conditions, conditions[0].Location
	return m, checkModule(name, m)
}

// conditionsOf parses the lines of a body in one dialect.
func conditionsOf(name, body string, v ast.RegoVersion) (ast.Body, error) {
	statements, _, err := ast.ParseStatementsWithOpts(name, body, ast.ParserOptions{RegoVersion: v, SkipRules: true})
	if err != nil {
		return nil, err
	}
	var conditions ast.Body
	for _, s := range statements {
		switch s := s.(type) {
		case ast.Body:
			for _, e := range s {
				conditions.Append(e)
			}
		case *ast.Comment:
		default:
			return nil, ast.NewError(ast.ParseErr, s.Loc(), "only conditions may stand here: put a package, imports and rules into a file")
		}
	}
	return conditions, nil
}
