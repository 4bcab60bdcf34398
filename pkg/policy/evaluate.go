package policy

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// answer is the variable of the query that holds the value of allow.
const answer = ast.Var("answer")

// Allow reports whether the policy lets a document pass. A rule that is undefined is false. It is an error when the document is
// no JSON, when allow is neither true nor false, when something fails on the way (a division by zero, a text that is no number,
// rules that contradict each other), or when the time limit passes (then it is context.DeadlineExceeded too).
func (p *Policy) Allow(ctx context.Context, in *Input) (bool, error) { return p.evaluate(ctx, in, nil) }

// Where names the first rule allow that held as FILE:LINE, else the default that allows. It is empty when the document does not
// pass. It evaluates anew, with a tracer, and is meant for explanations.
func (p *Policy) Where(ctx context.Context, in *Input) string {
	var w witness
	if ok, err := p.evaluate(ctx, in, &w); !ok || err != nil {
		return ""
	}
	rule := w.rule
	if rule == nil {
		rule = w.fallback
	}
	if rule == nil || rule.Location == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d", rule.Location.File, rule.Location.Row)
}

// evaluate asks the query. Rego is somebody else's program run by somebody else's machine: a panic in it ends as an error.
func (p *Policy) evaluate(ctx context.Context, in *Input, w *witness) (allowed bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			allowed, err = false, fmt.Errorf("%s: the evaluation broke off: %s", some(p.files), short(fmt.Sprint(r)))
		}
	}()
	if ctx.Err() != nil {
		return false, p.failure(ctx, ctx, ctx.Err())
	}
	term, err := in.value()
	if err != nil {
		return false, err
	}
	limited, stop := context.WithTimeout(ctx, p.limit)
	defer stop()
	cancel := topdown.NewCancel()
	defer context.AfterFunc(limited, cancel.Cancel)()

	query := topdown.NewQuery(p.query).WithCompiler(p.compiler).WithStore(void{}).WithInput(term).WithCancel(cancel).
		WithMetrics(metrics.NoOp()).WithStrictBuiltinErrors(true)
	if w != nil {
		query = query.WithQueryTracer(w)
	}
	var value ast.Value
	err = query.Iter(limited, func(r topdown.QueryResult) error {
		value = r[answer].Value
		return nil
	})
	if err != nil {
		return false, p.failure(ctx, limited, err)
	}
	if value == nil {
		return false, nil
	}
	b, ok := value.(ast.Boolean)
	if !ok {
		return false, fmt.Errorf("%s: allow is of type %s: it must be true or false", some(p.files), ast.ValueName(value))
	}
	return bool(b), nil
}

// failure says why an evaluation failed: the caller lost interest, the limit passed, or the policy is at fault.
func (p *Policy) failure(ctx, limited context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", some(p.files), ctx.Err())
	}
	if limited.Err() != nil {
		return fmt.Errorf("%s: no decision within %v, the time limit for one document: %w", some(p.files), p.limit, limited.Err())
	}
	if e, ok := errors.AsType[*topdown.Error](err); ok {
		return at(some(p.files), e.Location, e.Message)
	}
	return fmt.Errorf("%s: %w", some(p.files), err)
}

// witness sees which rule allow holds.
type witness struct{ rule, fallback *ast.Rule }

// Enabled is true: a witness is only called where it is wanted.
func (w *witness) Enabled() bool { return true }

// Config asks for no variables.
func (w *witness) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent remembers the first rule that is left with success.
func (w *witness) TraceEvent(e topdown.Event) {
	rule, ok := e.Node.(*ast.Rule)
	if !ok || e.Op != topdown.ExitOp || !isAllow(rule) {
		return
	}
	if rule.Default {
		w.fallback = rule
	} else if w.rule == nil {
		w.rule = rule
	}
}
