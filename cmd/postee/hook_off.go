//go:build !crash

package main

import "github.com/postee/postee/pkg/state"

// hooked is the store as it is: only a binary built for crash tests (-tags crash) puts something around it.
func (a *app) hooked(store state.Store) state.Store { return store }
