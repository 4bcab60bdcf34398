//go:build crash

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/postee/postee/pkg/state"
)

// hooked kills the process without warning at the N-th update: POSTEE_CRASH=update:before:N or update:after:N.
func (a *app) hooked(store state.Store) state.Store {
	at := a.env("POSTEE_CRASH")
	cut := strings.LastIndexByte(at, ':')
	if cut < 0 {
		return store
	}
	left, err := strconv.Atoi(at[cut+1:])
	if err != nil {
		return store
	}
	return state.Faulty(store, func(op string) error {
		if op != at[:cut] {
			return nil
		}
		if left--; left == 0 {
			self, err := os.FindProcess(os.Getpid())
			if err != nil {
				return err
			}
			if err := self.Signal(syscall.SIGKILL); err != nil {
				return err
			}
			select {}
		}
		return nil
	})
}
