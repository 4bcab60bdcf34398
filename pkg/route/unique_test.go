package route

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// uniques is an engine whose routes send once for each digest.
func uniques(store state.Store, within time.Duration, names ...string) *Engine {
	e := newEngine(store, names...)
	for _, r := range e.Routes {
		r.Unique = &Unique{Props: []string{"digest", "nothing.there"}, Within: within}
		r.Rules = Uniques("unique-message-props", 1, r)
	}
	return e
}

// withDigest is a document about an image of that digest, with one finding for each ID.
func withDigest(digest string, ids ...string) *scan.Document {
	var vulns []string
	for _, id := range ids {
		vulns = append(vulns, id+"/p/high")
	}
	doc := image("trivy", "app", vulns...)
	doc.Raw = fmt.Appendf(nil, `{"digest":%q}`, digest)
	doc.Reports[0].Raw = doc.Raw
	return doc
}

func TestUnique(t *testing.T) {
	store := state.Memory()
	e := uniques(store, time.Hour, "a", "b")
	at := func(after time.Duration, docs ...*scan.Document) []string {
		t.Helper()
		return said(t, admitAt(t, e, noon.Add(after), docs...))
	}
	for _, step := range []struct {
		name  string
		after time.Duration
		doc   *scan.Document
		want  []string
	}{
		{"two routes with equal properties both speak", 0, withDigest("1", "CVE-1"), []string{"a docker.io/app:1: 1 new", "b docker.io/app:1: 1 new"}},
		{"something new, and the same values", time.Minute, withDigest("1", "CVE-1", "CVE-2"), []string{"a docker.io/app:1: duplicate", "b docker.io/app:1: duplicate"}},
		{"other values, with what is new since the last message", 2 * time.Minute, withDigest("2", "CVE-1", "CVE-2"),
			[]string{"a docker.io/app:1: 1 new, 1 known", "b docker.io/app:1: 1 new, 1 known"}},
		{"other values, and nothing new", 3 * time.Minute, withDigest("3", "CVE-1", "CVE-2"), []string{"a docker.io/app:1: nothing new: 2 known", "b docker.io/app:1: nothing new: 2 known"}},
		{"just before the time is over", time.Hour - time.Millisecond, withDigest("1", "CVE-1", "CVE-2"), []string{"a docker.io/app:1: duplicate", "b docker.io/app:1: duplicate"}},
		{"when it is over", time.Hour, withDigest("1", "CVE-1", "CVE-2"), []string{"a docker.io/app:1: nothing new: 2 known", "b docker.io/app:1: nothing new: 2 known"}},
		{"from then on again", 2*time.Hour - time.Millisecond, withDigest("1", "CVE-1"), []string{"a docker.io/app:1: duplicate", "b docker.io/app:1: duplicate"}},
	} {
		if diff := cmp.Diff(step.want, at(step.after, step.doc)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

// TestUniqueInOneBatch: of two documents with one value the first is told; documents that have none of the values are known by their
// subjects.
func TestUniqueInOneBatch(t *testing.T) {
	e := uniques(state.Memory(), 0, "a")
	other := image("trivy", "other", "CVE-1/p/high")
	a := admit(t, e, withDigest("1", "CVE-1"), withDigest("1", "CVE-1", "CVE-2"), image("trivy", "app", "CVE-1/p/high"), other)
	want := []string{"a docker.io/app:1: 1 new", "a docker.io/app:1: nothing new: 1 known", "a docker.io/other:1: 1 new", "a docker.io/app:1: duplicate"}
	if diff := cmp.Diff(want, said(t, a)); diff != "" {
		t.Error(diff)
	}
}

// TestUniqueAtOnce: of many processes that admit one value at once, one speaks, also about different subjects.
func TestUniqueAtOnce(t *testing.T) {
	store := state.Memory()
	var mu sync.Mutex
	var all sync.WaitGroup
	entries := 0
	for i := range 8 {
		all.Go(func() {
			doc := withDigest("1", "CVE-1")
			doc.Reports[0].Artifact = scan.Artifact{Type: "image", Name: fmt.Sprint("app", i), Repository: fmt.Sprint("app", i), Tag: "1"}
			a, err := uniques(store, time.Hour, "a").Admit(t.Context(), noon, []*scan.Document{doc})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			entries += len(a.Entries)
		})
	}
	all.Wait()
	if entries != 1 {
		t.Errorf("%d messages", entries)
	}
}

// TestUniqueHeld: what a threshold holds back was not sent, and can be when the values come again.
func TestUniqueHeld(t *testing.T) {
	e := uniques(state.Memory(), 0, "a")
	e.Routes[0].Rules = append(e.Routes[0].Rules, Threshold{Threshold: message.Threshold{Least: scan.Critical}}.Rule("Policy-Min-Vulnerability", 2))
	if diff := cmp.Diff([]string{"a docker.io/app:1: held"}, said(t, admit(t, e, withDigest("1", "CVE-1")))); diff != "" {
		t.Error(diff)
	}
	critical := withDigest("1", "CVE-1")
	critical.Reports[0].Findings[0].Severity = scan.Critical
	if diff := cmp.Diff([]string{"a docker.io/app:1: 1 new"}, said(t, admit(t, e, critical))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a docker.io/app:1: duplicate"}, said(t, admit(t, e, critical))); diff != "" {
		t.Error(diff)
	}
}
