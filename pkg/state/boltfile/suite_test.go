package boltfile_test

import (
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/statetest"
)

// fresh opens a new state.
func fresh(t testing.TB) state.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "state.db"))
}

// TestSuite runs what every backend passes on a file, and on what may stand before one.
func TestSuite(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		statetest.Run(t, statetest.Backend{Open: fresh, Second: func(t testing.TB, s state.Store) state.Store {
			return open(t, state.MaintenanceOf(s).Path())
		}})
	})
	if s := fresh(t); !s.Durable() || state.MaintenanceOf(s) == nil || state.MaintenanceOf(state.Overlay(s)) != nil || state.Overlay(s).Durable() {
		t.Error("a file lasts, and can be maintained; what stands in memory above it does not, and cannot")
	}
	t.Run("overlay", func(t *testing.T) {
		statetest.Run(t, statetest.Backend{Open: func(t testing.TB) state.Store { return state.Overlay(fresh(t)) }})
	})
	if s := state.Faulty(fresh(t), nil); !s.Durable() || state.MaintenanceOf(s) == nil {
		t.Error("a store that fails hides what it wraps")
	}
	t.Run("faulty", func(t *testing.T) {
		statetest.Run(t, statetest.Backend{Open: func(t testing.TB) state.Store {
			return state.Faulty(fresh(t), func(string) error { return nil })
		}})
	})
}
