package route

import (
	"math/rand/v2"
	"testing"
	"time"
)

// historyOf is one history of batches: how the twins begin, and what happens before a batch, which may be that time passes.
type historyOf struct {
	salt    uint64
	batches int
	begin   func(r *rand.Rand) *twins
	before  func(r *rand.Rand, w *twins, now time.Time) time.Time
}

// run admits batches of few documents, again and again, in many random histories, and wants a good part of them to be known.
func (h historyOf) run(t *testing.T) {
	t.Helper()
	unread := 0
	for seed := range uint64(cases / 20) {
		r := rand.New(rand.NewPCG(seed, h.salt))
		w := h.begin(r)
		texts := make([]string, 1+r.IntN(6))
		for i := range texts {
			texts[i] = plainText(t, r)
		}
		now := noon
		for range h.batches {
			now = h.before(r, w, now)
			batch := make([]string, 1+r.IntN(4))
			for i := range batch {
				batch[i] = texts[r.IntN(len(texts))]
			}
			w.admit(now, batch)
		}
		if unread += w.unread; t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if unread < cases/20 {
		t.Errorf("only %d documents were known by their bytes", unread)
	}
}

// hours is some time that passes: often a day's end.
func hours(r *rand.Rand) time.Duration { return time.Duration(3+10*r.IntN(2)) * time.Hour }

// TestKnownDocumentsSayTheSame: whatever comes in whatever order, once and again, with subjects that are forgotten in between and days
// that pass: what is said and remembered does not depend on whether documents are known by their bytes.
func TestKnownDocumentsSayTheSame(t *testing.T) {
	t.Parallel()
	historyOf{
		12, 12,
		func(r *rand.Rand) *twins { return newTwins(t, routesOfMany(r)) },
		func(r *rand.Rand, w *twins, now time.Time) time.Time {
			switch r.IntN(8) {
			case 0:
				return now.Add(hours(r))
			case 1:
				w.forget("docker.io/two:1")
			}
			return now
		},
	}.run(t)
}
