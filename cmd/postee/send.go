package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// lease is how long a claim lasts where the system cannot tell that its process has ended; a living one renews it.
const lease = 5 * time.Minute

// sendOptions are the flags of send.
type sendOptions struct {
	to       toFlag
	delivery deliveryOptions
	input    inputOptions
	output   outputOptions
	failOn   gateFlag
	record   bool
	dryRun   bool
	// flush sends what waits for digests too, complete or not.
	flush bool
}

// register declares the flags of send.
func (o *sendOptions) register(f flagSet) {
	o.to.register(f)
	o.delivery.register(f)
	o.input.register(f)
	o.output.register(f)
	f.Var(&o.failOn, "fail-on", "exit status 1 when a finding is at least this severe; new:SEVERITY judges only what was not accepted before")
	f.BoolVar(&o.record, "record", false, "take everything as known, and tell nobody")
	f.BoolVar(&o.flush, "flush", false, "send what waits for digests at the end of the run, complete or not")
	f.BoolVar(&o.dryRun, "dry-run", false, "do everything except sending and remembering")
}

// sendCommand returns postee send.
func (a *app) sendCommand() *cobra.Command {
	o := &sendOptions{}
	cmd := &cobra.Command{
		Use:   "send [flags] [FILE|FOLDER|-]...",
		Short: "Read scans and tell the targets what is new",
		Long: `Read scans from files, folders or standard input, work out for each artifact what is new since postee last spoke about it,
and tell the targets. What cannot be delivered is kept and tried again by the next run.
` + exitHelp,
		Example: `  postee send report.json                                  print what is new
  postee send reports/ --to webhook='$HOOK_URL'            tell a webhook, its URL from the environment
  postee send --record reports/                            adopt postee: take today's findings as known
  postee send app.json --fail-on new:high                  red on new debt, green on old
  postee send app.json --baseline main.json                what does this branch add?`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.send(cmd, o, args) },
	}
	o.register(cmd.Flags())
	return cmd
}

// check refuses flags that contradict each other.
func (o *sendOptions) check() error {
	if err := cmp.Or(o.output.check(), o.input.check()); err != nil {
		return err
	}
	if o.record && o.input.baseline != "" {
		return usagef("leave one of them out", "--record and --baseline contradict each other: a run with --baseline remembers nothing")
	}
	return o.delivery.check()
}

// send runs the command.
func (a *app) send(cmd *cobra.Command, o *sendOptions, inputs []string) error {
	if err := o.check(); err != nil {
		return err
	}
	inputs, err := a.inputsOr(cmd, inputs)
	if err != nil {
		return err
	}
	// Before anything is read that can block: a pipe can stand in for any file.
	ctx, cancel := o.delivery.limit(cmd.Context(), a.process)
	defer cancel()
	s, err := a.makeSetup(ctx, &setupOptions{to: o.to, all: o.output.all, asJSON: o.output.asJSON(), send: !o.dryRun})
	if err != nil {
		return err
	}
	store, opening, err := a.openState(ctx, s.Common.State, o.dryRun)
	if err != nil {
		return err
	}
	defer store.Close()
	a.outcome.warnOnly = o.delivery.failure == "warn"
	r := &sendRun{app: a, options: o, setup: s, opening: opening, report: a.newReport(&o.output, s)}
	r.report.dry = o.dryRun
	r.report.gate, r.report.gated = o.failOn.gate, o.failOn.gate.Mode != route.GateOff
	return r.run(ctx, store, inputs)
}

// inputsOr returns what to read: what is named, else standard input, unless a person sits there.
func (a *app) inputsOr(cmd *cobra.Command, inputs []string) ([]string, error) {
	if len(inputs) > 0 {
		return inputs, nil
	}
	if terminal(a.stdin) > 0 {
		_ = cmd.Help()
		return nil, usagef("name a file, or pipe a scan into postee", "no input")
	}
	return []string{"-"}, nil
}

// sendRun is one run of send.
type sendRun struct {
	*app
	options   *sendOptions
	setup     *setup
	opening   *state.Opening
	report    *report
	engine    *route.Engine
	deliverer *deliver.Deliverer
	// progress is shown while documents are read.
	progress *progress
}

// run reads, admits and delivers, and leaves the outcome.
func (s *sendRun) run(ctx context.Context, store state.Store, inputs []string) error {
	s.engine = &route.Engine{Routes: s.setup.Routes, Record: s.options.record, Gate: s.options.failOn.gate, Decider: s.decider(), Whole: s.thorough}
	kept := s.keep()
	if err := s.equip(ctx, s.engine, store, s.setup, &s.options.input); err != nil {
		return err
	}
	if !s.options.dryRun {
		if err := s.startDeliverer(ctx, store, &s.options.delivery); err != nil {
			return err
		}
	}
	// In memory nothing waits for a later run.
	s.report.forgetful = !s.options.dryRun && !store.Durable()
	s.progress = s.newProgress(s.setup)
	in := &reader{app: s.app, options: &s.options.input, components: s.setup.NeedsComponents(), bad: s.report.badInput}
	if s.opening.Known {
		in.known = s.engine.MayKnow
	}
	err := s.digestsAtStart(ctx, false)
	if err == nil {
		reading, stop := context.WithCancelCause(ctx)
		a := s.startAdmissions(ctx, stop)
		err = in.readAll(reading, inputs, a.add)
		stop(nil)
		if failed := a.wait(); err == nil {
			err = failed
		}
	}
	if err == nil && s.engine.Aggregates() {
		// Again, because a long run may have made something due, and because --flush means what this run has read too.
		err = s.digests(ctx, s.options.flush || s.report.forgetful)
	}
	if s.deliverer != nil {
		err = s.finish(ctx, err)
		err = errors.Join(err, s.upkeepAfter(ctx, store, kept, err))
	}
	s.progress.done()
	return s.finishReport(ctx, store, err)
}

