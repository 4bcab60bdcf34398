package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

const (
	scaleSubjects = 200_000
	scaleFindings = 210
	scaleNames    = 60_000
)

// sorted orders marks as a baseline has them.
func sorted(marks []dedup.Mark) []dedup.Mark {
	slices.SortFunc(marks, func(a, b dedup.Mark) int { return cmp.Compare(a.Fingerprint, b.Fingerprint) })
	return slices.CompactFunc(marks, func(a, b dedup.Mark) bool { return a.Fingerprint == b.Fingerprint })
}

// grown makes a state of many subjects with 210 findings each, of 60,000 different ones, in admissions of 4,096.
func grown(b *testing.B, path string) *boltfile.Store {
	store, err := boltfile.Open(b.Context(), boltfile.Options{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	identity := func(n uint64) []byte {
		f := scan.Finding{Kind: scan.Vulnerability, ID: fmt.Sprintf("CVE-2026-%05d", n), Package: fmt.Sprintf("package-%d", n%500)}
		id := (&dedup.Item{Finding: &f}).Identity()
		return id.Encode()
	}
	today := time.Now().Unix() / 86400
	for i := 0; i < scaleSubjects; i += 4096 {
		names := statetest.Names{}
		a := &state.Admission{Names: []state.Identities{names}}
		for j := i; j < min(i+4096, scaleSubjects); j++ {
			marks := make([]dedup.Mark, 0, scaleFindings)
			for k := range scaleFindings {
				n := uint64(j*7+k*13) % scaleNames
				p := (n + 1) * 0x9E3779B97F4A7C15
				marks = append(marks, dedup.Mark{Fingerprint: dedup.Fingerprint(p), Level: dedup.LevelOf(scan.Vulnerability, scan.OSPackage, scan.High, false), Day: dedup.Day(today)})
				if j < scaleNames/7 {
					names[p] = identity(n)
				}
			}
			a.Records = append(a.Records, state.Record{
				Subject: fmt.Sprintf("registry.example.com/team%d/app%d:1", j%40, 1_000_000+j), Day: today - int64(j%300),
				Routes: []state.RouteState{{Route: "webhook", Number: 1, Told: 1}},
				Views:  []state.View{{Scanner: "trivy", Routes: []string{"webhook"}, Marks: dedup.EncodeMarks(sorted(marks))}},
			})
		}
		if err := store.Update(b.Context(), func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) }); err != nil {
			b.Fatal(err)
		}
	}
	return store
}

// stopwatch reports how long each step takes, in milliseconds.
type stopwatch struct {
	*testing.B
}

func (s stopwatch) time(what string, fn func() error) {
	s.Helper()
	start := time.Now()
	if err := fn(); err != nil {
		s.Fatal(what, err)
	}
	s.ReportMetric(float64(time.Since(start).Microseconds())/1e3, what+"-ms")
}

// BenchmarkScale measures what the upkeep of a state of 200,000 subjects costs. What it costs a run is a workload of cmd/bench.
func BenchmarkScale(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		path := filepath.Join(dir, "grown.db")
		store := grown(b, path)
		s := stopwatch{b}
		sizes(b, store, path, "grown")
		s.time("open+view", func() error {
			again, err := boltfile.Open(b.Context(), boltfile.Options{Path: path})
			if err != nil {
				return err
			}
			return again.Close()
		})
		s.time("view", func() error { return store.View(b.Context(), func(state.Tx) error { return nil }) })
		s.time("admission", func() error { return admitOne(b, store) })
		before := time.Now().Unix()/86400 - 299
		longest := &longestUpdate{Store: store}
		s.time("prune-1000", func() error {
			done, err := state.Prune(b.Context(), longest, state.Bounds{Before: before + 2, Limit: 1000})
			b.ReportMetric(float64(done.Forgotten), "pruned")
			return err
		})
		b.ReportMetric(float64(longest.took.Microseconds())/1e3, "prune-longest-transaction-ms")
		s.time("export", func() error {
			return besides(b, path, "export", func() error {
				_, err := store.Export(b.Context(), io.Discard)
				return err
			})
		})
		s.time("compact", func() error {
			return besides(b, path, "compact", func() error {
				_, err := store.Compact(b.Context())
				return err
			})
		})
		sizes(b, store, path, "compacted")
		s.time("check", func() error {
			problems, err := store.Check(b.Context())
			if len(problems) > 0 {
				return fmt.Errorf("%v", problems)
			}
			return err
		})
		_ = store.Close()
		_ = os.Remove(path)
	}
}

// besides runs fn, and reports how long another process waits at most for a transaction meanwhile.
func besides(b *testing.B, path, what string, fn func() error) error {
	bystander, err := boltfile.Open(b.Context(), boltfile.Options{Path: path})
	if err != nil {
		return err
	}
	defer bystander.Close()
	done := make(chan error, 1)
	go func() { done <- fn() }()
	for longest := time.Duration(0); ; {
		select {
		case err := <-done:
			b.ReportMetric(float64(longest.Microseconds())/1e3, what+"-longest-wait-ms")
			return err
		case <-time.After(time.Millisecond):
		}
		start := time.Now()
		if err := bystander.View(b.Context(), func(state.Tx) error { return nil }); err != nil {
			return err
		}
		longest = max(longest, time.Since(start))
	}
}

// admitOne admits one message about one new subject.
func admitOne(b *testing.B, store *boltfile.Store) error {
	return store.Update(b.Context(), func(tx state.Tx) error {
		return state.Admit(tx, state.Claimant{}, &state.Admission{Records: []state.Record{{Subject: "new", Day: 1}}})
	})
}

// sizes reports a state's bytes.
func sizes(b *testing.B, store *boltfile.Store, path, when string) {
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	u, err := store.Usage(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, when+"-file-MB")
	b.ReportMetric(float64(u.InUse)/1e6, when+"-used-MB")
}

// longestUpdate is a store that times its transactions.
type longestUpdate struct {
	*boltfile.Store
	took time.Duration
}

// Update times one transaction.
func (l *longestUpdate) Update(ctx context.Context, fn func(state.Tx) error) error {
	start := time.Now()
	err := l.Store.Update(ctx, fn)
	l.took = max(l.took, time.Since(start))
	return err
}
