package statetest

import (
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
)

// testClockAndRetryAfter: what a target asked for counts, unless the clock of the run that wrote it down was wrong.
func testClockAndRetryAfter(t *testing.T, k Backend) {
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
			s := k.open(t)
			e := Entry("k", "lane")
			e.NotBefore = Noon().Add(c.ahead)
			me := Me(t, s)
			if got := Admit(t, s, me, e); (got[0].Claim.Owner == 0) != c.waits {
				t.Errorf("born with claim %+v", got[0].Claim)
			}
			s.Time = Noon().Add(-time.Second) // before the claim that it may have been born with: that one is void
			if c.ahead == 24*time.Hour {
				return // seen from a second earlier, it lies too far ahead
			}
			if keys := ClaimAll(t, s, me); (keys == nil) != c.waits {
				t.Errorf("claimed %v", keys)
			}
		})
	}
}

// testRetryAfterIsStoredForADayAtMost: a run does not write down a longer wait, and a run whose clock was a year ahead
// freezes nothing.
func testRetryAfterIsStoredForADayAtMost(t *testing.T, k Backend) {
	s := k.open(t)
	me, wrong := Me(t, s), Noon().AddDate(1, 0, 0)
	s.Time = wrong
	e := Admit(t, s, me, Entry("k", "lane"))[0]
	e.NotBefore = wrong.Add(100 * time.Hour)
	if _, err := Settle(t, s, me, state.Settlement{Entry: e, Outcome: state.Released}); err != nil {
		t.Fatal(err)
	}
	View(t, s, func(tx state.Tx) error {
		for e, err := range state.Entries(tx, false) {
			if err != nil || e.NotBefore.After(wrong.Add(24*time.Hour)) {
				t.Errorf("not before %v, %v", e.NotBefore, err)
			}
		}
		return nil
	})
	s.Time = Noon()
	if keys := ClaimAll(t, s, me); len(keys) != 1 {
		t.Error("a wait until next year is kept")
	}
}

// testClockAndHandOver: the next of a lane is handed over although a wrong clock made it wait.
func testClockAndHandOver(t *testing.T, k Backend) {
	s := k.open(t)
	me := Me(t, s)
	second := Entry("b", "lane")
	second.NotBefore = Noon().AddDate(1, 0, 0)
	both := Admit(t, s, me, Entry("a", "lane"), second)
	next, err := Settle(t, s, me, state.Settlement{Entry: both[0], Outcome: state.Confirmed})
	if err != nil || next == nil || next.Key != "b" {
		t.Errorf("%v, %v", next, err)
	}
}

// testClockSetBackFreesClaims: a claim from the future counts for nothing, its owner alive or not.
func testClockSetBackFreesClaims(t *testing.T, k Backend) {
	s := k.open(t)
	s.Time = Noon().AddDate(1, 0, 0)
	Admit(t, s, Me(t, s), Entry("a", "a"))
	s.Time = Noon()
	if keys := ClaimAll(t, s, Me(t, s)); len(keys) != 1 {
		t.Error("a claim from next year holds")
	}
}
