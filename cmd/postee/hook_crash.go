//go:build crash

package main

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/postee/postee/pkg/state"
)

// hooked kills the process without warning at the N-th of its transactions with the state: POSTEE_CRASH=OP:WHEN:N, OP view or
// update, WHEN before or after. POSTEE_CRASH_BY says by what it dies instead: see die. POSTEE_STOP=update:inside:N stops it (SIGSTOP) while it holds the lock.
func (a *app) hooked(store state.Store) state.Store {
	if nth := countdown(a.env("POSTEE_STOP"), "update:inside"); nth != nil {
		store = &stopping{store, nth}
	}
	at := a.env("POSTEE_CRASH")
	op := at[:max(strings.LastIndexByte(at, ':'), 0)]
	nth := countdown(at, op)
	if nth == nil {
		return store
	}
	return state.Faulty(store, func(now string) error {
		if now != op || !nth() {
			return nil
		}
		return a.die()
	})
}

// die ends the process as POSTEE_CRASH_BY says: "memory" takes more of it than there is, "panic" is one outside the main goroutine,
// "quit" is the signal that the runtime answers with a trace, and "" is SIGKILL.
func (a *app) die() error {
	var err error
	switch a.env("POSTEE_CRASH_BY") {
	case "memory":
		for held := [][]byte(nil); ; {
			held = append(held, make([]byte, 64<<20))
		}
	case "panic":
		go func() { panic("asked for by POSTEE_CRASH_BY") }()
	case "quit":
		err = syscall.Kill(os.Getpid(), syscall.SIGQUIT)
	default:
		err = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	if err != nil {
		return err
	}
	select {}
}

// countdown reads OP:N, and returns what is true at the N-th call; nil when the value is about something else.
func countdown(value, op string) func() bool {
	number, ok := strings.CutPrefix(value, op+":")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil {
		return nil
	}
	var count atomic.Int64
	return func() bool { return count.Add(1) == n }
}

// stopping is a store whose process stops within an update.
type stopping struct {
	state.Store
	now func() bool
}

// Unwrap returns the store whose process is stopped.
func (s *stopping) Unwrap() state.Store { return s.Store }

// Update runs the store's; what it wrote is stored when the process goes on.
func (s *stopping) Update(ctx context.Context, fn func(state.Tx) error) error {
	return s.Store.Update(ctx, func(tx state.Tx) error {
		if err := fn(tx); err != nil || !s.now() {
			return err
		}
		// The system may let this thread run on for a moment, which is enough for a commit: it waits until the process goes on.
		goesOn := make(chan os.Signal, 1)
		signal.Notify(goesOn, syscall.SIGCONT)
		defer signal.Stop(goesOn)
		if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
			return err
		}
		<-goesOn
		return nil
	})
}
