package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
)

// workloads are what is measured, in the order of the table. Goals are for inputs of full size, on a machine with two processors.
func workloads() []workload {
	return []workload{
		{name: "aqua-first", open: reading{printing, firstScan, never, goal{speed, 2.2}}.open},
		{name: "aqua-new", open: reading{printing, oneNew, before, goal{speed, 3.5}}.open},
		{name: "aqua-stamps", open: reading{printing, laterStamps, before, goal{speed, 4.5}}.open},
		{name: "aqua-again", open: reading{printing, firstScan, before, goal{speed, 15}}.open},
		{name: "rego-first", open: reading{judging, firstScan, never, goal{speed, 1.5}}.open},
		{name: "rego-again", open: reading{judging, firstScan, before, goal{speed, 10}}.open},
		{name: "trivy-first", open: reports{never, goal{speed, 2.5}}.open},
		{name: "trivy-again", open: reports{before, goal{speed, 8}}.open},
		{name: "webhook-10k", open: openWebhook},
		{name: "tiny", open: tiny{printing, goal{most, 90}}.open},
		{name: "tiny-filtered", open: tiny{filtering, goal{most, 15}}.open},
		{name: "memory-stdout", open: openMemoryStdout},
		{name: "memory-webhook", open: memoryWebhook{(*environment).answering}.open},
		{name: "memory-slow", open: memoryWebhook{func(e *environment, ctx context.Context) (string, error) { return e.paced(ctx, 90) }}.open},
		{name: "memory-routes", open: openRoutes},
		{name: "memory-large", open: openLarge},
		{name: "subjects", often: 8, open: openSubjects},
		{name: "waiting", often: 8, open: openWaiting},
		{name: "flushes", open: openFlushes},
		{name: "start", often: 8, open: openStart},
		{name: "size", open: openSize},
	}
}

// What is configured.
const (
	printing  = "- {name: out, type: stdout, format: json}\n"
	filtering = "- {name: out, type: stdout, format: json, Policy-Min-Vulnerability: critical}\n"
	judging   = "- {name: out, type: stdout, format: json, Policy-OPA: [policy.rego]}\n"
	policy    = `package postee

allow if {
	some r in input.resources
	some v in r.vulnerabilities
	v.aqua_severity in {"critical", "high"}
}
`
)

// hook returns the configuration of a webhook.
func hook(name, url string) string {
	return fmt.Sprintf("- {name: %s, type: webhook, url: %q}\n", name, url)
}

// history says whether the first scans of the same images were sent before.
type history bool

const (
	never  history = false
	before history = true
)

// reading measures image scans to standard output, beside jq and a bare decoding.
type reading struct {
	config string
	scans  variant
	history
	goal goal
}

// open writes the inputs, and the state that each run begins with.
func (r reading) open(ctx context.Context, e *environment, p program) (*benchmark, error) {
	in, err := e.aqua(r.scans)
	if err != nil {
		return nil, err
	}
	first, err := e.aqua(firstScan)
	if err != nil {
		return nil, err
	}
	if _, err := file(p.dir, "policy.rego", policy); err != nil {
		return nil, err
	}
	run, err := replay(ctx, p, r.config, in, first, r.history)
	if err != nil {
		return nil, err
	}
	return besideReaders(e, p, in, run, "decode-aqua", ".image", r.goal), nil
}

// reports measures Trivy reports to standard output, beside jq and a bare decoding.
type reports struct {
	history
	goal goal
}

// open writes the inputs, and the state that each run begins with.
func (r reports) open(ctx context.Context, e *environment, p program) (*benchmark, error) {
	in, err := e.trivy()
	if err != nil {
		return nil, err
	}
	run, err := replay(ctx, p, printing, in, in, r.history)
	if err != nil {
		return nil, err
	}
	return besideReaders(e, p, in, run, "decode-trivy", ".ArtifactName", r.goal), nil
}

// replay returns what sends an input with a state in which the first scans are, or nothing.
func replay(ctx context.Context, p program, config string, in, first *input, h history) (func(context.Context) (sample, error), error) {
	configured, err := file(p.dir, "cfg.yaml", config)
	if err != nil {
		return nil, err
	}
	from := ""
	if h == before {
		from = "before"
		if _, err := p.send(first.path, configured, from).run(ctx, p.dir); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) (sample, error) {
		if err := p.afresh(from); err != nil {
			return sample{}, err
		}
		return p.send(in.path, configured, running).run(ctx, p.dir)
	}, nil
}

// besideReaders returns a benchmark of a run beside what only reads the same bytes.
func besideReaders(e *environment, p program, in *input, run func(context.Context) (sample, error), decoder, filter string, g goal) *benchmark {
	return &benchmark{
		about: in.String() + " to standard output",
		runners: []runner{
			{"postee", run},
			tool("jq", p, "jq -c "+filter, "-c", filter, in.path),
			{"bare decode", func(ctx context.Context) (sample, error) {
				return command{path: e.self, args: []string{decoder, in.path}}.run(ctx, p.dir)
			}},
		},
		figures: []figure{
			{what: "s", value: seconds, beside: 1, goal: g},
			{what: "s", value: seconds, beside: 2},
		},
	}
}

// tool returns the runner of an executable that may not be installed.
func tool(executable string, p program, name string, args ...string) runner {
	path, err := exec.LookPath(executable)
	if err != nil {
		return runner{name: executable + " is not installed"}
	}
	return runner{name, func(ctx context.Context) (sample, error) { return command{path: path, args: args}.run(ctx, p.dir) }}
}

// tiny measures what a document costs by itself.
type tiny struct {
	config string
	goal   goal
}

// open writes the inputs.
func (t tiny) open(ctx context.Context, e *environment, p program) (*benchmark, error) {
	in, err := e.input("tiny.ndjson", e.count(40_000), func(w io.Writer, i int) { documents{e.seed}.tiny(w, i) })
	if err != nil {
		return nil, err
	}
	run, err := replay(ctx, p, t.config, in, in, never)
	if err != nil {
		return nil, err
	}
	each := func(s sample) float64 { return s.cpu.Seconds() * 1e6 / float64(in.documents) }
	return &benchmark{
		about:   in.String() + " to standard output",
		runners: []runner{{"postee", run}, tool("jq", p, "jq -c .image", "-c", ".image", in.path)},
		figures: []figure{{what: "CPU µs a document", value: each, beside: 1, goal: t.goal}},
	}, nil
}
