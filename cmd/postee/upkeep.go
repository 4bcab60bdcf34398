package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/postee/postee/pkg/state"
)

const (
	// sendForgets is how many subjects a send forgets at most, beside two for each that it has seen.
	sendForgets = 1024
	// sendCompacts is how much a state may have in use so that a send compacts it: six milliseconds for a megabyte.
	sendCompacts = 8 << 20
	// evictions bounds how often subjects are evicted and the rest is measured again.
	evictions = 4
)

// bounds are what the configuration, or a command, says of the state's size.
type bounds struct {
	// age is how long a subject may go unseen; 0 is for ever.
	age time.Duration
	// size bounds what the state has in use, in bytes; 0 is no bound.
	size int64
}

// set reports whether there is any.
func (b bounds) set() bool { return b.age > 0 || b.size > 0 }

// before is the first day, counted from 1970-01-01 UTC, that is not too long ago. A day is over before it counts.
func (b bounds) before(now time.Time) int64 {
	if b.age <= 0 {
		return 0
	}
	return (now.Unix() - int64(b.age/time.Second)) / 86400
}

// keep makes the engine remember whom this run is about, when something may be forgotten at its end.
func (s *sendRun) keep() state.Kept {
	if s.options.dryRun || !s.setup.bounds().set() {
		return nil
	}
	kept := state.Kept{}
	s.engine.Touch = kept.Add
	return kept
}

// bounds are those of the state, as configured.
func (s *setup) bounds() bounds { return bounds{s.Common.DeleteOldData, s.Common.MaxDBSize} }

// targetsByRoute names the targets that routes may have told something.
func (s *setup) targetsByRoute() map[string][]string {
	targets := map[string][]string{}
	for _, r := range s.Routes {
		for _, t := range r.Targets {
			targets[r.Name] = append(targets[r.Name], t.Name)
		}
	}
	return targets
}

// upkeepAfter holds the bounds at the end of a send, so that it takes no time worth speaking of: it forgets some, and leaves the
// rest to the next run. A run that was interrupted, or whose state failed, does nothing.
func (s *sendRun) upkeepAfter(ctx context.Context, store state.Store, kept state.Kept, failed error) error {
	file := state.MaintenanceOf(store)
	var broken *stateError
	if over := ctx.Err() != nil || errors.As(failed, &broken); over || kept == nil || file == nil {
		return nil
	}
	b := s.setup.bounds()
	done, err := state.Prune(ctx, store, state.Bounds{
		Before: b.before(time.Now()), MaxBytes: b.size, Limit: sendForgets + 2*len(kept), Kept: kept, Targets: s.setup.targetsByRoute(),
	})
	s.forgot(done.Forgotten)
	if err != nil {
		return upkeepError(ctx, err)
	}
	if done.Limited {
		s.log.Info("more is to be forgotten: postee flush does all of it at once")
	}
	if done.Forgotten == 0 && done.Short == 0 {
		return nil
	}
	u, err := file.Usage(ctx)
	if err != nil {
		return upkeepError(ctx, err)
	}
	over := b.size > 0 && u.InUse > b.size && done.Forgotten > 0
	if (u.Worth() || over) && u.InUse <= sendCompacts {
		if _, err := s.compactQuietly(ctx, file); err != nil {
			return err
		}
	}
	if done.Short > 0 && u.InUse > sendCompacts {
		s.log.Info("the state is larger than its bound: postee flush compacts it")
	} else if done.Short > 0 {
		return s.warnOfSize(ctx, file, b.size)
	}
	return nil
}

// keepSmall holds all bounds of the setup, and compacts when that is worth it, bounds or not: for runs that may take a second.
func (a *app) keepSmall(ctx context.Context, store state.Store, s *setup) error {
	file := state.MaintenanceOf(store)
	if file == nil {
		return nil
	}
	done, err := a.enforce(ctx, store, s.bounds(), s.targetsByRoute())
	a.forgot(done.Forgotten)
	return err
}

// enforce holds all bounds. A state that is too large is compacted first: subjects are evicted, those unseen longest first, only
// when that is not enough, and then some more than needed, so that the next run need not begin again.
func (a *app) enforce(ctx context.Context, store state.Store, b bounds, targets map[string][]string) (state.Pruned, error) {
	file := state.MaintenanceOf(store)
	wanted := state.Bounds{Before: b.before(time.Now()), Targets: targets}
	total, err := state.Prune(ctx, store, wanted)
	if err != nil {
		return total, upkeepError(ctx, err)
	}
	for range evictions {
		u, err := file.Usage(ctx)
		if err != nil {
			return total, upkeepError(ctx, err)
		}
		over := b.size > 0 && u.InUse > b.size
		if !over && !u.Worth() {
			return total, nil
		}
		if smaller, err := a.compactQuietly(ctx, file); err != nil || !smaller || !over {
			return total, err
		}
		done, err := state.Prune(ctx, store, state.Bounds{MaxBytes: b.size, Goal: b.size - b.size/16, Targets: targets})
		total.Forgotten, total.Short = total.Forgotten+done.Forgotten, done.Short
		if err != nil {
			return total, upkeepError(ctx, err)
		}
		if done.Forgotten == 0 {
			break
		}
	}
	return total, a.warnOfSize(ctx, file, b.size)
}

// compactQuietly compacts. What only keeps the file from becoming smaller is a warning: nothing is lost by it.
func (a *app) compactQuietly(ctx context.Context, file state.Maintenance) (done bool, err error) {
	sizes, err := file.Compact(ctx)
	var unusable *state.UnusableError
	switch {
	case errors.As(err, &unusable):
		a.log.Warn(err.Error())
		return false, nil
	case err != nil:
		return false, upkeepError(ctx, err)
	}
	a.log.Info(fmt.Sprintf("the state was compacted from %s to %s", humanize.IBytes(uint64(sizes.Before)), humanize.IBytes(uint64(sizes.After))))
	return true, nil
}

// warnOfSize says that a bound cannot be met.
func (a *app) warnOfSize(ctx context.Context, file state.Maintenance, size int64) error {
	u, err := file.Usage(ctx)
	if err != nil {
		return upkeepError(ctx, err)
	}
	if size > 0 && u.InUse > size {
		a.log.Warn(fmt.Sprintf("the state has %s in use, more than its bound of %s, and nothing more can be forgotten: messages that wait or are dead, and what they are about, stay; an empty state takes some pages too",
			humanize.IBytes(uint64(u.InUse)), humanize.IBytes(uint64(size))))
	}
	return nil
}

// forgot logs how many subjects are forgotten.
func (a *app) forgot(n int) {
	if n > 0 {
		a.log.Info(english.Plural(n, "subject", "") + " unseen for long: forgotten")
	}
}

// upkeepError marks an error as the state's, unless the run has ended.
func upkeepError(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil //nolint:nilerr // why the run has ended is told elsewhere; what was not forgotten is by the next
	}
	return &stateError{err}
}
