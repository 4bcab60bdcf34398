package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/postee/postee/pkg/state"
)

// keep makes the engine remember whom this run is about, when something may be forgotten at its end.
func (s *sendRun) keep() state.Kept {
	if s.options.dryRun || !s.setup.limits().Set() {
		return nil
	}
	kept := state.Kept{}
	s.engine.Touch = kept.Add
	return kept
}

// limits are those of the state, as configured.
func (s *setup) limits() state.Limits {
	return state.Limits{Age: s.Common.DeleteOldData, Size: s.Common.MaxDBSize}
}

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

// upkeepAfter holds the limits at the end of a send. A run that was interrupted, or whose state failed, does nothing.
func (s *sendRun) upkeepAfter(ctx context.Context, store state.Store, kept state.Kept, failed error) error {
	m := state.MaintenanceOf(store)
	if ctx.Err() != nil || isStateError(failed) || kept == nil || m == nil {
		return nil //nolint:nilerr // why the run has ended is told elsewhere
	}
	done, err := state.UpkeepAfterSend(ctx, m, time.Now(), s.setup.limits(), kept, s.setup.targetsByRoute())
	s.reportUpkeep(&done, s.setup.limits())
	return s.upkeepError(ctx, err)
}

// keepSmall holds all limits of the setup, and compacts when that is worth it, limits or not.
func (a *app) keepSmall(ctx context.Context, store state.Store, s *setup) error {
	if m := state.MaintenanceOf(store); m != nil {
		_, err := a.upkeep(ctx, m, s.limits(), s.targetsByRoute())
		return err
	}
	return nil
}

// upkeep holds all limits, and reports what was done.
func (a *app) upkeep(ctx context.Context, m state.Maintenance, l state.Limits, targets map[string][]string) (state.Upkeep, error) {
	done, err := state.UpkeepAll(ctx, m, time.Now(), l, targets)
	a.reportUpkeep(&done, l)
	return done, a.upkeepError(ctx, err)
}

// reportUpkeep logs what was done, and warns of what could not be.
func (a *app) reportUpkeep(done *state.Upkeep, l state.Limits) {
	size := func(n int64) string { return humanize.IBytes(uint64(n)) }
	if done.Forgotten > 0 {
		a.log.Info(english.Plural(done.Forgotten, "subject", "") + " unseen for long: forgotten")
	}
	if done.More {
		a.log.Info("more is to be forgotten: postee flush does all of it at once")
	}
	for _, c := range done.Compacted {
		a.log.Info(fmt.Sprintf("the state was compacted from %s to %s", size(c.Before), size(c.After)))
	}
	if done.NotCompacted != nil {
		a.log.Warn(done.NotCompacted.Error())
	}
	if done.Postponed {
		a.log.Info("the state is larger than its bound: postee flush compacts it")
	}
	if done.Exceeded {
		a.log.Warn(fmt.Sprintf("the state has %s in use, more than its bound of %s, and nothing more can be forgotten: messages that wait or are dead, and what they are about, stay; an empty state takes some pages too",
			size(done.InUse), size(l.Size)))
	}
}

// upkeepError marks an error as the state's, unless the run has ended: why is told elsewhere, and what was not forgotten is by the next.
func (a *app) upkeepError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // what was not forgotten is by the next run
	}
	return asStateError(err)
}
