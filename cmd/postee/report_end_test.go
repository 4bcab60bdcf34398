package main

import (
	"fmt"
	"testing"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/state"
)

// TestWhatWaitsForOthersIsCounted: however many messages wait for targets that a run does not have, their number is known without
// reading them; only where more wait for its own targets than it looks at, it is a lower bound.
func TestWhatWaitsForOthersIsCounted(t *testing.T) {
	s := &setup{Setup: &config.Setup{Targets: map[string]*config.Target{"mine": {}}}}
	for name, c := range map[string]struct {
		others, mine int
		want         int
		exact        bool
	}{
		"nothing":         {0, 0, 0, true},
		"many for others": {3 * leftoversRead, 10, 3*leftoversRead + 10, true}, // the setup has no route: it owns nothing
		"many for itself": {1, leftoversRead + 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := &state.Admission{}
			add := func(target string, n int) {
				for i := range n {
					a.Entries = append(a.Entries, state.Entry{Key: fmt.Sprint(target, i), Route: "r", Target: target, Subject: "s", Lane: fmt.Sprint(target, i)})
				}
			}
			add("other", c.others)
			add("mine", c.mine)
			store, seen := state.Memory(), &countedRange{}
			if err := store.Update(t.Context(), func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) }); err != nil {
				t.Fatal(err)
			}
			err := store.View(t.Context(), func(tx state.Tx) error {
				seen.Tx = tx
				n, exact, err := s.foreign(seen, len(a.Entries))
				if exact != c.exact || exact && n != c.want || n < c.want {
					t.Errorf("%d, exact %v; want %d, %v", n, exact, c.want, c.exact)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if most := min(c.mine, leftoversRead) + 5; seen.messages > most {
				t.Errorf("%d messages were read, want at most %d", seen.messages, most)
			}
		})
	}
}

// countedRange counts how many messages of the outbox are read.
type countedRange struct {
	state.Tx
	messages int
}

func (c *countedRange) Get(bucket, key string) ([]byte, error) {
	if bucket == state.BucketOut {
		c.messages++
	}
	return c.Tx.Get(bucket, key)
}
