package state

import (
	"context"
	"errors"
	"time"
)

const (
	// sendForgets is how many subjects [UpkeepAfterSend] forgets at most, beside two for each that is kept.
	sendForgets = 1024
	// sendCompacts is how much a state may have in use so that it compacts: six milliseconds for a megabyte.
	sendCompacts = 8 << 20
	// evictions bounds how often subjects are evicted and the rest is measured again.
	evictions = 4
)

// Limits are what a state may grow to.
type Limits struct {
	// Age is how long a subject may go unseen; 0 is for ever.
	Age time.Duration
	// Size bounds what the state has in use, in bytes; 0 is no bound.
	Size int64
}

// Set reports whether there is any.
func (l Limits) Set() bool { return l.Age > 0 || l.Size > 0 }

// before is the first day, counted from 1970-01-01 UTC, that is not too long ago. A day is over before it counts.
func (l Limits) before(now time.Time) int64 {
	if l.Age <= 0 {
		return 0
	}
	return (now.Unix() - int64(l.Age/time.Second)) / 86400
}

// exceeded reports whether a state of that size is too large.
func (l Limits) exceeded(u Usage) bool { return l.Size > 0 && u.InUse > l.Size }

// Upkeep is what holding the limits has done.
type Upkeep struct {
	// Forgotten counts subjects. More reports whether some are left to be forgotten by [UpkeepAll].
	Forgotten int
	More      bool
	// Compacted are the compactions; NotCompacted is why one could not be made, nil where nothing went wrong: nothing is lost by it.
	Compacted    []Compacted
	NotCompacted error
	// Exceeded reports whether the size is still exceeded, with InUse bytes: what is left is kept or has messages.
	Exceeded bool
	InUse    int64
	// Postponed reports whether the size is exceeded until UpkeepAll compacts: it was too large to do so at once.
	Postponed bool
}

// UpkeepAfterSend holds the limits at the end of a run, so that it takes no time worth speaking of: it forgets some, never what is
// kept, and leaves the rest to the next. targets are those of [Bounds].
func UpkeepAfterSend(ctx context.Context, m Maintenance, now time.Time, l Limits, kept Kept, targets map[string][]string) (Upkeep, error) {
	var up Upkeep
	done, err := Prune(ctx, m, Bounds{
		Before: l.before(now), MaxBytes: l.Size, Limit: sendForgets + 2*len(kept), Kept: kept, Targets: targets,
	})
	up.Forgotten, up.More = done.Forgotten, done.Limited
	if err != nil || done.Forgotten == 0 && done.Short == 0 {
		return up, err
	}
	u, err := m.Usage(ctx)
	if err != nil {
		return up, err
	}
	if (u.Worth() || l.exceeded(u) && done.Forgotten > 0) && u.InUse <= sendCompacts {
		if err := up.compact(ctx, m); err != nil {
			return up, err
		}
	}
	if done.Short > 0 && u.InUse > sendCompacts {
		up.Postponed = true
		return up, nil
	}
	if done.Short > 0 {
		return up, up.measure(ctx, m, l)
	}
	return up, nil
}

// UpkeepAll holds all limits, and compacts when that is worth it, limits or not: for runs that may take a second. A state that
// is too large is compacted first: subjects are evicted, those unseen longest first, only when that is not enough, and then
// some more than needed, so that the next run need not begin again.
func UpkeepAll(ctx context.Context, m Maintenance, now time.Time, l Limits, targets map[string][]string) (Upkeep, error) {
	var up Upkeep
	done, err := Prune(ctx, m, Bounds{Before: l.before(now), Targets: targets})
	up.Forgotten = done.Forgotten
	if err != nil {
		return up, err
	}
	for range evictions {
		u, err := m.Usage(ctx)
		if err != nil || !l.exceeded(u) && !u.Worth() {
			return up, err
		}
		if err := up.compact(ctx, m); err != nil || up.NotCompacted != nil || !l.exceeded(u) {
			return up, err
		}
		done, err := Prune(ctx, m, Bounds{MaxBytes: l.Size, Goal: l.Size - l.Size/16, Targets: targets})
		up.Forgotten += done.Forgotten
		if err != nil {
			return up, err
		}
		if done.Forgotten == 0 {
			break
		}
	}
	return up, up.measure(ctx, m, l)
}

// compact compacts. What only keeps the state from becoming smaller is no error.
func (up *Upkeep) compact(ctx context.Context, m Maintenance) error {
	sizes, err := m.Compact(ctx)
	if unusable, ok := errors.AsType[*UnusableError](err); ok {
		up.NotCompacted = unusable
		return nil
	}
	if err == nil {
		up.Compacted = append(up.Compacted, sizes)
	}
	return err
}

// measure finds out whether the size is exceeded.
func (up *Upkeep) measure(ctx context.Context, m Maintenance, l Limits) error {
	u, err := m.Usage(ctx)
	up.Exceeded, up.InUse = l.exceeded(u), u.InUse
	return err
}
