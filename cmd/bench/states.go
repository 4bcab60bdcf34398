package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"github.com/dustin/go-humanize"
	"github.com/go-json-experiment/json"
)

// openSubjects measures one scan sent into a state of 200,000 subjects, beside one into a state that has only such scans.
func openSubjects(ctx context.Context, e *environment, p program) (*benchmark, error) {
	n := e.count(200_000)
	return besideEmpty(ctx, e, p, humanize.Comma(int64(n))+" subjects", func(config string) error {
		fill := p.send("-", config, "full")
		fill.args = append(fill.args, "--record")
		return piped(ctx, p, fill, n, func(w io.Writer, i int) { documents{e.seed}.aqua(w, i, smallPackages, firstScan) })
	})
}

// notDelivered is the exit status of a run whose messages are kept.
const notDelivered = 4

// openWaiting measures one scan sent while 40,000 messages of another route wait, beside one while none does.
func openWaiting(ctx context.Context, e *environment, p program) (*benchmark, error) {
	n := e.count(40_000)
	return besideEmpty(ctx, e, p, humanize.Comma(int64(n))+" messages wait", func(string) error {
		url, err := nobody(ctx)
		if err != nil {
			return err
		}
		config, err := file(p.dir, "other.yaml", hook("other", url))
		if err != nil {
			return err
		}
		fill := p.send("-", config, "full")
		fill.args, fill.may = append(fill.args, "--timeout", "1s"), notDelivered
		return piped(ctx, p, fill, n, func(w io.Writer, i int) { documents{e.seed}.tiny(w, i) })
	})
}

// besideEmpty measures one scan to a webhook with a state that fill has made, beside one with a state of such scans only.
func besideEmpty(ctx context.Context, e *environment, p program, full string, fill func(config string) error) (*benchmark, error) {
	url, err := e.answering(ctx)
	if err != nil {
		return nil, err
	}
	config, err := file(p.dir, "cfg.yaml", hook("hook", url))
	if err != nil {
		return nil, err
	}
	if err := fill(config); err != nil {
		return nil, err
	}
	one := newSingle(e, p)
	// The first run with a state makes it, or tidies it.
	for _, state := range []string{"full", "empty"} {
		if _, err := one.send(ctx, p, config, state); err != nil {
			return nil, err
		}
	}
	return &benchmark{
		about: "one document, 2 KB, to a webhook; " + full,
		runners: []runner{
			{"postee", func(ctx context.Context) (sample, error) { return one.send(ctx, p, config, "full") }},
			{"empty state", func(ctx context.Context) (sample, error) { return one.send(ctx, p, config, "empty") }},
		},
		figures: []figure{{what: "ms", value: milliseconds, beside: 1, goal: goal{cost, 1.1}}},
	}, nil
}

// piped runs a command with so many documents as its standard input, which no file has to hold.
func piped(ctx context.Context, p program, c command, n int, write func(w io.Writer, number int)) error {
	in, out := io.Pipe()
	go func() {
		b := bufio.NewWriterSize(out, 1<<20)
		for i := range n {
			write(b, i)
		}
		out.CloseWithError(b.Flush())
	}()
	c.stdin = in
	_, err := c.run(ctx, p.dir)
	// What was not read is not written either.
	return errors.Join(err, in.Close())
}

// openSize measures what the state takes, an image of 210 findings, once it was told of.
func openSize(ctx context.Context, e *environment, p program) (*benchmark, error) {
	in, err := e.aqua(firstScan)
	if err != nil {
		return nil, err
	}
	run, err := replay(ctx, p, printing, in, in, never)
	if err != nil {
		return nil, err
	}
	return &benchmark{
		about: in.String() + " to standard output",
		runners: []runner{{"postee", func(ctx context.Context) (sample, error) {
			took, err := run(ctx)
			if err != nil {
				return sample{}, err
			}
			file, used, err := sizeOf(ctx, p, running)
			took.counts = [2]float64{used / float64(in.documents), file / used}
			return took, err
		}}},
		figures: []figure{
			{what: "used B an image", value: func(s sample) float64 { return s.counts[0] }, goal: goal{most, 2800}},
			{what: "file / used", value: func(s sample) float64 { return s.counts[1] }, goal: goal{most, 2.5}},
		},
	}, nil
}

// sizeOf returns how large a state's file is, and how much of it is in use.
func sizeOf(ctx context.Context, p program, state string) (file, used float64, err error) {
	out, err := exec.CommandContext(ctx, p.binary, "state", "stats", "--output", "json", "--state", p.state(state)).Output()
	if err != nil {
		return 0, 0, fmt.Errorf("state stats: %w", err)
	}
	var stats struct {
		Bytes int64 `json:"bytes"`
		Free  int64 `json:"free_bytes"`
	}
	err = json.Unmarshal(out, &stats)
	return float64(stats.Bytes), float64(stats.Bytes - stats.Free), err
}
