package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// openWebhook measures scans of 10 KB to a webhook, beside a client that posts the same documents and knows nothing of them.
func openWebhook(ctx context.Context, e *environment, p program) (*benchmark, error) {
	in, err := e.middling(10_000)
	if err != nil {
		return nil, err
	}
	url, err := e.answering(ctx)
	if err != nil {
		return nil, err
	}
	run, err := replay(ctx, p, hook("hook", url), in, in, never)
	if err != nil {
		return nil, err
	}
	return &benchmark{
		about: in.String() + " to a webhook",
		runners: []runner{{"postee", run}, {"plain client", func(ctx context.Context) (sample, error) {
			return command{path: e.self, args: []string{"post", url, in.path}}.run(ctx, p.dir)
		}}},
		figures: []figure{{what: "s", value: seconds, beside: 1, goal: goal{speed, 0.2}}},
	}, nil
}

// synchronised finds the calls that wait for the disk in what strace writes: where a call begins, not where it is resumed.
var synchronised = regexp.MustCompile(`(?m)^\d+ +(fsync|fdatasync)\(`)

// openFlushes counts how often a batch waits for the disk.
func openFlushes(ctx context.Context, e *environment, p program) (*benchmark, error) {
	in, err := e.middling(1000)
	if err != nil {
		return nil, err
	}
	url, err := e.answering(ctx)
	if err != nil {
		return nil, err
	}
	configured, err := file(p.dir, "cfg.yaml", hook("hook", url))
	if err != nil {
		return nil, err
	}
	b := &benchmark{
		about:   in.String() + " to a webhook",
		runners: []runner{{name: "strace is not installed"}},
		figures: []figure{{
			what:  "waits for the disk a message",
			value: func(s sample) float64 { return s.counts[0] },
			goal:  goal{most, 0.1},
		}},
	}
	if strace, err := exec.LookPath("strace"); err == nil {
		b.runners[0] = runner{"postee", func(ctx context.Context) (sample, error) {
			return traced(ctx, p, strace, p.send(in.path, configured, running), in.documents)
		}}
	}
	return b, nil
}

// traced runs a command with no state, and counts how often it waits for the disk, a document.
func traced(ctx context.Context, p program, strace string, c command, documents int) (sample, error) {
	if err := p.afresh(""); err != nil {
		return sample{}, err
	}
	calls := filepath.Join(p.dir, "calls")
	c.args = append([]string{"-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", calls, c.path}, c.args...)
	c.path = strace
	took, err := c.run(ctx, p.dir)
	if err != nil {
		return sample{}, err
	}
	lines, err := os.ReadFile(calls)
	took.counts[0] = float64(len(synchronised.FindAll(lines, -1))) / float64(documents)
	return took, err
}

// openStart measures one small scan to a webhook, from the start of the process to its exit, beside curl posting the same.
func openStart(ctx context.Context, e *environment, p program) (*benchmark, error) {
	url, err := e.answering(ctx)
	if err != nil {
		return nil, err
	}
	configured, err := file(p.dir, "cfg.yaml", hook("hook", url))
	if err != nil {
		return nil, err
	}
	one := newSingle(e, p)
	return &benchmark{
		about: "one document, 2 KB, to a webhook",
		runners: []runner{
			{"postee", func(ctx context.Context) (sample, error) { return one.send(ctx, p, configured, running) }},
			tool("curl", p, "curl", "-s", "--data-binary", "@"+one.path, url),
		},
		figures: []figure{{what: "ms", value: milliseconds, beside: 1, goal: goal{cost, 1.4}}},
	}, nil
}

// single is a file of one small document, another one each time.
type single struct {
	documents
	path   string
	number int
}

// newSingle returns one in the folder of a program.
func newSingle(e *environment, p program) *single {
	return &single{documents: documents{e.seed}, path: filepath.Join(p.dir, "one.json"), number: 1_000_000}
}

// send writes the next document, and measures sending it.
func (o *single) send(ctx context.Context, p program, config, state string) (sample, error) {
	var b bytes.Buffer
	o.aqua(&b, o.number, smallPackages, firstScan)
	o.number++
	if err := os.WriteFile(o.path, b.Bytes(), 0o600); err != nil {
		return sample{}, err
	}
	return p.send(o.path, config, state).run(ctx, p.dir)
}
