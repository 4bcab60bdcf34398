package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/config"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
)

// renderOptions are the flags of render.
type renderOptions struct {
	input  inputOptions
	format formatFlag
	target string
	// template is the file of a template, "" for the built-in layout.
	template string
	// all: lists are not shortened.
	all bool
}

// renderCommand returns postee render.
func (a *app) renderCommand() *cobra.Command {
	o := &renderOptions{}
	cmd := &cobra.Command{
		Use:   "render --target NAME|TYPE [--template FILE] [flags] [FILE|FOLDER|-]...",
		Short: "Show what a target would be told, without state or network",
		Long: `Print the requests' bodies that a target would be sent for a scan, as if nothing had been said before, or for the difference to
the report of --baseline. A target of the configuration, or just a type. With --template a Go template, or a Rego file, writes them:
docs/templates.md.

EXIT STATUS
  0    all input was read
  2    wrong usage or configuration, or no such target
  3    some input could not be read or understood, or nothing came in
  4    a template failed, or wrote what the target does not take`,
		Example: `  postee render --target slack report.json
  postee render --target email --template team.tmpl report.json
  postee render --target team-hook --config cfg.yaml report.json`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.render(cmd, o, args) },
	}
	o.input.register(cmd.Flags())
	o.format.register(cmd.Flags())
	registerAll(cmd.Flags(), &o.all)
	cmd.Flags().StringVar(&o.target, "target", "", "`NAME` of a target, or a type of target: "+joined(all.Types()))
	cmd.Flags().StringVar(&o.template, "template", "", "`FILE` of a template: Rego where it ends in .rego, else a Go template")
	return cmd
}

// render runs the command: the same decision as send, on an empty state in memory.
func (a *app) render(cmd *cobra.Command, o *renderOptions, inputs []string) error {
	if o.target == "" {
		return usagef("postee render --target TYPE report.json", "--target is missing")
	}
	if err := cmp.Or(o.format.check(), o.input.check()); err != nil {
		return err
	}
	inputs, s, err := a.prepare(cmd, inputs, o.all)
	if err != nil {
		return err
	}
	format := ""
	if cmd.Flags().Changed("format") {
		format = string(o.format)
	}
	sink, needs, err := a.sinkFor(s, o.target, format, o.all)
	if err != nil {
		return err
	}
	told := &route.Route{Name: o.target, Rules: route.Differences(true)}
	if o.template != "" {
		if err := s.Template(cmd.Context(), told, o.template); err != nil {
			return &usageError{err: fmt.Errorf("--template: %w", err)}
		}
	}
	s.Common.State = "none"
	r := &rendering{report: a.newReport(&outputOptions{}, s), sink: sink, needs: needs}
	err = a.look(cmd.Context(), &lookup{
		input: &o.input, inputs: inputs, setup: s, report: r.report, components: needs.Components,
		engine: &route.Engine{Routes: []*route.Route{told}, Observe: r.show},
	})
	if err == nil && r.failed != nil {
		a.outcome.undelivered = true
		err = r.failed
	}
	return err
}

// sinkFor returns the sink of a target of the setup, or of a type with nothing configured, and what it needs in a message.
func (a *app) sinkFor(s *setup, name, format string, everything bool) (sinks.Sink, route.Contents, error) {
	if t := s.target(name); t != nil && format == "" {
		return t.Sink, config.ContentsOf(t.Needs), nil
	}
	target, err := all.To(name, sinks.NewSecret("http://target.invalid/"))
	if err != nil {
		if target, err = all.New(name); err != nil {
			return nil, route.Contents{}, usagef("", "--target: %v", err)
		}
	}
	env := a.sinkEnv(everything)
	env.Format, env.AquaServer = format, s.Common.AquaServer
	sink, err := target.Open(env)
	return sink, config.ContentsOf(target.Needs()), err
}

// rendering prints what a sink plans.
type rendering struct {
	*report
	sink   sinks.Sink
	needs  route.Contents
	failed error
	parts  int
}

// show prints the parts of one report's message.
func (r *rendering) show(_ context.Context, c *route.Case, to *route.Route, v *route.Verdict) {
	if v.Err != nil {
		r.failed = fmt.Errorf("%s: %w", c.Doc.Source, v.Err)
		return
	}
	section := route.Section(c, to.ShowAll, r.needs)
	section.Document = c.Report.Raw
	parts, err := r.sink.Plan(&message.Message{Route: to.Name, Sections: []message.Section{section}})
	if err != nil {
		r.failed = fmt.Errorf("%s: %w", c.Doc.Source, err)
		return
	}
	for _, part := range parts {
		body := bytes.TrimRight(part.Body, "\n")
		if r.parts++; r.parts > 1 {
			body = append([]byte("\n"), body...)
		}
		if _, err := r.stdout.Write(append(body, '\n')); r.written == nil && !gone(err) {
			r.written = err
		}
	}
}
