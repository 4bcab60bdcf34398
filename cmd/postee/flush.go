package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/route"
)

// flushCommand is postee flush.
func (a *app) flushCommand() *cobra.Command {
	o := &deliveryOptions{}
	input := &inputOptions{}
	var now bool
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
			if err := oneOf("output", input.output, "text", "json"); err != nil {
				return err
			}
			return a.flush(cmd.Context(), o, input, now)
		},
	}
	o.register(cmd.Flags())
	cmd.Flags().BoolVar(&now, "now", false, "send what waits for digests, complete or not")
	cmd.Flags().StringVarP(&input.output, "output", "o", "text", "text or json (JSON Lines)")
	cmd.Flags().BoolVar(&input.all, "all", false, "list everything, even on a terminal")
	return cmd
}

// flush runs the command: a send that reads nothing.
func (a *app) flush(ctx context.Context, o *deliveryOptions, input *inputOptions, now bool) error {
	if err := o.check(); err != nil {
		return err
	}
	s, err := a.makeSetup(ctx, &setupOptions{to: o.to, all: input.all, asJSON: input.output == "json", send: true})
	if err != nil {
		return err
	}
	ctx, cancel := o.limit(ctx)
	defer cancel()
	store, err := a.openState(ctx, s.Common.State, false)
	if err != nil {
		return err
	}
	defer store.Close()
	a.outcome.warnOnly = o.failure == "warn"
	r := &sendRun{app: a, setup: s, report: a.newReport(input, s)}
	r.engine = &route.Engine{Routes: s.Routes, Store: store, Lease: lease}
	r.deliverer = a.newDeliverer(store, s, o, r.report)
	if err := r.deliverer.Start(ctx); err != nil {
		return &stateError{err}
	}
	err = r.finish(ctx, r.digests(ctx, now))
	if err == nil && ctx.Err() == nil {
		err = a.keepSmall(ctx, store, s)
	}
	return r.report.finish(ctx, store, s, err)
}
