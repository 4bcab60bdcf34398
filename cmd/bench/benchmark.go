package main

import (
	"context"
	"fmt"
)

// workload is something to measure.
type workload struct {
	name string
	// often is how many times as often as others it runs: what takes milliseconds needs more.
	often int
	// open prepares it for one binary.
	open func(ctx context.Context, e *environment, p program) (*benchmark, error)
}

// benchmark is a workload that is ready to run.
type benchmark struct {
	// about says what goes in.
	about string
	// runners alternate; the first one is the binary that is measured.
	runners []runner
	// figures are the rows of the table.
	figures []figure
}

// runner is one of those that alternate.
type runner struct {
	name string
	// run runs it once; nil when it cannot run here, and name says why.
	run func(ctx context.Context) (sample, error)
}

// figure is what a row shows.
type figure struct {
	what  string
	value func(sample) float64
	// beside is the runner that the first one is compared with; 0 when it stands by itself.
	beside int
	goal   goal
}

// goal is what a figure should be.
type goal struct {
	kind  goalKind
	bound float64
}

// goalKind is what a goal is about.
type goalKind int

const (
	noGoal goalKind = iota
	// speed: the other takes at least so many times as long.
	speed
	// cost: it takes at most so many times what the other takes.
	cost
	// most: it is at most so much, whatever others take.
	most
)

// String returns the goal as the table has it.
func (g goal) String() string {
	switch g.kind {
	case speed:
		return fmt.Sprintf("≥ %.4g×", g.bound)
	case cost:
		return fmt.Sprintf("≤ %.4g×", g.bound)
	case most:
		return fmt.Sprintf("≤ %.4g", g.bound)
	}
	return ""
}

// ratio compares a figure with that of the other runner: how many times as long the other takes, or, where the goal is a most, how many times as
// much it is as the other's.
func (g goal) ratio(value, other float64) float64 {
	if g.kind == cost || g.kind == most {
		return value / other
	}
	return other / value
}

// met reports whether a figure, or its ratio, is as it should be.
func (g goal) met(value, ratio float64) bool {
	switch g.kind {
	case speed:
		return ratio >= g.bound
	case cost:
		return ratio <= g.bound
	case most:
		return value <= g.bound
	}
	return true
}

// alternate runs each runner once, then each again, until all have run so many times. It returns the samples of each runner; one that cannot
// run has none.
func alternate(ctx context.Context, runners []runner, rounds int) ([][]sample, error) {
	samples := make([][]sample, len(runners))
	for range rounds {
		for i, a := range runners {
			if a.run == nil {
				continue
			}
			s, err := a.run(ctx)
			if err != nil {
				return nil, err
			}
			samples[i] = append(samples[i], s)
		}
	}
	return samples, nil
}

// medianOf returns the median of what a figure takes from samples.
func (f figure) medianOf(samples []sample) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = f.value(s)
	}
	return median(values)
}

// What figures show.
var (
	seconds      = func(s sample) float64 { return s.wall.Seconds() }
	milliseconds = func(s sample) float64 { return s.wall.Seconds() * 1e3 }
	processor    = func(s sample) float64 { return s.cpu.Seconds() * 1e3 }
	mebibytes    = func(s sample) float64 { return float64(s.peak) / (1 << 20) }
)
