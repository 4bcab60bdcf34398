package main

import (
	"context"

	"github.com/spf13/cobra"
)

// flushCommand is postee flush.
func (a *app) flushCommand() *cobra.Command {
	o := &deliveryOptions{}
	input := &inputOptions{}
	cmd := &cobra.Command{
		Use:   "flush [flags]",
		Short: "Deliver what waits from earlier runs",
		Long: `Deliver the messages that earlier runs could not deliver. It reads no scans; when nothing is due it prints nothing and ends
with 0, so that cron can call it.
` + exitHelp,
		Example: "  postee flush --to webhook='$HOOK_URL'",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("output", input.output, "text", "json"); err != nil {
				return err
			}
			return a.flush(cmd.Context(), o, input)
		},
	}
	o.register(cmd.Flags())
	cmd.Flags().StringVarP(&input.output, "output", "o", "text", "text or json (JSON Lines)")
	cmd.Flags().BoolVar(&input.all, "all", false, "list everything, even on a terminal")
	return cmd
}

// flush runs the command.
func (a *app) flush(ctx context.Context, o *deliveryOptions, input *inputOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	plan, err := a.arrange(ctx, &arrangement{to: o.to, all: input.all, asJSON: input.output == "json", send: true})
	if err != nil {
		return err
	}
	ctx, cancel := o.limit(ctx)
	defer cancel()
	store, err := a.openState(ctx, plan.state, false)
	if err != nil {
		return err
	}
	defer store.Close()
	a.outcome.warnOnly = o.failure == "warn"
	report := a.newReport(input, plan)
	courier := a.newCourier(store, plan, o, report)
	if err := courier.Start(ctx); err != nil {
		return &stateError{err}
	}
	return report.finish(ctx, store, plan, asStateError(courier.Finish(ctx)))
}
