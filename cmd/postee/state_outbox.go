package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/state"
)

// waiting is one line of state outbox; its keys are stable.
type waiting struct {
	Key       string `json:"key"`
	Route     string `json:"route"`
	Target    string `json:"target"`
	Subject   string `json:"subject"`
	Status    string `json:"status"`
	Admitted  string `json:"admitted"`
	Attempts  int    `json:"attempts"`
	NotBefore string `json:"not_before"`
	Reason    string `json:"reason"`
	// Scans is how many scans a digest gathers; its subject is "".
	Scans int `json:"scans,omitzero"`
}

// outbox is postee state outbox.
func (r *stateRun) outbox(ctx context.Context, _ []string) error {
	return r.view(ctx, func(tx state.Tx) error {
		return eachMessage(tx, func(e *state.Entry, status string) error {
			w := waiting{e.Key, e.Route, e.Target, e.Subject, status, timeOf(e.Admitted), e.Attempts, timeOf(e.NotBefore), e.Reason, e.Scans}
			subject := e.Subject
			if e.Scans > 0 {
				subject = "digest of " + english.Plural(e.Scans, "scan", "")
			}
			text := fmt.Sprintf("%.8s  %-7s  %s  %s  %s, %s", e.Key, status, e.Target, subject, w.Admitted, english.Plural(e.Attempts, "attempt", ""))
			if e.Reason != "" {
				text += ": " + e.Reason
			}
			return r.emit(w, render.Clean(text)+"\n")
		})
	})
}

// eachMessage calls fn with all messages and what is to be said of them: those that wait first, then those that wait for a
// digest, then the dead ones.
func eachMessage(tx state.Tx, fn func(e *state.Entry, status string) error) error {
	for _, group := range []struct {
		status  string
		entries iter.Seq2[state.Entry, error]
	}{{"pending", state.Entries(tx, false)}, {"queued", state.Queued(tx)}, {"dead", state.Entries(tx, true)}} {
		for e, err := range group.entries {
			if err != nil {
				return err
			}
			if err := fn(&e, group.status); err != nil {
				return err
			}
		}
	}
	return nil
}

// messageSub makes a command on messages: IDs, or --all.
func (a *app) messageSub(name, short, every string, act func(*stateRun, context.Context, []uint64) error) *cobra.Command {
	var all bool
	run := func(r *stateRun, ctx context.Context, ids []string) error {
		if all == (len(ids) > 0) {
			return usagef("postee state outbox lists them", "postee state %s needs IDs, or --all", name)
		}
		seqs, err := r.find(ctx, ids)
		if err != nil {
			return err
		}
		if err := act(r, ctx, seqs); err != nil {
			return err
		}
		return r.emit(map[string]int{name: len(seqs)}, english.Plural(len(seqs), "message", "")+"\n")
	}
	cmd := a.stateSub(name+" [ID]...", short, "7f3a", cobra.ArbitraryArgs, run)
	cmd.Long = short + ". An ID is any unique beginning of a message's key.\n" + stateHelp
	cmd.Flags().BoolVar(&all, "all", false, every)
	return cmd
}

// wholeKey is the length of a key: what has one key is one message, however often it waits.
const wholeKey = 32

// find returns the messages that IDs name; without IDs all dead ones.
func (r *stateRun) find(ctx context.Context, ids []string) ([]uint64, error) {
	var seqs []uint64
	return seqs, r.view(ctx, func(tx state.Tx) error {
		seqs = seqs[:0]
		matches := make([][]uint64, len(ids))
		err := eachMessage(tx, func(e *state.Entry, _ string) error {
			if len(ids) == 0 && e.Dead {
				seqs = append(seqs, e.Seq)
			}
			for i, id := range ids {
				if strings.HasPrefix(e.Key, strings.ToLower(id)) {
					matches[i] = append(matches[i], e.Seq)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i, id := range ids {
			switch {
			case len(matches[i]) == 0:
				return usagef("postee state outbox lists them", "no message has an ID that begins with %q", id)
			case len(matches[i]) == 1 || len(id) == wholeKey:
				seqs = append(seqs, matches[i]...)
			default:
				return usagef("write more of it: postee state outbox", "%d messages have an ID that begins with %q", len(matches[i]), id)
			}
		}
		slices.Sort(seqs)
		seqs = slices.Compact(seqs)
		return nil
	})
}

// retry is postee state retry.
func (r *stateRun) retry(ctx context.Context, seqs []uint64) error {
	return r.change(ctx, seqs, state.Revive, "postee flush sends what is pending, and with --now what is queued", "one of the messages is not dead: only dead ones can be tried again")
}

// drop is postee state drop.
func (r *stateRun) drop(ctx context.Context, seqs []uint64) error {
	return r.change(ctx, seqs, state.Drop, "postee state outbox lists what is left", "one of the messages is not there any more: another process has settled it")
}

// changed is how many messages one transaction changes at most: other processes come in between.
const changed = 64

// change does one thing to each message. absent says, with a hint, what it means that one of them is not there.
func (r *stateRun) change(ctx context.Context, seqs []uint64, act func(state.Tx, uint64) error, hint, absent string) error {
	for some := range slices.Chunk(seqs, changed) {
		err := r.store.Update(ctx, func(tx state.Tx) error {
			for _, seq := range some {
				err := act(tx, seq)
				if errors.Is(err, state.ErrAbsent) {
					return usagef(hint, "%s", absent)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return stateFault(err)
		}
	}
	return nil
}
