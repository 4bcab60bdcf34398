package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/postee/postee/pkg/state"
)

// The exit statuses: scripts branch on them, so they never change their meaning.
const (
	exitOK          = 0
	exitGate        = 1
	exitUsage       = 2
	exitInput       = 3
	exitUndelivered = 4
	exitState       = 5
)

// usageError is wrong usage or configuration: nothing was read or sent.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usagef makes a usage error.
func usagef(hint, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), hint}
}

// inputError stops a run because of a file that everything else depends on.
type inputError struct{ err error }

func (e *inputError) Error() string { return e.err.Error() }
func (e *inputError) Unwrap() error { return e.err }

// stateError is a state that could not be opened, locked or written.
type stateError struct{ err error }

func (e *stateError) Error() string { return e.err.Error() }
func (e *stateError) Unwrap() error { return e.err }

// stateErrorOf marks an error as the state's, unless it is the user's.
func stateErrorOf(err error) error {
	if _, usage := errors.AsType[*usageError](err); usage || err == nil {
		return err
	}
	return &stateError{err}
}

// asStateError marks an error as the state's, unless it is the end of the run, which is told elsewhere.
func asStateError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return &stateError{err}
}

// isStateError reports whether the state has failed.
func isStateError(err error) bool {
	_, broken := errors.AsType[*stateError](err)
	return broken
}

// interruptError is the first SIGINT or SIGTERM.
type interruptError struct{ signal int }

func (e *interruptError) Error() string { return fmt.Sprintf("interrupted by signal %d", e.signal) }

// Is makes it an end of the context to whoever asks for that.
func (e *interruptError) Is(target error) bool { return target == context.Canceled }

// outcome is what a run has to say in its exit status; more than one may be true.
type outcome struct {
	gate, input, undelivered bool
	// warnOnly: --delivery-failure=warn.
	warnOnly bool
}

// status returns the exit status in its precedence: 2 and 5 stop the run, then an interrupt; otherwise the gate before input
// before delivery, so that a gate is never masked by a flaky network.
func status(ctx context.Context, o outcome, err error) int {
	var usage *usageError
	var broken *stateError
	var input *inputError
	var interrupted *interruptError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &broken) && !ended(broken):
		return exitState
	case errors.As(context.Cause(ctx), &interrupted):
		return 128 + interrupted.signal
	case o.gate:
		return exitGate
	case o.input, errors.As(err, &input):
		return exitInput
	case o.undelivered && !o.warnOnly:
		return exitUndelivered
	case err != nil:
		return exitUndelivered
	}
	return exitOK
}

// ended reports whether the end of the run, an interrupt or the deadline, ended the waiting for the state: nothing is wrong with it.
func ended(err error) bool {
	_, interrupted := errors.AsType[*interruptError](err)
	_, late := errors.AsType[deadlineError](err)
	return interrupted || late
}

// hintOf returns the way out of an error, "" when there is none to give.
func hintOf(err error) string {
	var usage *usageError
	if errors.As(err, &usage) {
		return usage.hint
	}
	var unusable *state.UnusableError
	if errors.As(err, &unusable) {
		return unusable.Hint
	}
	return ""
}

// exportError marks an error as the state's, unless it is one of what the export is written to. A reader that has gone away has what it wants.
func exportError(err error) error {
	var damaged *state.DamagedError
	var unusable *state.UnusableError
	var locked *state.LockedError
	switch {
	case gone(err):
		return nil
	case errors.As(err, &damaged), errors.As(err, &unusable), errors.As(err, &locked):
		return &stateError{err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return usagef("look at the disk's space", "the export cannot be written: %v", err)
}

// importError finds the exit status of what an import ends with.
func importError(ctx context.Context, err error) error {
	var bad *state.ImportError
	var unusable *state.UnusableError
	switch {
	case ctx.Err() != nil:
		return err
	case errors.As(err, &bad):
		return &inputError{err}
	case errors.Is(err, state.ErrNotEmpty) && errors.As(err, &unusable):
		return usagef(unusable.Hint, "%v", err)
	}
	return &stateError{err}
}
