package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	input  inputOptions
	output outputOptions
	route  string
}

// explainCommand is postee explain.
func (a *app) explainCommand() *cobra.Command {
	o := &explainOptions{}
	cmd := &cobra.Command{
		Use:   "explain [flags] [FILE|FOLDER|-]...",
		Short: "Show why each route would speak or not, and change nothing",
		Long: `Show for each scan and each route every rule, its answer and the reason: the same decision that send takes. Nothing is sent
and nothing is remembered.

EXIT STATUS
  0    all input was read
  2    wrong usage or configuration
  3    some input could not be read or understood, or nothing came in
  5    the state could not be opened or locked`,
		Example: `  postee explain report.json
  postee explain report.json --route team-slack --output json`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.explain(cmd, o, args) },
	}
	o.input.register(cmd.Flags())
	o.output.register(cmd.Flags())
	cmd.Flags().StringVar(&o.route, "route", "", "explain this `ROUTE` only")
	return cmd
}

// explain runs the command: the same decision as send, on a copy of the state in memory.
func (a *app) explain(cmd *cobra.Command, o *explainOptions, inputs []string) error {
	if err := cmp.Or(o.output.check(), o.input.check()); err != nil {
		return err
	}
	inputs, s, err := a.prepare(cmd, inputs, o.output.all)
	if err != nil {
		return err
	}
	routes := s.Routes
	if o.route != "" {
		only := s.Route(o.route)
		if only == nil {
			return usagef("the routes are "+joined(s.RouteNames()), "--route: there is no route %q", o.route)
		}
		routes = []*route.Route{only}
	}
	e := &explanation{report: a.newReport(&o.output, s)}
	return a.look(cmd.Context(), &lookup{
		input: &o.input, inputs: inputs, setup: s, report: e.report, engine: &route.Engine{Routes: routes, Observe: e.decided, Explain: true},
	})
}

// explanation prints decisions.
type explanation struct {
	*report
	// last is the report that was headed last: its routes stand below it.
	last *scan.Report
}

// answer is one rule's answer in --output json; its keys are stable.
type answer struct {
	Key  string `json:"key"`
	Line int    `json:"line"`
	OK   bool   `json:"ok"`
	Why  string `json:"why"`
}

// explained is one line of --output json; its keys are stable.
type explained struct {
	Source  string   `json:"source"`
	Subject string   `json:"subject"`
	Route   string   `json:"route"`
	Targets []string `json:"targets"`
	Status  string   `json:"status"`
	Reason  string   `json:"reason"`
	Rules   []answer `json:"rules"`
}

// decided prints one decision.
func (e *explanation) decided(ctx context.Context, c *route.Case, r *route.Route, v *route.Verdict) {
	x := explained{Source: c.Doc.Source, Subject: c.Subject, Route: r.Name, Targets: []string{}, Status: string(v.Status), Rules: []answer{}}
	for _, t := range r.Targets {
		x.Targets = append(x.Targets, t.Name)
	}
	if v.By != nil {
		x.Reason = v.By.Key
	} else {
		x.Status = "would be sent"
	}
	for _, asked := range v.Asked {
		why := ""
		if asked.Err != nil {
			why = asked.Err.Error()
		} else if asked.Rule.Why != nil {
			why = asked.Rule.Why(ctx, c)
		}
		if e.setup.Path != "" { // policies stand beside the configuration: their folder says nothing
			why = strings.ReplaceAll(why, filepath.Dir(e.setup.Path)+string(filepath.Separator), "")
		}
		if asked.Rule.Unlisted && asked.OK {
			continue
		}
		x.Rules = append(x.Rules, answer{asked.Rule.Key, asked.Rule.Line, asked.OK, why})
	}
	if e.asJSON {
		e.print(x)
		return
	}
	if _, err := e.stdout.Write(e.text(c, &x)); e.written == nil && !gone(err) {
		e.written = err
	}
}

// text lays a decision out for people.
func (e *explanation) text(c *route.Case, x *explained) []byte {
	var out bytes.Buffer
	if e.last != c.Report {
		if e.last != nil {
			out.WriteByte('\n')
		}
		e.last = c.Report
		fmt.Fprintf(&out, "%s   %s · %s\n", render.Clean(c.Subject), render.Clean(c.Doc.Format), openOf(c))
	}
	verdict := x.Status
	if x.Reason != "" {
		verdict += " (" + x.Reason + ")"
	} else {
		verdict += ": " + c.Sentence()
	}
	fmt.Fprintf(&out, "\n%s → %s   %s\n", x.Route, strings.Join(x.Targets, ", "), verdict)
	keys, places := 0, 0
	for _, a := range x.Rules {
		keys, places = max(keys, len(a.Key)), max(places, len(e.place(a.Line)))
	}
	for _, a := range x.Rules {
		yes := "yes"
		if !a.OK {
			yes = "no "
		}
		line := fmt.Sprintf("  %s  %s  %s  %s", yes, runewidth.FillRight(a.Key, keys), runewidth.FillRight(e.place(a.Line), places), render.Clean(a.Why))
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return out.Bytes()
}

// openOf says what is open after the scan, as every message counts it.
func openOf(c *route.Case) string {
	if c.Report.Scanner == "" {
		return render.Unknown
	}
	open, _ := c.Set.Open()
	return render.Open(&open)
}

// place is where a rule stands: "cfg.yaml:12".
func (e *explanation) place(line int) string {
	if line == 0 || e.setup.Path == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", filepath.Base(e.setup.Path), line)
}
