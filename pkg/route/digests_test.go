package route

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// digested are an engine's routes with one way to aggregate.
func digested(e *Engine, a Aggregation) *Engine {
	for _, r := range e.Routes {
		r.Aggregate = a
	}
	return e
}

// admitAt admits at a time of its own.
func admitAt(t *testing.T, e *Engine, now time.Time, docs ...*scan.Document) *Admitted {
	t.Helper()
	a, err := e.Admit(t.Context(), now, docs)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// digests lists the sizes of the digests that are due.
func digests(t *testing.T, e *Engine, now time.Time, all bool) (sizes []int) {
	t.Helper()
	a, err := e.Digests(t.Context(), now, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range a.Entries {
		sizes = append(sizes, d.Scans)
	}
	return sizes
}

// TestDigestByNumber: the scan that makes the number sends the digest; the baselines advance with the queue, so that nothing
// is said twice.
func TestDigestByNumber(t *testing.T) {
	e := digested(newEngine(state.Memory(), "a", "b"), Aggregation{Number: 3, Timeout: time.Hour})
	first := admit(t, e, image("trivy", "app", "CVE-1/p/high"), image("trivy", "other", "CVE-1/p/high"))
	want := []string{"a docker.io/app:1: queued", "b docker.io/app:1: queued", "a docker.io/other:1: queued", "b docker.io/other:1: queued"}
	if diff := cmp.Diff(want, said(t, first)); diff != "" {
		t.Error(diff)
	}
	for i, r := range first.Results {
		if len(r.Key) != 32 || r.Says != "1 new" || r.Source == "" {
			t.Errorf("%d: %+v", i, r)
		}
	}
	second := admit(t, e, image("trivy", "app", "CVE-1/p/high"), image("trivy", "app", "CVE-2/p/high"), image("trivy", "third"))
	if len(second.Entries) != 2 || second.Entries[0].Scans != 3 || second.Entries[0].Key == second.Entries[1].Key || second.Entries[0].Claim.Owner == 0 {
		t.Errorf("%+v", second.Entries)
	}
	var statuses []string
	for _, r := range second.Results {
		statuses = append(statuses, fmt.Sprintf("%s %s", r.Route, r.Status))
	}
	want = []string{"a duplicate", "b duplicate", "a queued", "b queued", "a queued", "b queued"}
	if diff := cmp.Diff(want, statuses); diff != "" {
		t.Error(diff)
	}
}

// TestDigestByTimeout: the oldest decides, and no clock can freeze a queue.
func TestDigestByTimeout(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		aggregate Aggregation
		after     time.Duration
		all       bool
		want      []int
	}{
		"before its time":              {Aggregation{Timeout: time.Hour}, time.Hour - 1, false, nil},
		"at its time":                  {Aggregation{Timeout: time.Hour}, time.Hour, false, []int{2}},
		"asked for":                    {Aggregation{Timeout: time.Hour}, 0, true, []int{2}},
		"number not reached":           {Aggregation{Number: 3}, 365 * day, false, nil},
		"number lowered":               {Aggregation{Number: 2}, 0, false, []int{2}},
		"both, the number not reached": {Aggregation{Number: 9, Timeout: time.Hour}, time.Hour, false, []int{2}},
		"aggregation given up":         {Aggregation{}, 0, false, []int{2}},
		"a number of one":              {Aggregation{Number: 1}, 0, false, []int{2}},
		"a clock set back a little":    {Aggregation{Timeout: time.Hour}, -30 * time.Minute, false, nil},
		"a clock set back a year":      {Aggregation{Timeout: time.Hour}, -365 * day, false, []int{2}},
		"a clock set forward a year":   {Aggregation{Timeout: time.Hour}, 365 * day, false, []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			e := digested(newEngine(state.Memory(), "a"), Aggregation{Timeout: 2 * time.Hour})
			admit(t, e, image("trivy", "app", "CVE-1/p/high"))
			admitAt(t, e, noon.Add(time.Minute), image("trivy", "other", "CVE-1/p/high"))
			digested(e, c.aggregate)
			if diff := cmp.Diff(c.want, digests(t, e, noon.Add(c.after), c.all)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestQueuesOfOthersAreLeftAlone: a route or target that the run does not have keeps what waits.
func TestQueuesOfOthersAreLeftAlone(t *testing.T) {
	store := state.Memory()
	admit(t, digested(newEngine(store, "a"), Aggregation{Number: 9}), image("trivy", "app", "CVE-1/p/high"))
	if got := digests(t, newEngine(store, "b"), noon, true); got != nil {
		t.Error(got)
	}
	other := newEngine(store, "a")
	other.Routes[0].Targets = []Target{{Name: "another"}}
	if got := digests(t, other, noon, true); got != nil {
		t.Error(got)
	}
	if diff := cmp.Diff([]int{1}, digests(t, newEngine(store, "a"), noon, true)); diff != "" {
		t.Error(diff)
	}
}
