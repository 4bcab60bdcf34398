package statetest

import (
	"context"
	"errors"
	"testing"

	"github.com/postee/postee/pkg/state"
)

// counted is the subject whose messages [Increment] counts.
const counted = "counter"

// Increment adds one to a number in the state. It reads outside the transaction that writes, as an admission does, and begins again
// when somebody else was faster.
func Increment(ctx context.Context, s state.Store) error {
	for {
		var r state.Record
		err := s.View(ctx, func(tx state.Tx) (err error) {
			r, err = state.Load(tx, counted)
			return err
		})
		if err != nil {
			return err
		}
		if r.Routes == nil {
			r.Routes = []state.RouteState{{Route: "r"}}
		}
		r.Routes[0].Number++
		err = s.Update(ctx, func(tx state.Tx) error {
			return state.Admit(tx, state.Claimant{}, &state.Admission{Records: []state.Record{r}})
		})
		if !errors.Is(err, state.ErrStale) {
			return err
		}
	}
}

// Counter returns the number that [Increment] counts.
func Counter(t testing.TB, s state.Store) (n uint64) {
	t.Helper()
	View(t, s, func(tx state.Tx) error {
		r, err := state.Load(tx, counted)
		if len(r.Routes) > 0 {
			n = r.Routes[0].Number
		}
		return err
	})
	return n
}
