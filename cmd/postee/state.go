package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// stateHelp ends the help of the commands that look into the state.
const stateHelp = `
EXIT STATUS
  0    done
  2    wrong usage, or no such subject or message
  5    the state could not be opened, locked or written, or is damaged`

// stateRun is one run of a state command.
type stateRun struct {
	*app
	output string
	store  state.Store
	// file is the store too.
	file state.Maintenance
	// out gathers what is printed once the state is let go: a pager must not keep others waiting.
	out bytes.Buffer
}

// stateCommand is postee state.
func (a *app) stateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "state", Short: "Look into what postee remembers and what waits", Args: noArguments, RunE: group,
		Long: "Look into the state: what has been said, what waits to be said, and what could not be said.\n" + stateHelp,
		Example: `  postee state stats
  postee state outbox
  postee state retry 7f3a`,
	}
	cmd.AddCommand(
		a.stateSub("stats", "Count subjects, messages and bytes", "", cobra.NoArgs, (*stateRun).stats),
		a.stateSub("list", "List the subjects", "", cobra.NoArgs, (*stateRun).list),
		a.stateSub("show SUBJECT", "Show what was said about one subject", "docker.io/app:1", cobra.ExactArgs(1), (*stateRun).show),
		a.stateSub("forget SUBJECT", "Forget what was said about one subject: its next scan is a first one", "docker.io/app:1", cobra.ExactArgs(1), (*stateRun).forget),
		a.stateSub("outbox", "List the messages that wait or are dead", "", cobra.NoArgs, (*stateRun).outbox),
		a.stateSub("check", "Verify everything that is stored", "", cobra.NoArgs, (*stateRun).check),
		a.messageSub("retry", "Try messages again in the next run", "try all dead messages again", (*stateRun).retry),
		a.messageSub("drop", "Throw messages away for good", "throw all dead messages away; those that wait are not touched", (*stateRun).drop),
	)
	cmd.AddCommand(a.upkeepCommands()...)
	return cmd
}

// stateSub makes one command of the group.
func (a *app) stateSub(use, short, example string, args cobra.PositionalArgs, run func(*stateRun, context.Context, []string) error) *cobra.Command {
	r := &stateRun{app: a}
	name, _, _ := strings.Cut(use, " ")
	cmd := &cobra.Command{
		Use: use, Short: short, Long: short + ".\n" + stateHelp,
		Example: strings.TrimRight("  postee state "+name+" "+example, " "),
		Args: func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return usagef(cmd.CommandPath()+" --help", "%s: %v", cmd.CommandPath(), err)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, given []string) error {
			if err := oneOf("output", r.output, "text", "json"); err != nil {
				return err
			}
			return r.with(cmd.Context(), func(ctx context.Context) error { return run(r, ctx, given) })
		},
	}
	cmd.Flags().StringVarP(&r.output, "output", "o", "text", "text or json (JSON Lines)")
	return cmd
}

// with opens the state, which must be there, runs fn and closes it.
func (r *stateRun) with(ctx context.Context, fn func(context.Context) error) error {
	path, err := r.configuredState(ctx)
	if err != nil {
		return err
	}
	if path == "none" {
		return usagef("name the state's file", "--state none keeps nothing that could be looked into")
	}
	store, err := boltfile.Open(ctx, boltfile.Options{Path: path, LockTimeout: r.lockTimeout, NoCreate: true, Decoders: decoders()})
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("the first postee send makes it; or name another with --state FILE", "there is no state at %s", path)
	}
	if err != nil {
		return &stateError{err}
	}
	defer store.Close()
	r.store, r.file = store, store
	err = fn(ctx)
	if _, failed := r.stdout.Write(r.out.Bytes()); err == nil && !gone(failed) {
		err = failed
	}
	return err
}

// decoders knows what the state does not: how findings, their names and messages are encoded.
func decoders() state.Decoders {
	return state.Decoders{
		Name:    func(p []byte) error { _, err := dedup.DecodeIdentity(p); return err },
		Marks:   func(p []byte) error { _, err := dedup.DecodeMarks(p); return err },
		Message: func(p []byte) error { _, err := message.Decode(p); return err },
	}
}

// view reads from the state; what fails there is the state's fault unless it is the user's.
func (r *stateRun) view(ctx context.Context, fn func(state.Tx) error) error {
	return stateErrorOf(r.store.View(ctx, fn))
}

// emit adds a value to what is printed as a line of JSON, or text.
func (r *stateRun) emit(v any, text string) error {
	if r.output == "json" {
		p, err := jsonline.Marshal(v)
		if err != nil {
			return err
		}
		text = string(p)
	}
	r.out.WriteString(text)
	return nil
}

// stats is postee state stats.
func (r *stateRun) stats(ctx context.Context, _ []string) error {
	var v struct {
		Schema    int   `json:"schema"`
		Subjects  int   `json:"subjects"`
		Pending   int   `json:"pending"`
		Queued    int   `json:"queued"`
		Dead      int   `json:"dead"`
		Bytes     int64 `json:"bytes"`
		FreeBytes int64 `json:"free_bytes"`
	}
	err := r.view(ctx, func(tx state.Tx) error {
		t, err := state.Summarise(tx)
		v.Schema, v.Subjects, v.Pending, v.Queued, v.Dead = t.Schema, t.Subjects, t.Pending, t.Queued, t.Dead
		return err
	})
	if err != nil {
		return err
	}
	u, err := r.file.Usage(ctx)
	if err != nil {
		return &stateError{err}
	}
	v.Bytes, v.FreeBytes = u.Total, u.Free
	return r.emit(v, fmt.Sprintf("schema %d\n%d subjects\n%d messages wait, %d are queued for a digest, %d are dead\n%d bytes, %d of them free\n",
		v.Schema, v.Subjects, v.Pending, v.Queued, v.Dead, v.Bytes, v.FreeBytes))
}

// check is postee state check.
func (r *stateRun) check(ctx context.Context, _ []string) error {
	problems, err := r.file.Check(ctx)
	if err != nil {
		return &stateError{err}
	}
	for _, p := range problems {
		if err := r.emit(map[string]string{"problem": p}, p+"\n"); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return &stateError{fmt.Errorf("%d problems: keep a copy of the file; with a new state every artifact is told once more", len(problems))}
	}
	return r.emit(map[string]bool{"ok": true}, "the state is sound\n")
}

// timeOf writes a time as the machine-readable output does: RFC 3339 in UTC, "" for none.
func timeOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
