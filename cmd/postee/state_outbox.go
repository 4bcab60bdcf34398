package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
		for m, err := range state.Messages(tx) {
			if err != nil {
				return err
			}
			if err := r.listMessage(&m); err != nil {
				return err
			}
		}
		return nil
	})
}

// listMessage lists one message.
func (r *stateRun) listMessage(e *state.Listed) error {
	w := waiting{e.Key, e.Route, e.Target, e.Subject, string(e.Status), timeOf(e.Admitted), e.Attempts, timeOf(e.NotBefore), e.Reason, e.Scans}
	subject := e.Subject
	if e.Scans > 0 {
		subject = "digest of " + english.Plural(e.Scans, "scan", "")
	}
	text := fmt.Sprintf("%.8s  %-7s  %s  %s  %s, %s", e.Key, e.Status, e.Target, subject, w.Admitted, english.Plural(e.Attempts, "attempt", ""))
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return r.emit(w, render.Clean(text)+"\n")
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

// find returns the messages that IDs name; without IDs all dead ones.
func (r *stateRun) find(ctx context.Context, ids []string) (seqs []uint64, err error) {
	err = r.view(ctx, func(tx state.Tx) (err error) {
		if len(ids) == 0 {
			seqs, err = state.DeadMessages(tx)
			return err
		}
		seqs, err = state.FindByID(tx, ids)
		if none, ok := errors.AsType[*state.NoMatchError](err); ok && none.Matches == 0 {
			return usagef("postee state outbox lists them", "%v", err)
		} else if ok {
			return usagef("write more of it: postee state outbox", "%v", err)
		}
		return err
	})
	return seqs, err
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
			return stateErrorOf(err)
		}
	}
	return nil
}
