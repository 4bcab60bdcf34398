package state_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/statetest"
)

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
		if err := statetest.Increment(t.Context(), f); !errors.Is(err, boom) {
			t.Error(err)
		}
	}
	if n := statetest.Counter(t, s); n != 1 {
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
