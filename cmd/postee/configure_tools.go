package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/render"
)

// configInitCommand returns postee config init.
func (a *app) configInitCommand() *cobra.Command {
	return &cobra.Command{
		Use: "init", Short: "Write a small configuration to begin with", Args: noArguments,
		Long: `Write a small configuration with comments, where postee looks for one: --config, POSTEE_CFG, AQUAALERT_CFG, else
~/.config/postee/cfg.yaml. It can be used as it is, and prints on standard output. A file that is there is never written over.

EXIT STATUS
  0    the file was written
  2    there is a file already, or it cannot be written`,
		Example: "  postee config init\n  postee config init --config cfg.yaml",
		RunE:    func(*cobra.Command, []string) error { return a.configInit() },
	}
}

// configInit runs postee config init.
func (a *app) configInit() error {
	path, err := a.configNamed()
	if err != nil {
		return err
	}
	err = config.WriteStarter(path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return usagef("name another with --config FILE, or remove it", "%s is there already; nothing was written", path)
	case err != nil:
		return usagef("", "%v", err)
	}
	path = render.Clean(path)
	fmt.Fprintf(a.stdout, "%s: written\nnext: name your targets in it, then try them:\n  postee config check --config %s\n  postee send --dry-run --config %s report.json\n", path, path, path)
	return nil
}

// printText prints a text. A reader of standard output that has gone away has read what it wanted.
func (a *app) printText(text []byte) error {
	if _, err := a.stdout.Write(text); !gone(err) {
		return err
	}
	return nil
}

// configNamed returns where the configuration is or would be, whether it is there or not.
func (a *app) configNamed() (string, error) {
	for _, path := range []string{a.configPath, a.env("POSTEE_CFG"), a.env("AQUAALERT_CFG")} {
		if path != "" {
			return path, nil
		}
	}
	if path := a.configStandard(); path != "" {
		return path, nil
	}
	return "", usagef("name one with --config FILE", "no place for the configuration: HOME is not set")
}

// configSchemaCommand returns postee config schema.
func (a *app) configSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print a JSON Schema of the configuration, for editors", Args: noArguments,
		Long: `Print a JSON Schema (draft-07) of cfg.yaml in both forms: an editor that knows it completes keys, explains them, and marks
mistakes. It never marks a file that postee can use; "postee config check" finds more.

EXIT STATUS
  0    printed`,
		Example: `  postee config schema > postee.schema.json
  # then, as the first line of cfg.yaml:
  # yaml-language-server: $schema=postee.schema.json`,
		RunE: func(*cobra.Command, []string) error {
			text, err := config.Schema()
			if err != nil {
				return err
			}
			return a.printText(text)
		},
	}
}

// configConvertCommand returns postee config convert.
func (a *app) configConvertCommand() *cobra.Command {
	return &cobra.Command{
		Use: "convert FILE", Short: "Print a list of entries as routes and actions",
		Long: `Print the form of routes and actions of a file that is a list of entries: the same routes and targets under the same names, so
that what was said stays said. Comments and references ($NAME) stay as they are. What is written out or left out is told on standard
error. Keep the result in the folder of FILE: relative paths are relative to it.

EXIT STATUS
  0    printed
  2    the file has mistakes, or is no list`,
		Example: "  postee config convert cfg.yaml > routes.yaml\n  postee config check --config routes.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("postee config convert FILE", "%s needs one file", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.configConvert(cmd.Context(), args[0]) },
	}
}

// converted is what became of a file.
type converted struct {
	text  []byte
	notes []config.Note
}

// configConvert runs postee config convert.
func (a *app) configConvert(ctx context.Context, path string) error {
	c, err := withContext(ctx, func() (converted, error) {
		text, notes, err := config.Convert(ctx, path, config.Options{Lookup: a.lookup})
		return converted{text, notes}, err
	})
	if errors.Is(err, config.ErrMapping) || errors.Is(err, config.ErrNoEntry) {
		return usagef("", "%s: %v", path, err)
	} else if err != nil {
		return a.configError(err)
	}
	for _, n := range c.notes {
		if !a.quiet {
			fmt.Fprintf(a.stderr, "note: %s:%s\n", render.Clean(path), render.Clean(n.String()))
		}
	}
	return a.printText(c.text)
}

// configShowCommand returns postee config show.
func (a *app) configShowCommand() *cobra.Command {
	output := "yaml"
	cmd := &cobra.Command{
		Use: "show", Short: "Print what holds, defaults filled in", Args: noArguments,
		Long: `Print what the configuration comes to, as routes and actions whichever form it has: with defaults filled in, paths absolute, and
without what is switched off. Secrets are never shown; references to them ($NAME, file:/path) are.
` + configHelp,
		Example: "  postee config show --config cfg.yaml\n  postee config show --output json | jq '.routes[].name'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("output", output, "yaml", "json"); err != nil {
				return err
			}
			return a.configShow(cmd.Context(), output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", output, "yaml or json")
	return cmd
}

// configShow runs postee config show. The file is loaded first, which finds every mistake.
func (a *app) configShow(ctx context.Context, output string) error {
	file, err := a.configThere()
	if err != nil {
		return err
	}
	h, err := withContext(ctx, func() (*config.Holding, error) {
		s, err := config.Load(ctx, file, config.Options{Lookup: a.lookup})
		if err != nil {
			return nil, err
		}
		place, err := a.statePlace(s.Common.State)
		if err != nil {
			return nil, err
		}
		if place != "none" {
			place, err = filepath.Abs(place)
		}
		if err != nil {
			return nil, err
		}
		return config.Show(ctx, file, place, config.Options{Lookup: a.lookup})
	})
	if _, usage := errors.AsType[*usageError](err); usage {
		return err
	} else if err != nil {
		return a.configError(err)
	}
	text, err := h.YAML()
	if output == "json" {
		text, err = h.JSON()
	}
	if err == nil {
		err = a.printText(text)
	}
	return err
}
