package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// compare runs each workload with the program and with that of another revision by turns, and prints what one takes beside the other.
func (e *environment) compare(ctx context.Context) error {
	base, err := e.build(ctx)
	if err != nil {
		return err
	}
	rows := newTable("workload", "measured", "base", "new", "new/base")
	err = e.each(ctx, func(w workload, dir string) error {
		var benchmarks [2]*benchmark
		for i, binary := range []string{base, e.binary} {
			p := program{binary, filepath.Join(dir, []string{"base", "new"}[i])}
			if err := os.Mkdir(p.dir, 0o700); err != nil {
				return err
			}
			if benchmarks[i], err = w.open(ctx, e, p); err != nil {
				return err
			}
		}
		fmt.Fprintf(e.stderr, "%s: %s\n", w.name, benchmarks[1].about)
		samples, err := alternate(ctx, []runner{benchmarks[0].runners[0], benchmarks[1].runners[0]}, e.rounds(w))
		if err != nil {
			return err
		}
		rows.addPairs(w.name, benchmarks[1], samples)
		return nil
	})
	return errors.Join(err, rows.print(e.stdout))
}

// addPairs adds a row for each thing that is measured, whatever it is compared with otherwise, and one for the time of the processor, which
// depends least on what else a machine does.
func (t *table) addPairs(name string, of *benchmark, samples [][]sample) {
	seen := map[string]bool{}
	for _, f := range append(slices.Clip(of.figures), figure{what: "CPU ms", value: processor}) {
		switch {
		case seen[f.what]:
			continue
		case len(samples[0]) == 0:
			t.add(name, f.what, of.runners[0].name)
		default:
			base, value := f.medianOf(samples[0]), f.medianOf(samples[1])
			t.add(name, f.what, number(base), number(value), number(value/base)+"×")
		}
		seen[f.what] = true
	}
}

// build builds the program at the base revision, as that one's Makefile does, in a worktree of its own that is removed at once. It returns
// where the program is.
func (e *environment) build(ctx context.Context) (binary string, err error) {
	binary, tree := filepath.Join(e.dir, "base"), filepath.Join(e.dir, "worktree")
	added := e.quietly(ctx, "git", "worktree", "add", "--detach", tree, e.base)
	defer func() {
		// Also when it was interrupted, then too while it was added: nothing is left in the repository.
		removed := e.quietly(context.WithoutCancel(ctx), "git", "worktree", "remove", "--force", tree)
		if added == nil {
			err = errors.Join(err, removed)
		}
	}()
	if added != nil {
		return "", added
	}
	return binary, e.quietly(ctx, "make", "-C", tree, "build", "BIN="+binary)
}

// quietly runs a command, and returns what it prints when it fails.
func (e *environment) quietly(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}
