// Package policy is Rego, compiled once and asked often: whether a route lets a document pass.
//
// A policy is one or more files in package postee with rules allow; together they are one policy, and several allow are
// alternatives. It sees the document as input, with the normalised view under input.postee, and nothing else: no network, no
// environment, no file system, no clock and no chance, so that the same document is decided alike wherever and whenever.
// This is the only package that knows OPA.
package policy

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Options says what a policy may take.
type Options struct {
	// Timeout bounds one evaluation; zero is five seconds. Compilation has five seconds.
	Timeout time.Duration
	// Params are what policies find in data.params: values as JSON has them, as gopkg.in/yaml.v3 decodes them too. nil is none.
	Params map[string]any
	// Memory is by how much the process may grow during one evaluation; zero is 1 GiB.
	Memory uint64
}

// Policy is compiled Rego. Any number of goroutines may ask it at once. Nothing in it changes but that it is given up: one that
// exceeded a limit is not asked again.
type Policy struct {
	files    []string
	sum      []byte
	limits   bound
	compiler *ast.Compiler
	query    ast.Body
	builtins map[string]*topdown.Builtin
	needs    *Needs
	// exceeded is the limit that the policy exceeded, nil for none.
	exceeded atomic.Pointer[string]
}

// Compile reads and compiles the policy that patterns name: files, folders (every *.rego below them except *_test.rego and what
// is hidden), and globs. Its error joins all problems (errors.Join), each "FILE:LINE:COL: text" where a place is known. It ends
// with ctx, and after five seconds, whatever is read or compiled then.
func Compile(ctx context.Context, patterns []string, o Options) (*Policy, error) {
	return compile(ctx, "", func(ctx context.Context, sum hash.Hash) (*Policy, error) {
		files, problems := find(patterns)
		var modules []*ast.Module
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			m, errs := load(file, sum)
			if problems = append(problems, errs...); m != nil {
				modules = append(modules, m)
			}
		}
		if len(problems) > 0 {
			return nil, errors.Join(problems...)
		}
		return link(files, modules, o, sum)
	})
}

// CompileSource compiles the body of a single rule allow: lines that must all hold. Errors, and Where, give places as NAME:LINE,
// with lines counted from the first of the body. It ends as [Compile] does.
func CompileSource(ctx context.Context, name, body string, o Options) (*Policy, error) {
	return compile(ctx, name+": ", func(_ context.Context, sum hash.Hash) (*Policy, error) {
		m, errs := parseBody(name, body)
		if len(errs) > 0 {
			return nil, errors.Join(errs...)
		}
		digest(sum, name, []byte(body))
		return link([]string{name}, []*ast.Module{m}, o, sum)
	})
}

// compile bounds the work of making a policy, which takes its texts into sum; of says whose, in front of an error.
func compile(ctx context.Context, of string, work func(ctx context.Context, sum hash.Hash) (*Policy, error)) (*Policy, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	limits := Options{}.bound()
	p, err := within(ctx, limits, func(ctx context.Context) (*Policy, error) {
		sum := sha256.New()
		p, err := work(ctx, sum)
		if err == nil {
			p.sum = sum.Sum(nil)
		}
		return p, err
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%snot compiled within %v: write it shorter: %w", of, limits.timeout, err)
	case errors.Is(err, errMemory):
		return nil, fmt.Errorf("%snot compiled within %s of memory: write it shorter", of, size(limits.memory))
	}
	return p, err
}

// Sum returns a hash of the texts that the policy was made of, and of their names.
func (p *Policy) Sum() []byte { return p.sum }

// Files returns the names of the files that the policy was made of, as the patterns led to them; of a body its name.
func (p *Policy) Files() []string { return slices.Clone(p.files) }

// Needs returns which parts of a document the policy looks at.
func (p *Policy) Needs() *Needs { return p.needs }

// link makes one policy of parsed modules; each keeps its own dialect.
func link(files []string, modules []*ast.Module, o Options, sum hash.Hash) (*Policy, error) {
	if errs := checkTogether(files, modules); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return linkFor(allowRef(), files, modules, o, sum)
}

// linkFor makes what answers with the value of a reference.
func linkFor(asked ast.Ref, files []string, modules []*ast.Module, o Options, sum hash.Hash) (*Policy, error) {
	compiler := ast.NewCompiler().WithCapabilities(capabilities()).SetErrorLimit(0).
		WithStageAfterID(ast.StageCheckTypes, ast.CompilerStageDefinition{Name: "CheckSizes", MetricName: "sizes", Stage: checkSizes}).
		WithStageAfterID(ast.StageCheckDeprecatedBuiltins, ast.CompilerStageDefinition{Name: "GuardBuiltins", MetricName: "guard", Stage: guardAll})
	named := make(map[string]*ast.Module, len(modules))
	for i, m := range modules {
		named[files[i]] = m
	}
	if err := o.addData(named, sum); err != nil {
		return nil, err
	}
	if compiler.Compile(named); compiler.Failed() {
		return nil, errors.Join(problems(files[0], compiler.Errors)...)
	}
	if errs := append(unknownParams(files, modules, o.Params), unknownSeverities(files, modules, o.Params)...); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	// The answer is bound to a variable, so that an answer of false differs from no answer and from one that is no boolean.
	query, err := compiler.QueryCompiler().Compile(ast.NewBody(ast.Equality.Expr(
		ast.NewTerm(asked), ast.VarTerm(string(answer)),
	)))
	if err != nil {
		return nil, errors.Join(problems(files[0], err)...)
	}
	return &Policy{
		files: files, limits: o.bound(), compiler: compiler, query: query, builtins: guards(), needs: needsOf(compiler.Modules),
	}, nil
}

// allowRef returns data.postee.allow, which every evaluation asks for.
func allowRef() ast.Ref {
	return ast.Ref{ast.DefaultRootDocument, ast.StringTerm("postee"), ast.StringTerm("allow")}
}
