package main

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/stdout"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	input  inputOptions
	output outputOptions
	route  string
	failOn gateFlag
	format formatFlag
}

// formatFlag is --format: how people read it, see [stdout.Formats].
type formatFlag string

// register declares --format.
func (f *formatFlag) register(flags flagSet) {
	flags.StringVar((*string)(f), "format", "table", "print as `FORMAT`: "+joined(stdout.Formats()))
}

// check refuses a format that there is not.
func (f formatFlag) check() error { return oneOf("format", string(f), stdout.Formats()...) }

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
  postee diff branch.json --baseline main.json --format markdown      a comment for the merge request
  postee diff report.json --output json | jq '.new[].id'`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.diff(cmd, o, args) },
	}
	o.input.register(cmd.Flags())
	o.output.register(cmd.Flags())
	o.format.register(cmd.Flags())
	cmd.Flags().StringVar(&o.route, "route", "", "compare with what this `ROUTE` has said, or TYPE=URL as --to has it (default: the first one)")
	cmd.Flags().Var(&o.failOn, "fail-on", "exit status 1 when a finding is at least this severe; new:SEVERITY judges only what was not accepted before")
	return cmd
}

// diff runs the command: the same decision as send, on a copy of the state in memory.
func (a *app) diff(cmd *cobra.Command, o *diffOptions, inputs []string) error {
	if err := cmp.Or(o.format.check(), o.output.check(), o.input.check()); err != nil {
		return err
	}
	inputs, s, err := a.prepare(cmd, inputs, o.output.all)
	if err != nil {
		return err
	}
	if strings.Contains(o.route, "=") {
		if o.route, err = config.DestinationName(o.route, a.lookup); err != nil {
			return destinationError(err)
		}
	}
	compared := &route.Route{Name: o.route, Rules: route.Differences(false)}
	if o.route == "" && len(s.Routes) > 0 {
		compared.Name = s.Routes[0].Name
	}
	if same := s.Route(compared.Name); same != nil {
		compared.Subject = same.Subject
	}
	env := a.sinkEnv(o.output.all)
	env.Format, env.AquaServer = string(o.format), s.Common.AquaServer
	r := &differences{report: a.newReport(&o.output, s)}
	if r.sink, err = (&stdout.Config{}).Open(env); err != nil {
		return err
	}
	r.gate, r.gated = o.failOn.gate, o.failOn.gate.Mode != route.GateOff
	return a.look(cmd.Context(), &lookup{
		input: &o.input, inputs: inputs, setup: s, report: r.report,
		engine: &route.Engine{Routes: []*route.Route{compared}, Gate: o.failOn.gate, Observe: r.show},
	})
}

// prepare returns what commands that only look work with: their input, and who would be told. Nothing leaves, so that secrets
// need not be there and no target need be enabled.
func (a *app) prepare(cmd *cobra.Command, named []string, everything bool) (inputs []string, s *setup, err error) {
	if inputs, err = a.inputsOr(cmd, named); err != nil {
		return nil, nil, err
	}
	s, err = a.makeSetup(cmd.Context(), &setupOptions{all: everything, unsent: true})
	return inputs, s, err
}

// lookup is what commands that only look have in common.
type lookup struct {
	input  *inputOptions
	inputs []string
	setup  *setup
	report *report
	engine *route.Engine
	// components: what is looked at has to have its packages.
	components bool
}

// look lets the engine decide all input on a copy of the state in memory; what is printed, its Observe prints.
func (a *app) look(ctx context.Context, l *lookup) error {
	store, _, err := a.openState(ctx, l.setup.Common.State, true)
	if err != nil {
		return err
	}
	defer store.Close()
	if err := a.equip(ctx, l.engine, store, l.setup, l.input); err != nil {
		return err
	}
	in := &reader{app: a, options: l.input, components: l.components, bad: l.report.badInput}
	err = in.readAll(ctx, l.inputs, func(docs []*scan.Document) error { return l.report.compare(ctx, l.engine, docs) })
	l.report.explainTrips()
	if err == nil {
		err = l.report.written
	}
	return err
}

// compare lets the engine decide a batch on the copy.
func (r *report) compare(ctx context.Context, engine *route.Engine, docs []*scan.Document) error {
	admitted, err := engine.Admit(ctx, time.Now(), docs)
	if err != nil {
		return asStateError(err)
	}
	r.judged(admitted)
	return nil
}

// differences prints differences, as standard output's target does.
type differences struct {
	*report
	sink sinks.Sink
}

// show prints one report's difference as it is decided.
func (r *differences) show(ctx context.Context, c *route.Case, to *route.Route, _ *route.Verdict) {
	if r.asJSON {
		if err := c.Normalised().WriteJSON(r.stdout); r.written == nil && !gone(err) {
			r.written = err
		}
		return
	}
	m := &message.Message{Route: to.Name, Sections: []message.Section{route.Section(c, false, route.Contents{})}}
	parts, err := r.sink.Plan(m)
	for _, part := range parts {
		if err == nil {
			_, err = r.sink.Send(ctx, sinks.Delivery{Part: part, Message: m})
		}
	}
	if r.written == nil {
		r.written = err
	}
}
