// Package policy is Rego, compiled once and asked often: whether a route lets a document pass.
//
// A policy is one or more files in package postee with rules allow; together they are one policy, and several allow are
// alternatives. It sees the document as input, with the normalised view under input.postee, and nothing else: no network, no
// environment, no file system, no clock and no chance, so that the same document is decided alike wherever and whenever.
// This is the only package that knows OPA.
package policy

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
)

// defaultTimeout bounds an evaluation where Options.Timeout is zero.
const defaultTimeout = 5 * time.Second

// Options says how a policy is evaluated.
type Options struct {
	// Timeout bounds one evaluation; zero is five seconds.
	Timeout time.Duration
}

// Policy is compiled Rego. It never changes: any number of goroutines may ask it at once.
type Policy struct {
	files    []string
	limit    time.Duration
	compiler *ast.Compiler
	query    ast.Body
}

// Compile reads and compiles the policy that patterns name: files, folders (every *.rego below them except *_test.rego and what
// is hidden), and globs. Its error joins all problems (errors.Join), each "FILE:LINE:COL: text" where a place is known.
func Compile(ctx context.Context, patterns []string, o Options) (*Policy, error) {
	files, problems := find(patterns)
	var modules []*ast.Module
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, errs := load(file)
		if problems = append(problems, errs...); m != nil {
			modules = append(modules, m)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return link(files, modules, o)
}

// CompileSource compiles the body of a single rule allow: lines that must all hold. Errors, and Where, give places as NAME:LINE,
// with lines counted from the first of the body.
func CompileSource(ctx context.Context, name, body string, o Options) (*Policy, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m, errs := parseBody(name, body)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return link([]string{name}, []*ast.Module{m}, o)
}

// Files returns the names of the files that the policy was made of, as the patterns led to them; of a body its name.
func (p *Policy) Files() []string { return slices.Clone(p.files) }

// link makes one policy of parsed modules; each keeps its own dialect.
func link(files []string, modules []*ast.Module, o Options) (*Policy, error) {
	if errs := checkTogether(files, modules); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	compiler := ast.NewCompiler().WithCapabilities(capabilities()).SetErrorLimit(0)
	named := make(map[string]*ast.Module, len(modules))
	for i, m := range modules {
		named[files[i]] = m
	}
	if compiler.Compile(named); compiler.Failed() {
		return nil, errors.Join(problems(files[0], compiler.Errors)...)
	}
	// The answer is bound to a variable, so that an answer of false differs from no answer and from one that is no boolean.
	query, err := compiler.QueryCompiler().Compile(ast.NewBody(ast.Equality.Expr(
		ast.NewTerm(allowRef()), ast.VarTerm(string(answer)),
	)))
	if err != nil {
		return nil, errors.Join(problems(files[0], err)...)
	}
	limit := o.Timeout
	if limit <= 0 {
		limit = defaultTimeout
	}
	return &Policy{files: files, limit: limit, compiler: compiler, query: query}, nil
}

// allowRef is data.postee.allow, which every evaluation asks for.
func allowRef() ast.Ref {
	return ast.Ref{ast.DefaultRootDocument, ast.StringTerm("postee"), ast.StringTerm("allow")}
}
