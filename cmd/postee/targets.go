package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/deliver"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// targetsCommand is postee targets.
func (a *app) targetsCommand() *cobra.Command {
	const help = `
EXIT STATUS
  0    the target answered
  2    wrong usage or configuration, or no such target
  4    the target could not be reached, or refused`
	cmd := &cobra.Command{
		Use: "targets", Short: "Try targets out", Args: noArguments, RunE: group,
		Long:    "Try out whether targets can be reached.\n" + help,
		Example: "  postee targets test team-hook --config cfg.yaml",
	}
	var to toFlag
	timeout := duration(time.Minute)
	test := &cobra.Command{
		Use: "test NAME", Short: "Try whether a target can be reached",
		Long: `Check a target where it can be checked without creating anything, and otherwise send it a message that says it is a test.
One attempt is made; nothing is remembered.
` + help,
		Example: "  postee targets test team-hook --config cfg.yaml\n  postee targets test webhook --to webhook='$HOOK_URL'",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("postee targets test NAME", "%s needs the name of one target", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Duration(timeout))
			defer cancel()
			return a.testTarget(ctx, to, args[0])
		},
	}
	to.register(test.Flags())
	test.Flags().Var(&timeout, "timeout", "how long to try")
	cmd.AddCommand(test)
	return cmd
}

// testTarget runs postee targets test.
func (a *app) testTarget(ctx context.Context, to []string, name string) error {
	s, err := a.makeSetup(ctx, &setupOptions{to: to, send: true})
	if err != nil {
		return err
	}
	target := s.target(name)
	if target == nil {
		return usagef("the targets are "+joined(s.labels()), "there is no target %q", name)
	}
	lines, err := try(ctx, target)
	label := s.Label(target.Name)
	for _, line := range lines {
		fmt.Fprintf(a.stdout, "%s: %s\n", label, render.Clean(line))
	}
	if err != nil {
		a.outcome.undelivered = true
		a.log.Error(fmt.Sprintf("%s: %v", label, err))
	}
	return nil
}

// try checks a target, or sends it a test message. It returns what worked, one sentence each.
func try(ctx context.Context, target *deliver.Target) ([]string, error) {
	if checker, ok := target.Sink.(sinks.Checker); ok {
		lines, err := checker.Check(ctx)
		if !errors.Is(err, sinks.ErrUnchecked) {
			return lines, err
		}
	}
	m := &message.Message{Route: target.Name, Test: true}
	parts, err := target.Sink.Plan(m)
	if err != nil {
		return nil, err
	}
	key := make([]byte, 16)
	_, _ = rand.Read(key) // a test is its own message, not a repeat of the last one
	var last sinks.Receipt
	for _, part := range parts {
		if last, err = target.Sink.Send(ctx, sinks.Delivery{Key: hex.EncodeToString(key), Part: part, Last: last, Message: m}); err != nil {
			return nil, err
		}
	}
	if last.Ref != "" {
		return []string{"took a test message: " + last.Ref}, nil
	}
	return []string{"took a test message"}, nil
}
