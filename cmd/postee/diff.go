package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	input  inputOptions
	route  string
	failOn gateFlag
}

// diffCommand is postee diff.
func (a *app) diffCommand() *cobra.Command {
	o := &diffOptions{}
	cmd := &cobra.Command{
		Use:   "diff [flags] [FILE|FOLDER|-]...",
		Short: "Show what is new, and change nothing",
		Long: `Show what is new in scans against what a route has said, or against a report with --baseline. Nothing is sent and nothing is
remembered. It ends with 0 whatever it finds, unless --fail-on is given.

EXIT STATUS
  0    all input was read; with --fail-on, the gate passed
  1    the gate (--fail-on) tripped
  2    wrong usage
  3    some input could not be read or understood, or nothing came in
  5    the state could not be opened or locked`,
		Example: `  postee diff report.json
  postee diff branch.json --baseline main.json --fail-on new:high
  postee diff report.json --output json | jq '.new[].id'`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.diff(cmd, o, args) },
	}
	o.input.register(cmd.Flags())
	cmd.Flags().StringVar(&o.route, "route", "stdout", "compare with what this `ROUTE` has said")
	cmd.Flags().Var(&o.failOn, "fail-on", "exit status 1 when a finding is at least this severe; new:SEVERITY judges only what was not accepted before")
	return cmd
}

// diff runs the command: the same decision as send, on a copy of the state in memory.
func (a *app) diff(cmd *cobra.Command, o *diffOptions, inputs []string) error {
	if err := o.input.check(); err != nil {
		return err
	}
	if len(inputs) == 0 {
		if terminal(a.stdin) > 0 {
			_ = cmd.Help()
			return usagef("name a file, or pipe a scan into postee", "no input")
		}
		inputs = []string{"-"}
	}
	ctx := cmd.Context()
	store, err := a.openState(ctx, true)
	if err != nil {
		return err
	}
	defer store.Close()
	r := a.newReport(&o.input, true)
	r.gate, r.gated = o.failOn.gate, o.failOn.gate.Mode != route.GateOff
	engine := &route.Engine{
		Routes: []*route.Route{{Name: o.route, Rules: []route.Rule{route.Difference()}}},
		Store:  store, Subject: o.input.subject, Gate: o.failOn.gate, Lease: lease, Observe: r.showDifference,
	}
	if o.input.baseline != "" {
		if engine.Against, err = a.readBaseline(ctx, &o.input, o.input.baseline); err != nil {
			return err
		}
	}
	in := &intake{app: a, options: &o.input, bad: r.badInput}
	err = in.readAll(ctx, inputs, func(docs []*scan.Document) error { return r.compare(ctx, engine, docs) })
	r.explainTrips()
	if err == nil {
		err = r.written
	}
	return err
}

// compare lets the engine decide a batch on the copy.
func (r *report) compare(ctx context.Context, engine *route.Engine, docs []*scan.Document) error {
	admitted, err := engine.Admit(ctx, time.Now(), docs)
	if err != nil {
		return asStateError(err)
	}
	r.outcome.gate = r.outcome.gate || len(admitted.Tripped) > 0
	r.trips = append(r.trips, admitted.Tripped...)
	return nil
}

// showDifference prints one report's difference as it is decided.
func (r *report) showDifference(c *route.Case, to *route.Route, _ route.Status, _ *route.Rule) {
	delta := c.Delta()
	if r.asJSON {
		r.print(dedup.NewView(c.Doc, c.Subject, c.Digest, delta))
		return
	}
	m := &message.Message{Route: to.Name, Sections: []message.Section{{
		Subject: c.Subject, Artifact: c.Report.Artifact, Scanner: c.Report.Scanner, Format: c.Doc.Format, Source: c.Doc.Source, Delta: *delta,
	}}}
	o := render.TextOptions{Width: terminal(r.stdout)}
	if o.Width > 0 && !r.all {
		o.Rows = render.ShortList
	}
	if _, err := r.stdout.Write(render.Text(m, o)); r.written == nil && !gone(err) {
		r.written = err
	}
}
