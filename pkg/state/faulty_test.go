package state_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/statetest"
)

// increment reads outside the transaction that writes, as an admission does.
func increment(ctx context.Context, s state.Store) error {
	for {
		var r state.Record
		err := s.View(ctx, func(tx state.Tx) (err error) {
			r, err = state.Load(tx, "counter")
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
func counter(t *testing.T, s state.Store) (n uint64) {
	statetest.View(t, s, func(tx state.Tx) error {
		r, err := state.Load(tx, "counter")
		if len(r.Routes) > 0 {
			n = r.Routes[0].Number
		}
		return err
	})
	return n
}
func TestFaulty(t *testing.T) {
	s := state.Memory()
	boom := errors.New("boom")
	for _, at := range []string{"update:before", "update:after"} {
		f := state.Faulty(s, func(op string) error {
			if op == at {
				return boom
			}
			return nil
		})
		if err := increment(t.Context(), f); !errors.Is(err, boom) {
			t.Error(err)
		}
	}
	if n := counter(t, s); n != 1 {
		t.Errorf("stored %d times, want once: the fault after comes when all is stored", n)
	}
}

// BenchmarkClaimNothing looks through 4,096 entries of which none can be claimed.
func BenchmarkClaimNothing(b *testing.B) {
	s := state.Memory()
	var all []state.Entry
	for i := range 4096 {
		all = append(all, statetest.Entry(fmt.Sprint(i), fmt.Sprint(i)))
	}
	statetest.Admit(b, s, state.Claimant{}, all...)
	me := statetest.Me(b, s)
	for b.Loop() {
		statetest.ClaimEntries(b, s, me, func(*state.Entry) bool { return false })
	}
}
