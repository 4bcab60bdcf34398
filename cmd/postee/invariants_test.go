package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
)

// The invariants of docs/state.md, each under its number. Those of one kind are looked at together, in worlds that are full of faults.

// worlds are those that were explored, once, by whichever test came first.
var worlds []*world

// holds fails when an invariant was broken in any of the worlds, or never looked at. It is not parallel, for no process may be started
// meanwhile: a child that has not become another program yet holds our locks, and a bubble's time stands still while one waits for them.
func holds(t *testing.T, invariant int) {
	t.Helper()
	if worlds == nil {
		worlds = make([]*world, 8)
		t.Run("worlds", func(t *testing.T) {
			for seed := range worlds {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					t.Parallel()
					worlds[seed] = explore(t, uint64(seed))
				})
			}
		})
	}
	looked := 0
	for seed, w := range worlds {
		looked += w.looked[invariant]
		for _, violation := range w.broken[invariant] {
			t.Errorf("world %d: %s", seed, violation)
		}
	}
	if looked == 0 {
		t.Error("never looked at")
	}
	t.Logf("looked at %d times", looked)
}

func TestInvariant01BaselineAdvancesWithItsMessages(t *testing.T)      { holds(t, 1) }
func TestInvariant02EveryKeyIsSomewhere(t *testing.T)                  { holds(t, 2) }
func TestInvariant03EveryAttemptSaysTheSame(t *testing.T)              { holds(t, 3) }
func TestInvariant04RepeatsAreClaimsThatEndedUnconfirmed(t *testing.T) { holds(t, 4) }
func TestInvariant05OneClaimALane(t *testing.T)                        { holds(t, 5) }
func TestInvariant06LanesKeepTheirOrder(t *testing.T)                  { holds(t, 6) }
func TestInvariant07AfterTheFaultsSilence(t *testing.T)                { holds(t, 7) }
func TestInvariant08MessagesAddUpToTheBaseline(t *testing.T)           { holds(t, 8) }
func TestInvariant10NothingRunsUnderTheLock(t *testing.T)              { holds(t, 10) }

// oneOfEach keeps one document of each image and scanner: sending those again can have nothing to say.
func oneOfEach(docs []*scan.Document) (kept []*scan.Document) {
	seen := map[string]bool{}
	for _, d := range docs {
		id := d.Reports[0].Artifact.Name + d.Reports[0].Scanner
		if !seen[id] {
			kept = append(kept, d)
		}
		seen[id] = true
	}
	return kept
}

// peace: the faults are over. Invariants 4, 7 and 8.
func (w *world) peace(last []*scan.Document) {
	w.run(true, last)
	heard := maps.Clone(w.taken)
	w.look(7)
	w.run(true, last)
	if diff := cmp.Diff(heard, w.taken); diff != "" {
		w.breaks(7, "the same input again: %s", diff)
	}
	bolt, err := boltfile.Open(w.t.Context(), boltfile.Options{Path: w.path})
	if err != nil {
		w.t.Fatal(err)
	}
	defer bolt.Close()
	problems, err := bolt.Check(w.t.Context())
	if err != nil || len(problems) > 0 {
		w.t.Errorf("%v %v", err, problems)
	}
	err = bolt.View(w.t.Context(), func(tx state.Tx) error {
		n, err := state.Summarise(tx)
		if n.Pending+n.Queued > 0 {
			w.breaks(7, "%d wait and %d are queued after the faults", n.Pending, n.Queued)
		}
		if err == nil {
			err = w.replay(tx)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
	for id, n := range w.taken {
		key, _, _ := strings.Cut(id, " ")
		w.look(4)
		if n-1 > w.excused[id]+w.deaths[key] {
			w.breaks(4, "part %s was taken %d times, with %d lost answers and %d deaths", id, n, w.excused[id], w.deaths[key])
		}
	}
}

// replay applies all messages of a route about a subject to nothing, and compares with what the state remembers.
func (w *world) replay(tx state.Tx) error {
	for r, err := range state.Subjects(tx) {
		if err != nil {
			return err
		}
		for _, route := range w.routes {
			want, err := baselineNames(tx, &r, route)
			if err != nil {
				return err
			}
			got := map[string]bool{}
			for _, seq := range slices.Sorted(maps.Keys(w.admitted)) {
				e, delta := w.admitted[seq], w.deltas[seq]
				if e.Route != route || e.Target != route || e.Subject != r.Subject || delta == nil {
					continue
				}
				w.look(8)
				for i := range delta.New {
					got[delta.New[i].ID] = true
				}
				for i := range delta.Fixed {
					delete(got, delta.Fixed[i].ID)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				w.breaks(8, "%s on %s: %s", r.Subject, route, diff)
			}
		}
	}
	return nil
}

// baselineNames are the findings that a route has said of a subject, whatever the scanner.
func baselineNames(tx state.Tx, r *state.Record, route string) (map[string]bool, error) {
	names := map[string]bool{}
	for _, v := range r.Views {
		if !slices.Contains(v.Routes, route) {
			continue
		}
		marks, err := dedup.DecodeMarks(v.Marks)
		if err != nil {
			return nil, err
		}
		for _, m := range marks {
			encoded, err := state.LoadNames(tx, []uint64{uint64(m.Fingerprint)})
			if err != nil {
				return nil, err
			}
			id, err := dedup.DecodeIdentity(encoded[uint64(m.Fingerprint)])
			if err != nil {
				return nil, err
			}
			names[id.ID] = true
		}
	}
	return names, nil
}

// TestInvariant09RoutesDoNotMindEachOther: whatever routes come and go beside it, a route says the same.
func TestInvariant09RoutesDoNotMindEachOther(t *testing.T) {
	told := func(t *testing.T, others func(run int) []string) (all []string) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 9, "plain")
			var runs [][]*scan.Document
			for range 5 {
				runs = append(runs, w.scans(6))
			}
			for i, docs := range runs {
				w.routes = append([]string{"plain"}, others(i)...)
				w.run(false, docs)
			}
			for id, body := range w.bodies {
				if slices.Contains(w.heard["plain"], body) || slices.Contains(w.heard["second"], body) {
					all = append(all, id+" "+body)
				}
			}
		})
		slices.Sort(all)
		return all
	}
	alone := told(t, func(int) []string { return nil })
	if len(alone) < 10 {
		t.Fatalf("only %d messages", len(alone))
	}
	for name, others := range map[string]func(int) []string{
		"always":  func(int) []string { return []string{"digest", "high"} },
		"added":   func(run int) []string { return []string{"high"}[:min(run/2, 1)] },
		"removed": func(run int) []string { return []string{"digest"}[min(run/2, 1):] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := slices.DeleteFunc(told(t, others), func(s string) bool { return !slices.Contains(alone, s) })
			if diff := cmp.Diff(alone, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
