package policy

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// sourcePackage is the package of a template that is not in a file.
const sourcePackage = "postee_body"

// CompileTemplateFile compiles the package that a file is of, as [CompileTemplate] does with its folder. Only that file need end in
// ".rego" by chance: it is named in full.
func CompileTemplateFile(ctx context.Context, file string, o Options) (*Template, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, reason(err))
	}
	found := packageLine.FindStringSubmatch(strings.TrimPrefix(string(text), "\ufeff"))
	if found == nil {
		return nil, fmt.Errorf("%s: no package: a template begins with one, \"package team.slack\"", file)
	}
	return CompileTemplate(ctx, filepath.Dir(file), found[1], o)
}

// CompileTemplateSource compiles a template that stands in the configuration: one expression, whose value is the message, or rules of
// which one is result. Errors give places as NAME:LINE:COL, with lines counted from the first of the body. It ends as [Compile] does.
func CompileTemplateSource(ctx context.Context, name, body string, o Options) (*Template, error) {
	p, err := compile(ctx, name+": ", func(_ context.Context, sum hash.Hash) (*Policy, error) {
		m, err := sourceModule(name, body)
		if err != nil {
			return nil, errors.Join(problems(name, err)...)
		}
		digest(sum, name, []byte(body))
		return linkFor(ast.MustParseRef("data."+sourcePackage), []string{name}, []*ast.Module{m}, o, sum)
	})
	if err != nil {
		return nil, err
	}
	return &Template{p, name}, nil
}

// sourceModule parses an expression, else rules in the dialect in which they are right.
func sourceModule(name, body string) (*ast.Module, error) {
	if m := expressionModule(name, body); m != nil {
		return m, nil
	}
	const frame = "package " + sourcePackage + " " // on the body's own first line, so that lines are the body's
	m, err := parseModule(name, frame+body)
	list := ast.Errors{}
	if errors.As(err, &list) {
		for _, e := range list {
			if e.Location != nil && e.Location.Row == 1 {
				e.Location.Col = max(e.Location.Col-len(frame), 1)
			}
		}
	}
	return m, err
}

// expressionModule makes a rule result of a single expression, nil where the body is none.
func expressionModule(name, body string) *ast.Module {
	for _, version := range []ast.RegoVersion{ast.RegoV1, ast.RegoV0} {
		conditions, err := conditionsOf(name, body, version)
		if err != nil || len(conditions) != 1 || conditions[0].Negated || len(conditions[0].With) > 0 {
			continue
		}
		term, ok := conditions[0].Terms.(*ast.Term)
		if !ok {
			call, isCall := conditions[0].Terms.([]*ast.Term)
			if !isCall || conditions[0].IsAssignment() || conditions[0].IsEquality() {
				continue
			}
			term = &ast.Term{Value: ast.Call(call), Location: conditions[0].Location}
		}
		m := &ast.Module{Package: &ast.Package{Path: ast.Ref{ast.DefaultRootDocument, ast.StringTerm(sourcePackage)}}}
		m.SetRegoVersionSpan(ast.RegoVersionSpanOf(version))
		head := ast.RefHead(ast.Ref{ast.VarTerm("result")}, term)
		head.Assign, head.Location = true, conditions[0].Location
		m.Rules = append(m.Rules, &ast.Rule{Head: head, Body: ast.NewBody(ast.NewExpr(ast.BooleanTerm(true))), Module: m, Location: conditions[0].Location})
		return m
	}
	return nil
}
