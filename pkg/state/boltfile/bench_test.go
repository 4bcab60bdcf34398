package boltfile_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/postee/postee/pkg/state"
	"github.com/postee/postee/pkg/state/boltfile"
	"github.com/postee/postee/pkg/state/statetest"
)

const benchSubjects = 2000

// filled is a state of 2,000 subjects with 210 findings each, of 60,000 different ones.
func filled(b *testing.B, path string) *boltfile.Store {
	b.Helper()
	s := open(b, path)
	for i := 0; i < benchSubjects; i += 64 {
		names := statetest.Names{}
		a := &state.Admission{Names: []state.Identities{names}}
		for j := i; j < i+64 && j < benchSubjects; j++ {
			a.Records = append(a.Records, image(j, names))
		}
		statetest.Update(b, s, func(tx state.Tx) error { return state.Admit(tx, state.Claimant{}, a) })
	}
	return s
}

func image(i int, names map[uint64][]byte) state.Record {
	var marks []uint64
	for k := range 210 {
		mark := uint64(i*7+k*13) % 60000 * 0x9E3779B97F4A7C15
		marks = append(marks, mark)
		names[mark] = fmt.Appendf(nil, "CVE-2026-%05d openssl-%d", mark%60000, k)
	}
	return state.Record{Subject: fmt.Sprintf("registry.example/team/app:%d", i), Day: 20779,
		Routes: []state.RouteState{{Route: "slack"}}, Views: []state.View{{Scanner: "trivy", Routes: []string{"slack"}, Marks: statetest.Marks(marks...)}}}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.db")
	s := filled(b, path)
	u, err := s.Usage(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		o, err := boltfile.Open(b.Context(), boltfile.Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		_ = o.Close()
	}
	b.ReportMetric(float64(u.InUse)/benchSubjects, "B/subject")
}

func BenchmarkView(b *testing.B) {
	s := filled(b, filepath.Join(b.TempDir(), "state.db"))
	for b.Loop() {
		statetest.View(b, s, func(tx state.Tx) error { return nil })
	}
}

func BenchmarkLoad(b *testing.B) {
	s := filled(b, filepath.Join(b.TempDir(), "state.db"))
	for _, name := range []string{"known", "unknown"} {
		b.Run(name, func(b *testing.B) {
			statetest.View(b, s, func(tx state.Tx) error {
				for i := 0; b.Loop(); i++ {
					subject := fmt.Sprintf("registry.example/team/app:%d", i%benchSubjects)
					if name == "unknown" {
						subject += "x"
					}
					if _, err := state.Load(tx, subject); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

// BenchmarkMessage admits one message with one new subject, and confirms it: two transactions.
func BenchmarkMessage(b *testing.B) {
	s := filled(b, filepath.Join(b.TempDir(), "state.db"))
	me := statetest.Me(b, s)
	for i := 0; b.Loop(); i++ {
		names := statetest.Names{}
		a := &state.Admission{Names: []state.Identities{names}, Entries: []state.Entry{statetest.Entry(fmt.Sprint(i), fmt.Sprint(i))}}
		a.Records = append(a.Records, image(benchSubjects+i, names))
		statetest.Update(b, s, func(tx state.Tx) error { return state.Admit(tx, me, a) })
		if _, err := statetest.Settle(b, s, me, state.Settlement{Entry: a.Entries[0], Receipt: []byte("ref")}); err != nil {
			b.Fatal(err)
		}
	}
}
