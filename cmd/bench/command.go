package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sample is what one run took. What a workload does not measure is zero.
type sample struct {
	wall, cpu time.Duration
	// peak is the greatest resident memory in bytes. The system begins a process's with that of the one that starts it: this one keeps
	// its own small.
	peak int64
	// counts are what else a workload counts.
	counts [2]float64
}

// command is a program that is measured.
type command struct {
	path  string
	args  []string
	stdin io.Reader
	// may is an exit status that is as good as 0.
	may int
}

// run runs it to its end with an environment that says nothing: no setting of the user's changes what is measured. What it prints is
// thrown away.
func (c command) run(ctx context.Context, dir string) (sample, error) {
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env = []string{"HOME=" + dir}
	cmd.Stdin, cmd.Stderr = c.stdin, &complaint
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if state := cmd.ProcessState; err != nil && (state == nil || state.ExitCode() <= 0 || state.ExitCode() != c.may) {
		return sample{}, fmt.Errorf("%s %s: %w\n%s", c.path, strings.Join(c.args, " "), err, complaint.Bytes())
	}
	return sample{wall: took, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak: peakOf(cmd.ProcessState)}, nil
}

// program is one binary that is measured, with a folder for what it remembers.
type program struct {
	binary, dir string
}

// state returns where the state of that name is.
func (p program) state(name string) string { return filepath.Join(p.dir, name+".db") }

// send returns the command that sends a file with a configuration and a state.
func (p program) send(input, config, state string) command {
	return command{path: p.binary, args: []string{"send", "-q", input, "--config", config, "--state", p.state(state)}}
}

// running names the state of a run that is measured.
const running = "run"

// afresh makes the state of a run none, or a copy of another one.
func (p program) afresh(from string) error {
	old, err := filepath.Glob(p.state(running) + "*")
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	if from == "" {
		return nil
	}
	source, err := os.Open(p.state(from))
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	return create(p.state(running), func(w io.Writer) error {
		_, err := io.Copy(w, source)
		return err
	})
}

// create writes a file to the disk: what the system writes later would be measured with the first run.
func create(path string, write func(w io.Writer) error) (err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := write(file); err != nil {
		return err
	}
	return file.Sync()
}

// median returns the middle one, or the mean of the two in the middle. There must be one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
