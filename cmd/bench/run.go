package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// process is what main hands in.
type process struct {
	args           []string
	self           string
	stdout, stderr io.Writer
}

// options are the flags.
type options struct {
	binary, base string
	workloads    *regexp.Regexp
	runs         int
	scale        float64
	seed         uint64
}

// parse reads the flags.
func parse(p *process) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	flags.StringVar(&o.binary, "binary", "bin/postee", "`FILE` that is measured")
	flags.StringVar(&o.base, "base", "", "compare with the program at this `REVISION`")
	pattern := flags.String("workloads", "", "`REGEXP` of the workloads that run (default all)")
	flags.IntVar(&o.runs, "runs", 5, "how many times each of those that alternate runs")
	flags.Float64Var(&o.scale, "scale", 1, "how large inputs are, beside those that the goals are for")
	flags.Uint64Var(&o.seed, "seed", 1, "what the inputs are made from")
	err := flags.Parse(p.args)
	switch {
	case err != nil:
		return nil, err
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unknown argument %q", flags.Arg(0))
	case o.runs < 1:
		return nil, fmt.Errorf("%d runs: at least one is needed", o.runs)
	case o.scale <= 0:
		return nil, fmt.Errorf("scale %g: it must be more than 0", o.scale)
	}
	if o.workloads, err = regexp.Compile(*pattern); err != nil {
		return nil, err
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return nil, err
	}
	_, err = os.Stat(o.binary)
	return o, err
}

// run does what the arguments say: it is a baseline, or it measures.
func run(ctx context.Context, p *process) error {
	if len(p.args) > 0 && baselines[p.args[0]] != nil {
		return baselines[p.args[0]](ctx, p.args[1:])
	}
	o, err := parse(p)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "postee-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	e := &environment{options: o, process: p, dir: dir, inputs: map[string]*input{}}
	if err := e.introduce(ctx); err != nil {
		return err
	}
	if o.base != "" {
		return e.compare(ctx)
	}
	return e.measure(ctx)
}
