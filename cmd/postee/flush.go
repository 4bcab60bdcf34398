package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/route"
)

// flushOptions are the flags of flush.
type flushOptions struct {
	to       toFlag
	delivery deliveryOptions
	output   outputOptions
	// now sends what waits for digests too, complete or not.
	now bool
}

// flushCommand is postee flush.
func (a *app) flushCommand() *cobra.Command {
	o := &flushOptions{}
	cmd := &cobra.Command{
		Use:   "flush [flags]",
		Short: "Deliver what waits from earlier runs",
		Long: `Deliver the messages that earlier runs could not deliver, and the digests that have waited long enough. It reads no scans;
when nothing is due it prints nothing and ends with 0, so that cron can call it.
` + exitHelp,
		Example: `  postee flush                             every ten minutes, by cron
  postee flush --now                       send what waits for digests too, complete or not
  postee flush --to webhook='$HOOK_URL'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmp.Or(o.output.check(), o.delivery.check()); err != nil {
				return err
			}
			return a.flush(cmd.Context(), o)
		},
	}
	o.to.register(cmd.Flags())
	o.delivery.register(cmd.Flags())
	o.output.register(cmd.Flags())
	cmd.Flags().BoolVar(&o.now, "now", false, "send what waits for digests, complete or not")
	return cmd
}

// flush runs the command: a send that reads nothing.
func (a *app) flush(ctx context.Context, o *flushOptions) error {
	ctx, cancel := o.delivery.limit(ctx, a.process)
	defer cancel()
	s, err := a.makeSetup(ctx, &setupOptions{to: o.to, all: o.output.all, asJSON: o.output.asJSON(), send: true})
	if err != nil {
		return err
	}
	store, opening, err := a.openState(ctx, s.Common.State, false)
	if err != nil {
		return err
	}
	defer store.Close()
	a.outcome.warnOnly = o.delivery.failure == "warn"
	r := &sendRun{app: a, setup: s, opening: opening, report: a.newReport(&o.output, s)}
	r.engine = &route.Engine{Routes: s.Routes, Store: store, Lease: lease}
	if err := r.startDeliverer(ctx, store, &o.delivery); err != nil {
		return err
	}
	err = r.finish(ctx, r.digestsAtStart(ctx, o.now))
	if err == nil && ctx.Err() == nil {
		err = a.keepSmall(ctx, store, s)
	}
	return r.finishReport(ctx, store, err)
}
