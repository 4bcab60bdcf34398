package boltfile

import (
	"fmt"
	"runtime/debug"

	"github.com/postee/postee/pkg/state"
)

// guarded runs what touches the mapped file, and turns a fault (a page that is not there) and a panic of the database
// library (a page that makes no sense) into a DamagedError.
func guarded(place string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &state.DamagedError{Place: place, Reason: reasonOf(r)}
		}
	}()
	return fn()
}

// faultsOnly runs the caller's function: a fault is damage (it touches values that lie in the mapped file), any other panic
// is a mistake in this program and goes on.
func faultsOnly(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, fault := r.(interface{ Addr() uintptr }); !fault {
			panic(r)
		}
		err = &state.DamagedError{Place: "a value", Reason: reasonOf(r)}
	}()
	return fn()
}

// reasonOf words a panic shortly.
func reasonOf(r any) string {
	if _, fault := r.(interface{ Addr() uintptr }); fault {
		return "a page is not there"
	}
	s := fmt.Sprint(r)
	return "a page makes no sense: " + s[:min(len(s), 120)]
}
