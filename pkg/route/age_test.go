package route

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/postee/postee/pkg/scan"
)

// raw returns the document with bytes of its own, as every real one has.
func raw(doc *scan.Document, n int) *scan.Document {
	doc.Reports[0].Raw = fmt.Appendf(nil, "{%d}", n)
	return doc
}

// TestReplaysWithoutTimes: reports that do not say when they were made are known again by their bytes: after one round, any replay of
// them says nothing, in whatever order; a report that was not seen yet is compared.
func TestReplaysWithoutTimes(t *testing.T) {
	eachCase(t, func(t *testing.T, r *rand.Rand) {
		one := sort{"trivy", "", 0}
		var docs []*scan.Document
		for i := range 2 + r.IntN(5) {
			at := time.Time{}
			if r.IntN(4) == 0 {
				at = noon.Add(-time.Hour) // a scanner that was set to one time
			}
			docs = append(docs, raw(one.document(uint(r.IntN(64)), at), i))
		}
		h := newHistory(t)
		for _, doc := range docs {
			h.admit(0, doc)
		}
		before := h.news
		for range 3 {
			r.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
			h.admit(0, docs[:1+r.IntN(len(docs))]...)
		}
		if h.news != before {
			t.Errorf("a replay was told %d times", h.news-before)
		}
		h.admit(0, raw(one.document(64+63, time.Time{}), 99)) // all that there is
		h.admit(0, raw(one.document(0, time.Time{}), 100))
		if h.news == before {
			t.Error("a report that was not seen yet is not compared")
		}
	})
}

// TestTimeFromTheFutureIsNotBelieved: a scan from a machine whose clock is a month ahead does not make all later ones old.
func TestTimeFromTheFutureIsNotBelieved(t *testing.T) {
	one := sort{"trivy", "", 0}
	h := newHistory(t)
	h.admit(0, raw(one.document(1, noon.AddDate(0, 1, 0)), 1))
	if a := h.admit(0, raw(one.document(3, noon.Add(-time.Minute)), 2)); len(a.Entries) != 1 {
		t.Errorf("%+v", a.Results)
	}
}

// TestFailedReportIsTriedAgain: a report for which a policy failed is not taken for one that was compared.
func TestFailedReportIsTriedAgain(t *testing.T) {
	one := sort{"trivy", "", 0}
	h := newHistory(t)
	failing := true
	h.engine.Routes[0].Rules = append([]Rule{{Key: "Policy-OPA", No: Filtered, Pass: func(context.Context, *Case) (bool, error) {
		if failing {
			return false, errors.New("broken policy")
		}
		return true, nil
	}}}, h.engine.Routes[0].Rules...)
	failing = false
	h.admit(0, raw(one.document(1, time.Time{}), 0))
	failing = true
	first, second := raw(one.document(3, time.Time{}), 1), raw(one.document(7, time.Time{}), 2)
	h.admit(0, first)
	failing = false
	h.admit(0, second)
	if a := h.admit(0, first); len(a.Results) == 1 && a.Results[0].Status == Stale {
		t.Errorf("a report that failed is taken for a replay: %+v", a.Results)
	}
}
