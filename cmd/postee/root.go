package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// exitHelp ends the help of every command that reads or sends.
const exitHelp = `
EXIT STATUS
  0    all input was read, every message due was delivered or nothing was due, the gate passed
  1    the gate (--fail-on) tripped
  2    wrong usage or configuration; nothing was read or sent
  3    some input could not be read or understood, or nothing came in; the rest was processed
  4    some message was not delivered; it is kept (see: postee state outbox)
  5    the state could not be opened, locked or written
  130  interrupted (143 when terminated): what was in flight is finished or kept
  134  out of memory, or a fault of postee (137 when killed): what was admitted is kept; run it again`

// rootCommand is postee without a subcommand: send.
func (a *app) rootCommand() *cobra.Command {
	o := &sendOptions{}
	root := &cobra.Command{
		Use:   "postee [flags] [FILE|FOLDER|-]...",
		Short: "Turn scans into messages about what is new",
		Long: `postee reads scan documents (Aqua, Trivy), works out what is new since it last spoke about each artifact, and tells the
targets: each message once, none lost. Without a command it sends, as "postee send" does.
` + exitHelp,
		Example: `  postee send reports/ --to webhook=https://example.com/hook
  postee send report.json --fail-on new:high
  postee diff report.json
  trivy image -f json app:1 | postee`,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.logging() },
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if err := a.mistyped(cmd, args[0]); err != nil {
					return err
				}
			}
			return a.send(cmd, o, args)
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usagef("postee --help lists the flags, postee COMMAND --help those of a command", "%v", err)
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.configPath, "config", "", "`FILE` with routes and targets (default $POSTEE_CFG, $AQUAALERT_CFG, then ~/.config/postee/cfg.yaml)")
	flags.StringVar(&a.statePath, "state", "", "`FILE` in which postee remembers; none keeps it in memory (default $POSTEE_STATE, then ~/.local/state/postee/state.db)")
	flags.DurationVar(&a.lockTimeout, "lock-timeout", a.lockTimeout, "how long to wait for other processes that use the state")
	flags.StringVar(&a.logLevel, "log-level", "warn", "debug, info, warn or error")
	flags.StringVar(&a.logFormat, "log-format", "text", "text or json")
	flags.StringVar(&a.color, "color", "auto", "auto, always or never")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "print messages and errors only: no report, no warnings but that messages are dead")
	flags.BoolVar(&a.thorough, "no-shortcuts", false, "read, decide and deliver everything the long way, to see whether a short cut is wrong")
	_ = flags.MarkHidden("no-shortcuts") // it is declared
	o.register(root.Flags())
	root.AddCommand(a.sendCommand(), a.flushCommand(), a.diffCommand(), a.explainCommand(), a.renderCommand(), a.targetsCommand(), a.configCommand(), a.stateCommand(), a.versionCommand())
	return root
}

// mistyped refuses a first argument that is neither a command nor a path, with the command that was probably meant.
func (a *app) mistyped(root *cobra.Command, arg string) error {
	if arg == "-" || strings.ContainsAny(arg, `/\.`) || a.exists(arg) || filepath.Ext(arg) != "" {
		return nil
	}
	root.SuggestionsMinimumDistance = 2
	hint := "postee --help lists the commands; a file in this folder can be written ./" + arg
	if near := root.SuggestionsFor(arg); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, ", ") + "?"
	}
	return usagef(hint, "%q is neither a command nor a file", arg)
}

// noArguments is cobra.NoArgs with this program's kind of error.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		hint := cmd.CommandPath() + " --help"
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, ", ") + "?"
		}
		return usagef(hint, "%s: unexpected argument %q", cmd.CommandPath(), args[0])
	}
	return nil
}

// group is a command that only holds others.
func group(cmd *cobra.Command, _ []string) error {
	return usagef("one of "+strings.Join(names(cmd), ", "), "%s needs a command", cmd.CommandPath())
}

// names lists a command's subcommands.
func names(cmd *cobra.Command) []string {
	var list []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			list = append(list, c.Name())
		}
	}
	return list
}

// oneOf refuses a value that is not in a list.
func oneOf(flag, value string, allowed ...string) error {
	for _, ok := range allowed {
		if value == ok {
			return nil
		}
	}
	return usagef("one of "+strings.Join(allowed, ", "), "--%s: unknown value %q", flag, value)
}
