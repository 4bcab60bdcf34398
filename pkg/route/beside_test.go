package route

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
)

// beside admits two batches as a run does: the second is decided before the first is stored, unless they speak of the same. It reports
// whether it was.
func (w *twins) beside(e *Engine, now time.Time, batches [2][]*scan.Document) (text string, was bool) {
	w.t.Helper()
	must := func(a *Admitted, err error) *Admitted {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
		return a
	}
	decide := func(p *Proposal) { must(nil, p.Decide(w.t.Context())) }
	first, second := e.Propose(w.t.Context(), now, batches[0]), e.Propose(w.t.Context(), now, batches[1])
	must(nil, first.View(w.t.Context()))
	decide(first)
	must(nil, second.View(w.t.Context()))
	if was = !second.Shares(first); was {
		decide(second)
	}
	text = w.text(must(first.Store(w.t.Context())))
	if !was {
		must(nil, second.View(w.t.Context()))
		decide(second)
	}
	return text + w.text(must(second.Store(w.t.Context()))), was
}

// TestBatchesBesideEachOther: what two batches say and leave does not depend on whether the second is decided while the first is stored,
// nor on documents that are known by their bytes, also where a day ends between reading and deciding.
func TestBatchesBesideEachOther(t *testing.T) {
	t.Parallel()
	unread, beside := 0, 0
	for seed := range uint64(cases / 20) {
		r := rand.New(rand.NewPCG(seed, 78))
		w := newTwins(t, routesOfMany(r))
		texts := make([]string, 1+r.IntN(6))
		for i := range texts {
			texts[i] = plainText(t, r)
		}
		now := noon
		for range 10 {
			read := now
			if r.IntN(3) == 0 {
				now = now.Add(time.Duration(r.IntN(48)-30) * time.Hour)
			}
			var plain, marked [2][]*scan.Document
			for i := range plain {
				var batch []string
				for range 1 + r.IntN(3) {
					batch = append(batch, texts[r.IntN(len(texts))])
				}
				plain[i], _ = w.documents(w.plain, read, batch)
				marked[i], _ = w.documents(w.marked, read, batch)
				for _, doc := range marked[i] {
					if doc.Unread() {
						unread++
					}
				}
			}
			want := ""
			for _, docs := range plain {
				a, err := w.plain.Admit(t.Context(), now, docs)
				if err != nil {
					t.Fatal(err)
				}
				want += w.text(a)
			}
			got, was := w.beside(w.marked, now, marked)
			if was {
				beside++
			}
			if diff := cmp.Diff(want+w.remembered(w.plain, nil), got+w.remembered(w.marked, nil)); diff != "" {
				t.Fatalf("seed %d: beside each other (+) it is not as one after the other (-): %s", seed, diff)
			}
		}
	}
	if unread < cases/20 || beside < cases/50 {
		t.Errorf("only %d documents were known, only %d batches were decided beside another", unread, beside)
	}
}
