package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// batchMemory is how many MiB a batch may take, whatever its length.
const batchMemory = 110

// openMemoryStdout measures the memory that a long batch takes.
func openMemoryStdout(ctx context.Context, e *environment, p program) (*benchmark, error) {
	return batch(ctx, e, p, printing, "standard output")
}

// memoryWebhook measures the memory that a long batch takes when its target is quick, or slow.
type memoryWebhook struct {
	start func(e *environment, ctx context.Context) (url string, err error)
}

// open starts the target.
func (m memoryWebhook) open(ctx context.Context, e *environment, p program) (*benchmark, error) {
	url, err := m.start(e, ctx)
	if err != nil {
		return nil, err
	}
	return batch(ctx, e, p, hook("hook", url), "a webhook")
}

// batch returns the benchmark of a batch of first scans.
func batch(ctx context.Context, e *environment, p program, config, to string) (*benchmark, error) {
	in, err := e.aqua(firstScan)
	if err != nil {
		return nil, err
	}
	run, err := replay(ctx, p, config, in, in, never)
	if err != nil {
		return nil, err
	}
	return &benchmark{
		about:   in.String() + " to " + to,
		runners: []runner{{"postee", run}},
		figures: []figure{{what: "peak MiB", value: mebibytes, goal: goal{most, batchMemory}}, {what: "s", value: seconds}},
	}, nil
}

// openRoutes measures 200 routes that all speak about each document, and twice as many documents beside so many.
func openRoutes(ctx context.Context, e *environment, p program) (*benchmark, error) {
	url, err := e.answering(ctx)
	if err != nil {
		return nil, err
	}
	var config strings.Builder
	for i := range 200 {
		config.WriteString(hook(fmt.Sprintf("route-%d", i), url))
	}
	b := &benchmark{figures: []figure{
		{what: "peak MiB", value: mebibytes, beside: 1, goal: goal{most, 150}},
		{what: "s", value: seconds, beside: 1, goal: goal{cost, 2.3}},
	}}
	for _, n := range []int{200, 100} {
		n = e.count(n)
		in, err := e.input(fmt.Sprintf("routes-%d.ndjson", n), n, func(w io.Writer, i int) { documents{e.seed}.aqua(w, i, imagePackages, firstScan) })
		if err != nil {
			return nil, err
		}
		run, err := replay(ctx, p, config.String(), in, in, never)
		if err != nil {
			return nil, err
		}
		b.runners = append(b.runners, runner{fmt.Sprintf("%d documents", in.documents), run})
	}
	b.about = b.runners[0].name + " to 200 webhooks each"
	return b, nil
}

// openLarge measures one large document.
func openLarge(ctx context.Context, e *environment, p program) (*benchmark, error) {
	in, err := e.input("large.json", 1, func(w io.Writer, _ int) { documents{e.seed}.large(w, int64(200e6*e.scale)) })
	if err != nil {
		return nil, err
	}
	run, err := replay(ctx, p, printing, in, in, never)
	if err != nil {
		return nil, err
	}
	return &benchmark{
		about:   in.String() + ", to standard output",
		runners: []runner{{"postee", run}},
		figures: []figure{
			{what: "peak MiB", value: mebibytes, goal: goal{most, 2.5*float64(in.bytes)/(1<<20) + 100}},
			{what: "s", value: seconds, goal: goal{most, 4}},
		},
	}, nil
}
