package policy

import (
	"embed"
	"encoding/json"
	"fmt"
	"hash"
	"os"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// library has the ready filters, which are policies, and the functions that policies can ask.
//
//go:embed filters/*.rego
var library embed.FS

// functions is the file of the functions, and their package below data.postee.
const (
	functions     = "filter.rego"
	functionsName = "filter"
)

// Ready reports whether there is a ready filter of that name: "Policy-Min-Vulnerability.rego".
func Ready(name string) bool {
	if name == functions || strings.ContainsAny(name, "/\\") {
		return false
	}
	_, err := library.ReadFile("filters/" + name)
	return err == nil
}

// source reads a policy's text: a file's, or that of a ready filter, which goes by its name alone.
func source(file string) ([]byte, error) {
	if Ready(file) {
		return library.ReadFile("filters/" + file)
	}
	return os.ReadFile(file)
}

// addData puts beside modules what they can refer to: parameters, and the functions where any of them are asked.
func (o *Options) addData(named map[string]*ast.Module, sum hash.Hash) error {
	asked := false
	for _, m := range named {
		asked = asked || asks(m)
	}
	if asked {
		text, err := library.ReadFile("filters/" + functions)
		if err != nil {
			return err
		}
		m, err := parseAs(functions, string(text), ast.RegoV1)
		if err != nil {
			return err
		}
		named["postee/"+functions] = m
	}
	if len(o.Params) == 0 {
		return nil
	}
	text, err := json.Marshal(o.Params)
	if err != nil {
		return fmt.Errorf("params: values that JSON does not have: %w", err)
	}
	digest(sum, paramsName, text)
	named[paramsName], err = paramsModule(o.Params)
	return err
}

// asks reports whether a module refers to the functions.
func asks(m *ast.Module) (found bool) {
	ast.WalkRefs(m, func(ref ast.Ref) bool {
		found = found || len(ref) > 1 && ref.HasPrefix(ast.MustParseRef("data.postee."+functionsName))
		return found
	})
	return found
}

// paramsName is what parameters are called below data.
const paramsName = "params"

// paramsModule makes a module of parameters: a rule for each.
func paramsModule(params map[string]any) (*ast.Module, error) {
	m := &ast.Module{Package: &ast.Package{Path: ast.Ref{ast.DefaultRootDocument, ast.StringTerm(paramsName)}}}
	m.SetRegoVersionSpan(ast.RegoVersionSpanOf(ast.RegoV1))
	for key, value := range params {
		v, err := ast.InterfaceToValue(value)
		if err != nil {
			return nil, fmt.Errorf("params: %s: %w", key, err)
		}
		head := ast.RefHead(ast.Ref{ast.VarTerm(key)}, ast.NewTerm(v))
		head.Assign = true
		m.Rules = append(m.Rules, &ast.Rule{Head: head, Body: ast.NewBody(ast.NewExpr(ast.BooleanTerm(true))), Module: m})
	}
	return m, nil
}

// unknownParams finds references to parameters that there are not: they would be undefined for ever.
func unknownParams(files []string, modules []*ast.Module, params map[string]any) (errs []error) {
	for i, m := range modules {
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			if len(ref) < 3 || !ref.HasPrefix(ast.Ref{ast.DefaultRootDocument, ast.StringTerm(paramsName)}) {
				return false
			}
			name, ok := ref[2].Value.(ast.String)
			if _, known := params[string(name)]; ok && !known {
				errs = append(errs, at(files[i], ref[0].Location, fmt.Sprintf("data.params has no %s: write %[1]s: … under params", string(name))))
			}
			return false
		})
	}
	return errs
}

// unknownSeverities finds what the functions are asked about and is no severity, as a text or as a parameter: it would hold for nothing.
func unknownSeverities(files []string, modules []*ast.Module, params map[string]any) (errs []error) {
	for i, m := range modules {
		ast.WalkExprs(m, func(e *ast.Expr) bool {
			if !e.IsCall() || len(e.Operands()) != 1 || !slices.Contains(ofSeverities(), e.Operator().String()) {
				return false
			}
			asked := e.Operand(0)
			word, known := asked.Value.(ast.String)
			if ref, ok := asked.Value.(ast.Ref); ok && len(ref) == 3 && ref.HasPrefix(ast.Ref{ast.DefaultRootDocument, ast.StringTerm(paramsName)}) {
				if key, isKey := ref[2].Value.(ast.String); isKey {
					var text string
					text, known = params[string(key)].(string)
					word = ast.String(text)
				}
			}
			if known && !slices.Contains(severities(), strings.ToLower(string(word))) {
				errs = append(errs, at(files[i], asked.Location, fmt.Sprintf("there is no severity %q: there are %s", string(word), strings.Join(severities(), ", "))))
			}
			return false
		})
	}
	return errs
}

// ofSeverities returns the functions that take a severity.
func ofSeverities() []string {
	const within = "data.postee." + functionsName + "."
	return []string{within + "severity", within + "fixable", within + "open"}
}

// severities returns the words that they know.
func severities() []string {
	return []string{"critical", "high", "medium", "low", "negligible", "unknown"}
}
