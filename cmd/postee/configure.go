package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/render"
)

// configPlace finds the configuration: --config, POSTEE_CFG, AQUAALERT_CFG, then where the system keeps such files; "" when
// there is none. It is never looked for in the working directory, which may be somebody's branch. One that is named must be there.
func (a *app) configPlace() (string, error) {
	for _, named := range []struct{ by, path string }{
		{"--config", a.configPath}, {"$POSTEE_CFG", a.env("POSTEE_CFG")}, {"$AQUAALERT_CFG", a.env("AQUAALERT_CFG")},
	} {
		if named.path == "" {
			continue
		}
		if !a.exists(named.path) {
			return "", usagef("name one that is there, or none", "%s names %s, which does not exist", named.by, named.path)
		}
		return named.path, nil
	}
	if path := a.configStandard(); path != "" && a.exists(path) {
		return path, nil
	}
	return "", nil
}

// configStandard returns where the system keeps such files, "" when that is not known.
func (a *app) configStandard() string {
	dir := a.env("XDG_CONFIG_HOME")
	if home := a.env("HOME"); !filepath.IsAbs(dir) && filepath.IsAbs(home) {
		dir = filepath.Join(home, ".config")
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "postee", "cfg.yaml")
}

// configThere returns what configPlace does, for commands that need a configuration.
func (a *app) configThere() (string, error) {
	file, err := a.configPlace()
	if err == nil && file == "" {
		err = usagef("name one with --config FILE, or write one: postee config init", "there is no configuration")
	}
	return file, err
}

// configError prints every problem of a configuration, and returns the error that ends the run.
func (a *app) configError(err error) error {
	var problems *config.Problems
	if !errors.As(err, &problems) {
		return &usageError{err: err}
	}
	a.complain(problems.Error())
	return usagef("", "%s; nothing was sent (exit status 2)", english.Plural(len(problems.List), "problem", ""))
}

// configCommand returns postee config.
func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "Begin, check, show and convert the configuration", Args: noArguments, RunE: group,
		Long:    "Work with cfg.yaml.\n" + configHelp,
		Example: "  postee config init\n  postee config check --config cfg.yaml\n  postee config show",
	}
	check := &cobra.Command{
		Use: "check", Short: "Report every problem of the configuration", Args: noArguments,
		Long: `Read the configuration and everything that it names, policies too, and report every problem with its place. Secrets need not
be there: what would be needed is listed.
` + configHelp,
		Example: "  postee config check --config cfg.yaml",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.configCheck(cmd.Context()) },
	}
	cmd.AddCommand(a.configInitCommand(), check, a.configShowCommand(), a.configConvertCommand(), a.configSchemaCommand())
	return cmd
}

const configHelp = `
EXIT STATUS
  0    the configuration can be used
  2    it cannot, or there is none`

// configCheck runs postee config check.
func (a *app) configCheck(ctx context.Context) error {
	file, err := a.configThere()
	if err != nil {
		return err
	}
	s, err := withContext(ctx, func() (*config.Setup, error) { return config.Load(ctx, file, config.Options{Lookup: a.lookup}) })
	if err != nil {
		return a.configError(err)
	}
	for _, n := range s.Notes {
		fmt.Fprintf(a.stdout, "note: %s\n", render.Clean(n.String()))
	}
	for _, name := range s.Needs {
		fmt.Fprintf(a.stdout, "needs %s\n", render.Clean(name))
	}
	fmt.Fprintf(a.stdout, "%s: %s, %d enabled\n", s.Path, english.Plural(len(s.Targets)+s.Disabled, "target", ""), len(s.Targets))
	return nil
}

// configuredState finds the state for commands that need nothing else of the configuration: one with problems does not keep a
// person from looking into the state.
func (a *app) configuredState(ctx context.Context) (string, error) {
	configured := ""
	if file, err := a.configPlace(); err == nil && file != "" {
		common, _ := a.common(ctx, file)
		if err := interrupted(ctx); err != nil {
			return "", err
		}
		if common != nil {
			configured = common.State
		}
	}
	return a.statePlace(configured)
}

// common reads what a configuration says of the whole program; problems come beside it.
func (a *app) common(ctx context.Context, file string) (*config.Common, error) {
	return withContext(ctx, func() (*config.Common, error) { return config.LoadCommon(ctx, file, config.Options{Lookup: a.lookup}) })
}