// decider returns a hash of all that decides beside the documents and the state; zero where nothing is taken for known: a run that says
// something of every document, or remembers nothing.
func (s *sendRun) decider() (sum [sha256.Size]byte) {
	o := &s.options.input
	if s.thorough || s.options.dryRun || s.program == nil || o.subject != "" || o.baseline != "" {
		return sum
	}
	program := s.program()
	if program == "" {
		return sum
	}
	job := scan.JobOf(s.lookup)
	job.URL = "" // one job's log is not another's, and decides nothing
	h := sha256.New()
	fmt.Fprintf(h, "%q %x %q %v %v %v %v %v %+v", program, s.setup.Deciding(), o.format, o.covers.kinds, o.partial, o.anyAge, o.largest,
		s.setup.NeedsComponents(), job)
	return [sha256.Size]byte(h.Sum(nil))
}

// admitted reports what became of documents, and delivers what is to be said.
func (s *sendRun) admitted(ctx context.Context, documents int, admitted *route.Admitted) error {
	for _, bad := range admitted.Unreadable {
		s.report.badInput(bad)
	}
	s.report.decided(documents, admitted)
	s.progress.add(documents)
	return s.deliver(ctx, admitted)
}

// digestsAtStart is digests, when the state had any that are due as it was opened.
func (s *sendRun) digestsAtStart(ctx context.Context, all bool) error {
	if !s.engine.Due(s.opening.Queues, time.Now(), all) {
		return nil
	}
	return s.digests(ctx, all)
}

// digests admits the digests that are due, or with all those of everything that waits for one.
func (s *sendRun) digests(ctx context.Context, all bool) error {
	admitted, err := s.engine.Digests(ctx, time.Now(), all)
	if err != nil {
		if ctx.Err() != nil {
			return interrupted(ctx)
		}
		return &stateError{err}
	}
	return s.deliver(ctx, admitted)
}

// deliver hands what was admitted to the deliverer; a dry run only says so.
func (s *sendRun) deliver(ctx context.Context, admitted *route.Admitted) error {
	if s.deliverer == nil {
		s.report.unsent(admitted)
		return nil
	}
	s.report.expect(admitted)
	if s.thorough { // what is delivered is what the state has
		admitted.Held = make([]message.Held, len(admitted.Held))
	}
	return asStateError(s.deliverer.Add(ctx, admitted.Entries, admitted.Held, admitted.Documents))
}

// finish waits for the deliverer. When the state has failed, nothing more is sent: what is under way is finished or kept.
func (s *sendRun) finish(ctx context.Context, err error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if isStateError(err) {
		stop()
	}
	return errors.Join(err, asStateError(s.deliverer.Wait(ctx)))
}

// startDeliverer makes what delivers, with the flags of the run, and starts it.
func (s *sendRun) startDeliverer(ctx context.Context, store state.Store, o *deliveryOptions) error {
	s.deliverer = deliver.New(deliver.Options{
		Store: store, Targets: s.setup.targets, Accept: s.setup.owns, Timeout: time.Duration(o.timeout), Lease: lease, MaxAge: s.setup.Common.MaxAge,
		Report: s.report.delivered, Opening: s.opening, Aggregate: s.aggregate,
	})
	if err := s.deliverer.Start(ctx); err != nil {
		return &stateError{err}
	}
	return nil
}

// finishReport prints what is left to say. Where the deliverer saw last that nothing waits, and nobody is dead, the state is not asked
// again: what this run has admitted since is no concern of the report's end, and what others have admitted is theirs.
func (s *sendRun) finishReport(ctx context.Context, store state.Store, err error) error {
	if d := s.deliverer; d != nil && store.Durable() {
		t := d.Totals()
		s.report.empty = t.Pending+t.Queued+t.Dead == 0
	}
	return s.report.finish(ctx, store, s.setup, err)
}

// aggregate returns what a route's template makes of a digest; nil is that it makes nothing of it.
func (s *sendRun) aggregate(ctx context.Context, m *message.Message) (*message.Custom, error) {
	r := s.setup.Route(m.Route)
	if r == nil || r.Template == nil || r.Template.Aggregate == nil {
		return nil, nil
	}
	var made []*message.Custom
	for i := range m.Sections {
		if c := m.Sections[i].Custom; c != nil {
			made = append(made, c)
		}
	}
	if len(made) < len(m.Sections) { // some were admitted before the route had the template
		return nil, nil
	}
	return r.Template.Aggregate(ctx, made)
}
