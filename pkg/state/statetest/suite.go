// Package statetest is the suite that every backend of the state passes, and what tests fill a state with.
package statetest

import (
	"context"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
)

// Backend is a kind of store under test.
type Backend struct {
	// Open makes an empty state, which is closed and removed with the test.
	Open func(t testing.TB) state.Store
	// Second opens the state of a store once more, as another process does; nil where no other process can have it.
	Second func(t testing.TB, s state.Store) state.Store
}

// open makes an empty state whose clock the test sets.
func (k Backend) open(t testing.TB) *Clock {
	t.Helper()
	return &Clock{Store: k.Open(t), Time: Noon()}
}

// Run runs the suite.
func Run(t *testing.T, k Backend) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Backend)
	}{
		{"Verbs", testVerbs}, {"Many", testMany}, {"Time", testTime}, {"Records", testRecords}, {"StaleStoresNothing", testStaleStoresNothing},
		{"Names", testNames}, {"Known", testKnown}, {"KnownBesideNothing", testKnownBesideNothing}, {"KnownNoMore", testKnownNoMore}, {"KnownOfOtherDays", testKnownOfOtherDays}, {"BlobsLiveWithTheirEntries", testBlobsLiveWithTheirEntries},
		{"BornClaimed", testBornClaimed}, {"OnlyHeadsAreClaimed", testOnlyHeadsAreClaimed}, {"WalkGoesOn", testWalkGoesOn}, {"Leases", testLeases}, {"Unsure", testUnsure},
		{"Progress", testProgress}, {"Told", testTold}, {"DeadAndRevived", testDeadAndRevived}, {"LocalEntriesDieWithTheirRun", testLocalEntriesDieWithTheirRun},
		{"Admitter", testAdmitter},
		{"ClockAndRetryAfter", testClockAndRetryAfter}, {"RetryAfterIsStoredForADayAtMost", testRetryAfterIsStoredForADayAtMost},
		{"ClockAndHandOver", testClockAndHandOver}, {"ClockSetBackFreesClaims", testClockSetBackFreesClaims},
		{"PruneByDay", testPruneByDay}, {"PruneProperty", testPruneProperty}, {"PruneTakesReceipts", testPruneTakesReceipts},
		{"PruneSeesOthers", testPruneSeesOthers}, {"ClosedStateLosesItsClaims", testClosedStateLosesItsClaims},
		{"DigestOfANumber", testDigestOfANumber}, {"DigestsOfALongQueue", testDigestsOfALongQueue}, {"QueueLosesNothing", testQueueLosesNothing},
		{"DropFromALongQueue", testDropFromALongQueue}, {"PruneSparesQueues", testPruneSparesQueues}, {"QueueOfTheSame", testQueueOfTheSame},
		{"QueueLeavesTwinsOut", testQueueLeavesTwinsOut}, {"DigestKeysTellAllMembers", testDigestKeysTellAllMembers},
		{"DigestsAreNotTooLarge", testDigestsAreNotTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, k) })
	}
}

// Clock is a store with another clock: claims begin and end by Time.
type Clock struct {
	state.Store
	Time time.Time
}

// Unwrap returns the store behind the clock.
func (c *Clock) Unwrap() state.Store { return c.Store }

// View runs the store's at the clock's time.
func (c *Clock) View(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.View(ctx, func(tx state.Tx) error { return fn(At(tx, c.Time)) })
}

// Update runs the store's at the clock's time.
func (c *Clock) Update(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.Update(ctx, func(tx state.Tx) error { return fn(At(tx, c.Time)) })
}

// At returns a transaction at another time.
func At(tx state.Tx, now time.Time) state.Tx { return &timed{tx, now} }

// timed is a transaction at a time. It passes on what else a transaction may be.
type timed struct {
	state.Tx
	now time.Time
}

// Now returns the time that was set.
func (t *timed) Now() time.Time { return t.now }

// Reserve reserves where there is anything to reserve.
func (t *timed) Reserve(bytes int64) error {
	if r, ok := t.Tx.(state.Reserver); ok {
		return r.Reserve(bytes)
	}
	return nil
}

// Remembers asks the transaction, if it remembers names.
func (t *timed) Remembers(fingerprint uint64) bool {
	c, ok := t.Tx.(state.NameCache)
	return ok && c.Remembers(fingerprint)
}

// Remember tells the transaction, if it remembers names.
func (t *timed) Remember(fingerprint uint64) {
	if c, ok := t.Tx.(state.NameCache); ok {
		c.Remember(fingerprint)
	}
}

// Exist asks the transaction the quicker way where it has one.
func (t *timed) Exist(bucket string, keys []string) ([]bool, error) {
	if p, ok := t.Tx.(state.Prober); ok {
		return p.Exist(bucket, keys)
	}
	there := make([]bool, len(keys))
	values, err := t.GetAll(bucket, keys)
	for i, v := range values {
		there[i] = v != nil
	}
	return there, err
}
