package state_test

import (
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
)

// TestClockAndRetryAfter: what a target asked for counts, unless the clock of the run that wrote it down was wrong.
func TestClockAndRetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		ahead time.Duration
		waits bool
	}{
		"past":           {-time.Minute, false},
		"a minute":       {time.Minute, true},
		"a day":          {24 * time.Hour, true},
		"more than that": {24*time.Hour + time.Second, false},
		"a year":         {365 * 24 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			backends(t, func(t *testing.T, s state.Store) {
				e := entry("k", "lane")
				e.NotBefore = noon.Add(c.ahead)
				me := claimant(t, s, noon)
				if got := admit(t, s, me, e); (got[0].Claim.Owner == 0) != c.waits {
					t.Errorf("born with claim %+v", got[0].Claim)
				}
				me.Now = noon.Add(-time.Second) // before the claim that it may have been born with: that one is void
				if e.NotBefore = noon.Add(c.ahead); c.ahead == 24*time.Hour {
					return // seen from a second earlier, it lies too far ahead
				}
				if keys := claimAll(t, s, me); (keys == nil) != c.waits {
					t.Errorf("claimed %v", keys)
				}
			})
		})
	}
}

// TestRetryAfterIsStoredForADayAtMost: a run does not write down a longer wait, and a run whose clock was a year ahead
// freezes nothing.
func TestRetryAfterIsStoredForADayAtMost(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		wrong := claimant(t, s, noon.AddDate(1, 0, 0))
		e := admit(t, s, wrong, entry("k", "lane"))[0]
		e.NotBefore = wrong.Now.Add(100 * time.Hour)
		if _, err := settle(t, s, wrong, state.Settlement{Entry: e, Outcome: state.Released}); err != nil {
			t.Fatal(err)
		}
		view(t, s, func(tx state.Tx) error {
			for e, err := range state.Entries(tx, false) {
				if err != nil || e.NotBefore.After(wrong.Now.Add(24*time.Hour)) {
					t.Errorf("not before %v, %v", e.NotBefore, err)
				}
			}
			return nil
		})
		right := claimant(t, s, noon)
		if keys := claimAll(t, s, right); len(keys) != 1 {
			t.Error("a wait until next year is kept")
		}
	})
}

// TestClockAndHandOver: the next of a lane is handed over although a wrong clock made it wait.
func TestClockAndHandOver(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		me := claimant(t, s, noon)
		second := entry("b", "lane")
		second.NotBefore = noon.AddDate(1, 0, 0)
		both := admit(t, s, me, entry("a", "lane"), second)
		next, err := settle(t, s, me, state.Settlement{Entry: both[0], Outcome: state.Confirmed})
		if err != nil || next == nil || next.Key != "b" {
			t.Errorf("%v, %v", next, err)
		}
	})
}

// TestClockSetBackFreesClaims: a claim from the future counts for nothing, its owner alive or not.
func TestClockSetBackFreesClaims(t *testing.T) {
	backends(t, func(t *testing.T, s state.Store) {
		ahead := claimant(t, s, noon.AddDate(1, 0, 0))
		admit(t, s, ahead, entry("a", "a"))
		if keys := claimAll(t, s, claimant(t, s, noon)); len(keys) != 1 {
			t.Error("a claim from next year holds")
		}
	})
}
