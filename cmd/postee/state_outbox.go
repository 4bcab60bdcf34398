package main

import (
	"context"
	"fmt"
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
}

// outbox is postee state outbox.
func (r *stateRun) outbox(ctx context.Context, _ []string) error {
	return r.view(ctx, func(tx state.Tx) error {
		return eachMessage(tx, func(e *state.Entry) error {
			w := waiting{e.Key, e.Route, e.Target, e.Subject, "pending", timeOf(e.Admitted), e.Attempts, timeOf(e.NotBefore), e.Reason}
			if e.Dead {
				w.Status = "dead"
			}
			text := fmt.Sprintf("%.8s  %-7s  %s  %s  %s, %s", e.Key, w.Status, e.Target, e.Subject, w.Admitted, english.Plural(e.Attempts, "attempt", ""))
			if e.Reason != "" {
				text += ": " + e.Reason
			}
			return r.emit(w, render.Clean(text)+"\n")
		})
	})
}

// eachMessage calls fn with all messages, those that wait first.
func eachMessage(tx state.Tx, fn func(*state.Entry) error) error {
	for _, dead := range []bool{false, true} {
		for e, err := range state.Entries(tx, dead) {
			if err != nil {
				return err
			}
			if err := fn(&e); err != nil {
				return err
			}
		}
	}
	return nil
}

// messageSub makes a command on messages: IDs, or --all.
func (a *app) messageSub(name, short string, act func(*stateRun, context.Context, []uint64) error) *cobra.Command {
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
	cmd.Flags().BoolVar(&all, "all", false, "all dead messages")
	return cmd
}

// find gives the messages that IDs name; without IDs all dead ones.
func (r *stateRun) find(ctx context.Context, ids []string) ([]uint64, error) {
	var seqs []uint64
	return seqs, r.view(ctx, func(tx state.Tx) error {
		seqs = seqs[:0]
		matches := make([][]uint64, len(ids))
		err := eachMessage(tx, func(e *state.Entry) error {
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
			switch len(matches[i]) {
			case 0:
				return usagef("postee state outbox lists them", "no message has an ID that begins with %q", id)
			case 1:
				seqs = append(seqs, matches[i][0])
			default:
				return usagef("write more of it: postee state outbox", "%d messages have an ID that begins with %q", len(matches[i]), id)
			}
		}
		return nil
	})
}

// retry is postee state retry.
func (r *stateRun) retry(ctx context.Context, seqs []uint64) error {
	return r.change(ctx, seqs, state.Revive)
}

// drop is postee state drop.
func (r *stateRun) drop(ctx context.Context, seqs []uint64) error {
	return r.change(ctx, seqs, state.Drop)
}

// change does one thing to each message, all in one transaction.
func (r *stateRun) change(ctx context.Context, seqs []uint64, act func(state.Tx, uint64) error) error {
	return stateFault(r.store.Update(ctx, func(tx state.Tx) error {
		for _, seq := range seqs {
			if err := act(tx, seq); err != nil {
				return err
			}
		}
		return nil
	}))
}
