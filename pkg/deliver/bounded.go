package deliver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// Limits behind the end of a run, for what does not see it.
const (
	// patience is how long a target's code may go on when the context of all attempts has ended.
	patience = time.Second
	// lastWrites is how long the state is waited for after the grace, or after the deadline: longer than patience, because what
	// came of the last attempts must still be written down.
	lastWrites = patience + 500*time.Millisecond
)

// bounded runs a target's code and leaves it behind when it goes on although ctx has ended: what never returns would keep the
// process. The message then counts as not sent.
func bounded[T any](ctx context.Context, call func() (T, error)) (result T, err error) {
	done := make(chan error, 1)
	var returned T
	go func() {
		var err error
		returned, err = guard(call)
		done <- err
	}()
	select {
	case err := <-done:
		return returned, err
	case <-ctx.Done():
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		return returned, err
	case <-timer.C:
		return result, context.Cause(ctx)
	}
}

// guard turns a panic of a sink into an error of one message: it would end every later run too. Its value is not shown,
// because nobody has taken the secrets out of it.
func guard[T any](call func() (T, error)) (result T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &sinks.Failure{Verdict: sinks.Dead, Err: fmt.Errorf("the target's code failed on this message (%T): please report it", v)}
		}
	}()
	return call()
}

// abortAfter ends all attempts when the grace of an interrupt is over, and then the waiting for the state. The timers are left to run
// out when all ends sooner: ending what has ended does nothing.
func (d *Deliverer) abortAfter(cause error) {
	grace, abort, giveUp := d.o.Grace, d.abort, d.giveUp
	if grace < 0 || errors.Is(cause, context.DeadlineExceeded) {
		grace = 0
		abort(errInterrupted)
	} else {
		time.AfterFunc(grace, func() { abort(errInterrupted) })
	}
	time.AfterFunc(grace+lastWrites, giveUp)
}
