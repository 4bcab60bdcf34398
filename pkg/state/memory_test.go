package state_test

import (
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/statetest"
)

// TestSuite runs what every backend passes in memory, and on what may stand before it.
func TestSuite(t *testing.T) {
	for name, open := range map[string]func(testing.TB) state.Store{
		"memory":             func(testing.TB) state.Store { return state.Memory() },
		"overlay of overlay": func(testing.TB) state.Store { return state.Overlay(state.Memory()) },
		"faulty":             func(testing.TB) state.Store { return state.Faulty(state.Memory(), func(string) error { return nil }) },
	} {
		if s := open(t); s.Durable() || state.MaintenanceOf(s) != nil {
			t.Errorf("%s lasts, or can be maintained", name)
		}
		t.Run(name, func(t *testing.T) { statetest.Run(t, statetest.Backend{Open: open}) })
	}
}
