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
// rules that contradict each other), or when a limit is exceeded (of time, then it is context.DeadlineExceeded too; of memory).
// A policy that exceeded one is given up: from then on the answer is [ErrGivenUp].
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

// evaluate asks the query, within the limits, for a truth value.
func (p *Policy) evaluate(ctx context.Context, in *Input, w *witness) (bool, error) {
	value, err := p.value(ctx, in, w)
	if err != nil || value == nil {
		return false, err
	}
	b, ok := value.(ast.Boolean)
	if !ok {
		return false, fmt.Errorf("%s: allow is of type %s: it must be true or false", some(p.files), ast.ValueName(value))
	}
	return bool(b), nil
}

// value asks the query, within the limits; nil is that the answer is undefined.
func (p *Policy) value(ctx context.Context, in *Input, w *witness) (ast.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", some(p.files), err)
	}
	if why := p.exceeded.Load(); why != nil {
		return nil, fmt.Errorf("%s: %w: an earlier document took %s", some(p.files), ErrGivenUp, *why)
	}
	if !in.doc.needs.covers(p.needs) {
		return nil, fmt.Errorf("%s: %w", some(p.files), errUnneeded)
	}
	term, err := in.await(ctx)
	if err != nil {
		return nil, err
	}
	var seen witness
	value, err := within(ctx, p.limits, func(ctx context.Context) (ast.Value, error) {
		return p.ask(ctx, term, &seen, w != nil)
	})
	if err != nil {
		return nil, p.failure(ctx, err)
	}
	if w != nil {
		*w = seen
	}
	return value, nil
}

// ask returns the value of allow, nil when it is undefined. With trace, w sees how it came about.
func (p *Policy) ask(ctx context.Context, term *ast.Term, w *witness, trace bool) (value ast.Value, err error) {
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()
	query := topdown.NewQuery(p.query).WithCompiler(p.compiler).WithStore(void{}).WithInput(term).WithCancel(cancel).
		WithBuiltins(p.builtins).WithMetrics(metrics.NoOp()).WithStrictBuiltinErrors(true)
	if trace {
		query = query.WithQueryTracer(w)
	}
	err = query.Iter(ctx, func(r topdown.QueryResult) error {
		value = r[answer].Value
		return nil
	})
	return value, err
}

// failure says why an evaluation failed: the caller lost interest, a limit was exceeded, or the policy is at fault.
func (p *Policy) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", some(p.files), ctx.Err())
	}
	// An evaluation that noticed its end itself says so in OPA's words.
	if topdown.IsCancel(err) {
		err = context.DeadlineExceeded
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		p.exceeded.Store(new(fmt.Sprintf("more than %v", p.limits.timeout)))
		return fmt.Errorf("%s: no decision within %v, the time limit for one document; not asked again in this run: %w", some(p.files), p.limits.timeout, err)
	case errors.Is(err, errMemory):
		p.exceeded.Store(new(fmt.Sprintf("more than %s of memory", size(p.limits.memory))))
		return fmt.Errorf("%s: no decision within %s of memory, the limit for one document; not asked again in this run", some(p.files), size(p.limits.memory))
	}
	if e, ok := errors.AsType[*topdown.Error](err); ok {
		return at(some(p.files), e.Location, unguarded(e.Message))
	}
	return fmt.Errorf("%s: %w", some(p.files), err)
}

// witness sees which rule allow holds.
type witness struct{ rule, fallback *ast.Rule }

// Enabled reports true: a witness is only called where it is wanted.
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
