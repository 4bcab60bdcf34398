package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 100, 2}, 3}} {
		given := slices.Clone(c.values)
		if got := median(c.values); got != c.want || !slices.Equal(given, c.values) {
			t.Errorf("%v: %g, want %g", c.values, got, c.want)
		}
	}
}

// TestGoals: a speed is how many times as long the other takes, a cost the reverse; a bound is what it is on the right side.
func TestGoals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		goal         goal
		value, other float64
		ratio        float64
		met          bool
		text         string
	}{
		{goal{speed, 2.2}, 1, 2.5, 2.5, true, "≥ 2.2×"},
		{goal{speed, 2.2}, 1, 2, 2, false, "≥ 2.2×"},
		{goal{cost, 1.1}, 2.1, 2, 1.05, true, "≤ 1.1×"},
		{goal{cost, 1.1}, 3, 2, 1.5, false, "≤ 1.1×"},
		{goal{most, 90}, 90, 45, 2, true, "≤ 90"},
		{goal{most, 2800}, 2801, 1400.5, 2, false, "≤ 2800"},
		{goal{}, 5, 10, 2, true, ""},
	} {
		ratio := c.goal.ratio(c.value, c.other)
		if ratio != c.ratio || c.goal.met(c.value, ratio) != c.met || c.goal.String() != c.text {
			t.Errorf("%+v: ratio %g, met %t, %q", c, ratio, c.goal.met(c.value, ratio), c.goal)
		}
	}
}

// TestAlternate: all run once before one runs again, and one that cannot run is left out.
func TestAlternate(t *testing.T) {
	t.Parallel()
	var order strings.Builder
	runs := func(name string) runner {
		return runner{name, func(context.Context) (sample, error) {
			order.WriteString(name)
			return sample{wall: time.Duration(order.Len())}, nil
		}}
	}
	samples, err := alternate(t.Context(), []runner{runs("A"), {name: "missing"}, runs("B")}, 3)
	if err != nil || order.String() != "ABABAB" {
		t.Fatal(order.String(), err)
	}
	if len(samples[0]) != 3 || len(samples[1]) != 0 || samples[2][2].wall != 6 {
		t.Errorf("%+v", samples)
	}
	broken := errors.New("broken")
	if _, err := alternate(t.Context(), []runner{{"A", func(context.Context) (sample, error) { return sample{}, broken }}}, 3); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestJudged: each row says what was measured, beside what, and whether that is as it should be.
func TestJudged(t *testing.T) {
	t.Parallel()
	of := &benchmark{runners: []runner{{name: "postee"}, {name: "jq"}, {name: "curl is not installed"}}}
	samples := [][]sample{{{wall: 3 * time.Second}, {wall: time.Second}, {wall: 2 * time.Second}}, {{wall: 5 * time.Second}}, nil}
	for _, c := range []struct {
		figure figure
		want   string
	}{
		{figure{"s", seconds, 1, goal{speed, 2}}, "w|s|2.00|jq|5.00|2.50×|≥ 2×|yes"},
		{figure{"s", seconds, 1, goal{speed, 3}}, "w|s|2.00|jq|5.00|2.50×|≥ 3×|no"},
		{figure{"s", seconds, 1, goal{}}, "w|s|2.00|jq|5.00|2.50×||"},
		{figure{"s", seconds, 2, goal{cost, 1.4}}, "w|s|2.00|curl is not installed|||≤ 1.4×|not measured"},
		{figure{"s", seconds, 2, goal{most, 1}}, "w|s|2.00|curl is not installed|||≤ 1|no"},
		{figure{"ms", milliseconds, 0, goal{most, 3000}}, "w|ms|2000||||≤ 3000|yes"},
	} {
		if got := strings.Join(judged("w", of, c.figure, samples), "|"); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	none := &benchmark{runners: []runner{{name: "strace is not installed"}}}
	if got := strings.Join(judged("w", none, figure{what: "calls", value: seconds, goal: goal{most, 1}}, make([][]sample, 1)), "|"); got != "w|calls||strace is not installed|||≤ 1|not measured" {
		t.Error(got)
	}
}

// TestPairs: two revisions are compared once for each thing that is measured, and by the processor's time.
func TestPairs(t *testing.T) {
	t.Parallel()
	rows := newTable("workload", "measured", "base", "new", "new/base")
	of := &benchmark{runners: []runner{{name: "postee"}}, figures: []figure{{what: "s", value: seconds, beside: 1}, {what: "s", value: seconds, beside: 2}}}
	rows.addPairs("w", of, [][]sample{
		{{wall: 4 * time.Second, cpu: 40 * time.Millisecond}},
		{{wall: 3 * time.Second, cpu: 10 * time.Millisecond}},
	})
	var out strings.Builder
	if err := rows.print(&out); err != nil {
		t.Fatal(err)
	}
	want := `workload  measured  base  new   new/base
w         s         4.00  3.00  0.75×
w         CPU ms    40.0  10.0  0.25×
`
	if out.String() != want {
		t.Errorf("\n%s", out.String())
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0", 2963.6: "2964", 43.72: "43.7", 2.196: "2.20", 0.104: "0.10", 0.0123: "0.012"} {
		if got := number(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}
