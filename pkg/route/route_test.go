package route

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// image is a report of one scanner about one image, with vulnerabilities given as "CVE-1/package/severity".
func image(scanner, name string, vulns ...string) *scan.Document {
	r := scan.Report{
		Artifact: scan.Artifact{Type: "image", Name: name, Repository: name, Tag: "1"}, Scanner: scanner,
		Covers: scan.CoverageOf(scan.Vulnerability), Raw: []byte(scanner + name),
	}
	for _, v := range vulns {
		part := strings.Split(v, "/")
		r.Findings = append(r.Findings, scan.Finding{ID: part[0], Package: part[1], Severity: scan.SeverityOf(part[2])})
	}
	return &scan.Document{Source: name + "#1", Format: scanner, Raw: r.Raw, Reports: []scan.Report{r}}
}

// newEngine has one route with one target for each name.
func newEngine(store state.Store, names ...string) *Engine {
	e := &Engine{Store: store, Lease: time.Minute}
	for _, name := range names {
		e.Routes = append(e.Routes, &Route{Name: name, Rules: Differences(false), Targets: []Target{{Name: name}}})
	}
	return e
}

func admit(t *testing.T, e *Engine, docs ...*scan.Document) *Admitted {
	t.Helper()
	a, err := e.Admit(t.Context(), noon, docs)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// said lists an admission: route, subject and difference of each entry, then the statuses of the rest.
func said(t *testing.T, a *Admitted) []string {
	t.Helper()
	var lines []string
	for _, e := range a.Entries {
		m, err := message.Decode(e.Message)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", e.Route, e.Subject, Sentence(&m.Sections[0].Delta)))
	}
	for _, r := range a.Results {
		lines = append(lines, fmt.Sprintf("%s %s: %s", r.Route, r.Subject, r.Status))
	}
	return lines
}

func TestSeveralReportsOfABatchSeeEachOther(t *testing.T) {
	e := newEngine(state.Memory(), "a")
	got := said(t, admit(t, e,
		image("trivy", "app", "CVE-1/p/high"), image("trivy", "app", "CVE-1/p/high", "CVE-2/p/low"), image("trivy", "app", "CVE-2/p/low"),
		image("trivy", "app", "CVE-2/p/low")))
	want := []string{
		"a docker.io/app:1: 1 new", "a docker.io/app:1: 1 new, 1 known", "a docker.io/app:1: 1 fixed, 1 known", "a docker.io/app:1: duplicate",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestARouteThatIsAddedHearsEverythingAndChangesNothingForOthers(t *testing.T) {
	store := state.Memory()
	admit(t, newEngine(store, "a"), image("trivy", "app", "CVE-1/p/high"))
	got := said(t, admit(t, newEngine(store, "a", "b"), image("trivy", "app", "CVE-1/p/high")))
	if diff := cmp.Diff([]string{"b docker.io/app:1: 1 new", "a docker.io/app:1: duplicate"}, got); diff != "" {
		t.Error(diff)
	}
	// Both have said the same now: one view serves them.
	if r := load(t, store, "docker.io/app:1"); len(r.Views) != 1 || !slices.Equal(r.Views[0].Routes, []string{"a", "b"}) {
		t.Errorf("views: %+v", r.Views)
	}
	// Without b, a goes on as before; b, back again, hears the difference to what it said.
	admit(t, newEngine(store, "a"), image("trivy", "app", "CVE-2/p/high"))
	got = said(t, admit(t, newEngine(store, "a", "b"), image("trivy", "app", "CVE-2/p/high")))
	if diff := cmp.Diff([]string{"b docker.io/app:1: 1 new, 1 fixed", "a docker.io/app:1: duplicate"}, got); diff != "" {
		t.Error(diff)
	}
}

func load(t *testing.T, store state.Store, subject string) (r state.Record) {
	t.Helper()
	err := store.View(t.Context(), func(tx state.Tx) (err error) { r, err = state.Load(tx, subject); return err })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// interloper lets another process speak between view and update.
type interloper struct {
	state.Store
	speak func()
}

func (i *interloper) Update(ctx context.Context, fn func(state.Tx) error) error {
	if speak := i.speak; speak != nil {
		i.speak = nil
		speak()
	}
	return i.Store.Update(ctx, fn)
}

func TestAnotherProcessSpeaksMeanwhile(t *testing.T) {
	store := state.Memory()
	slow := newEngine(&interloper{store, func() {
		admit(t, newEngine(store, "a"), image("trivy", "app", "CVE-1/p/high"))
	}}, "a")
	got := said(t, admit(t, slow, image("trivy", "app", "CVE-1/p/high", "CVE-2/p/low"), image("trivy", "other")))
	want := []string{"a docker.io/app:1: 1 new, 1 known", "a docker.io/other:1: first scan, no findings"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKeys(t *testing.T) {
	keys := func(store state.Store, docs ...*scan.Document) (keys []string) {
		for _, e := range admit(t, newEngine(store, "a", "b"), docs...).Entries {
			keys = append(keys, e.Key)
		}
		return keys
	}
	store := state.Memory()
	first := keys(store, image("trivy", "app", "CVE-1/p/high", "CVE-2/p/low"))
	if first[0] == first[1] || len(first[0]) != 32 {
		t.Errorf("keys of two targets: %v", first)
	}
	// Another state has another salt; the first message has the key that it had, in whatever order the findings come.
	if again := keys(state.Memory(), image("trivy", "app", "CVE-2/p/low", "CVE-1/p/high")); !slices.Equal(first, again) {
		t.Errorf("after the state was lost: %v, before: %v", again, first)
	}
	// The same difference at another time is another message.
	seen := map[string]bool{}
	for range 3 {
		for _, doc := range []*scan.Document{image("trivy", "app"), image("trivy", "app", "CVE-1/p/high", "CVE-2/p/low")} {
			for _, k := range keys(store, doc) {
				if seen[k] {
					t.Errorf("key %s is used twice", k)
				}
				seen[k] = true
			}
		}
	}
}

func TestRulesInOrder(t *testing.T) {
	no := errors.New("broken policy")
	rule := func(key string, status Status, ok bool, err error) Rule {
		return Rule{Key: key, No: status, Pass: func(context.Context, *Case) (bool, error) { return ok, err }}
	}
	for name, c := range map[string]struct {
		rules  []Rule
		status Status
		reason string
	}{
		"the first refusal counts": {[]Rule{rule("A", Filtered, false, nil), rule("B", Held, false, nil), difference(false)}, Filtered, "A"},
		"held":                     {[]Rule{rule("A", Filtered, true, nil), difference(false), rule("B", Held, false, nil)}, Held, "B"},
		"a failure is no refusal":  {[]Rule{rule("P", Filtered, false, no), difference(false)}, Failed, "P: broken policy"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(state.Memory(), "a")
			e.Routes[0].Rules = c.rules
			a := admit(t, e, image("trivy", "app", "CVE-1/p/high"))
			if len(a.Entries) != 0 || len(a.Results) != 1 || a.Results[0].Status != c.status || a.Results[0].Reason != c.reason {
				t.Fatalf("%d entries, results %+v", len(a.Entries), a.Results)
			}
			// What was refused, held or failed did not advance the baseline: without the rule everything is still new.
			if got := said(t, admit(t, newEngine(e.Store, "a"), image("trivy", "app", "CVE-1/p/high"))); got[0] != "a docker.io/app:1: 1 new" {
				t.Errorf("afterwards: %v", got)
			}
		})
	}
}

func TestHeldFindingsComeWithTheNextMessage(t *testing.T) {
	e := newEngine(state.Memory(), "a")
	e.Routes[0].Rules = append(e.Routes[0].Rules, Rule{Key: "Policy-Min-Vulnerability", No: Held, Pass: func(_ context.Context, c *Case) (bool, error) {
		return slices.ContainsFunc(c.Delta().New, func(i dedup.Item) bool { return i.Severity >= scan.High }), nil
	}})
	var got []string
	for _, doc := range []*scan.Document{
		image("trivy", "app", "CVE-1/p/low"), image("trivy", "app", "CVE-1/p/low", "CVE-2/p/high"),
		image("trivy", "app", "CVE-1/p/low", "CVE-2/p/high", "CVE-3/p/low"),
		image("trivy", "app", "CVE-1/p/low", "CVE-2/p/high", "CVE-3/p/low", "CVE-4/p/high"),
	} {
		got = append(got, said(t, admit(t, e, doc))...)
	}
	want := []string{"a docker.io/app:1: held", "a docker.io/app:1: 2 new", "a docker.io/app:1: held", "a docker.io/app:1: 2 new, 2 known"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestHeldBackBesideAnotherScanner: what is held back of one scanner does not make the other one call fixed what the first
// still sees, and repeating both says nothing.
func TestHeldBackBesideAnotherScanner(t *testing.T) {
	e := newEngine(state.Memory(), "a")
	e.Routes[0].Rules = append(e.Routes[0].Rules, Threshold{Threshold: message.Threshold{Least: scan.High}}.Rule("Policy-Min-Vulnerability", 1))
	admit(t, e, image("aqua", "app", "CVE-1/p/high"))
	var got []string
	for range 2 {
		got = append(got, said(t, admit(t, e, image("trivy", "app", "CVE-1/p/high", "CVE-2/p/low")))...)
		got = append(got, said(t, admit(t, e, image("aqua", "app")))...)
	}
	want := []string{"a docker.io/app:1: held", "a docker.io/app:1: duplicate", "a docker.io/app:1: held", "a docker.io/app:1: duplicate"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRatchet(t *testing.T) {
	e := newEngine(state.Memory(), "a")
	e.Gate = Gate{Mode: GateNew, At: scan.High}
	trips := func(doc *scan.Document) int {
		n := 0
		for _, trip := range admit(t, e, doc).Tripped {
			n += trip.Count
		}
		return n
	}
	for i, step := range []struct {
		doc  *scan.Document
		want int
	}{
		{image("trivy", "app", "CVE-1/p/low"), 0},
		{image("trivy", "app", "CVE-1/p/low", "CVE-2/p/high"), 1}, // new debt
		{image("trivy", "app", "CVE-1/p/low", "CVE-2/p/high"), 1}, // stays red
		{image("trivy", "app", "CVE-1/p/critical"), 1},            // a rise is new debt too
		{image("trivy", "app", "CVE-1/p/critical"), 1},
		{image("trivy", "app", "CVE-1/p/low"), 0}, // and falls again
		{image("trivy", "app"), 0},
		{image("trivy", "app", "CVE-1/p/critical"), 1}, // back: new
	} {
		if got := trips(step.doc); got != step.want {
			t.Errorf("step %d: tripped at %d, want %d", i, got, step.want)
		}
	}
	e.Record = true
	if got := trips(image("trivy", "app", "CVE-1/p/critical")); got != 0 {
		t.Errorf("recording tripped at %d", got)
	}
	e.Record = false
	if got := trips(image("trivy", "app", "CVE-1/p/critical")); got != 0 {
		t.Errorf("after recording: tripped at %d", got)
	}
}

func TestUnchangedDocumentsWriteNothing(t *testing.T) {
	store := state.Memory()
	admit(t, newEngine(store, "a"), image("trivy", "app", "CVE-1/p/high"))
	deaf := &interloper{store, func() { t.Error("an Update for a document with nothing new") }}
	admit(t, newEngine(deaf, "a"), image("trivy", "app", "CVE-1/p/high"))
	// On another day the subject is seen again, which eviction must know.
	if _, err := newEngine(store, "a").Admit(t.Context(), noon.AddDate(0, 0, 1), []*scan.Document{image("trivy", "app", "CVE-1/p/high")}); err != nil {
		t.Fatal(err)
	}
	if r := load(t, store, "docker.io/app:1"); r.Day != noon.AddDate(0, 0, 1).Unix()/86400 {
		t.Errorf("last seen on day %d", r.Day)
	}
}
