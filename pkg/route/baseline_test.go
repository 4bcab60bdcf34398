package route

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// tagged is an image with another tag than "1".
func tagged(doc *scan.Document, tag string) *scan.Document {
	doc.Reports[0].Artifact.Tag = tag
	return doc
}

// TestBaselinePairsReports: of several reports of --baseline, a report is compared with the one of its subject, else with the
// one of its repository; with a single one whatever its name; and where there is none, everything is new.
func TestBaselinePairsReports(t *testing.T) {
	app, web := image("trivy", "app", "CVE-1/p/high"), image("trivy", "web", "CVE-2/p/high")
	other := tagged(image("trivy", "app", "CVE-9/p/high"), "2")
	for name, c := range map[string]struct {
		baseline []*scan.Document
		next     *scan.Document
		want     string
	}{
		"same subject":              {[]*scan.Document{other, web, app}, image("trivy", "app", "CVE-1/p/high", "CVE-3/p/low"), "a docker.io/app:1: 1 new, 1 known"},
		"same repository":           {[]*scan.Document{web, app}, tagged(image("trivy", "app", "CVE-1/p/high", "CVE-3/p/low"), "mr-7"), "a docker.io/app:mr-7: 1 new, 1 known"},
		"no counterpart":            {[]*scan.Document{web, app}, image("trivy", "api", "CVE-1/p/high"), "a docker.io/api:1: 1 new"},
		"a single one, other name":  {[]*scan.Document{web}, image("trivy", "api", "CVE-2/p/high", "CVE-3/p/low"), "a docker.io/api:1: 1 new, 1 known"},
		"same name, other registry": {[]*scan.Document{web, app}, hosted(tagged(image("trivy", "app", "CVE-1/p/high"), "2"), "ghcr.io"), "a ghcr.io/app:2: 1 new"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(state.Memory(), "a")
			for _, doc := range c.baseline {
				e.Against = append(e.Against, &doc.Reports[0])
			}
			if diff := cmp.Diff([]string{c.want}, said(t, admit(t, e, c.next))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// hosted is an image of another registry than Docker's.
func hosted(doc *scan.Document, host string) *scan.Document {
	a := &doc.Reports[0].Artifact
	a.Host, a.Name = host, host+"/"+a.Name
	return doc
}

// TestRecordTakesInWhatIsHeld: --record adopts what a threshold would have held back, so that it does not come with the next
// message that passes.
func TestRecordTakesInWhatIsHeld(t *testing.T) {
	store := state.Memory()
	engine := func() *Engine {
		e := newEngine(store, "a")
		e.Routes[0].Rules = append(e.Routes[0].Rules, Threshold{Threshold: message.Threshold{Least: scan.High}}.Rule("Policy-Min-Vulnerability", 1))
		return e
	}
	recording := engine()
	recording.Record = true
	if diff := cmp.Diff([]string{"a docker.io/app:1: recorded"}, said(t, admit(t, recording, image("trivy", "app", "CVE-1/p/low")))); diff != "" {
		t.Error(diff)
	}
	got := said(t, admit(t, engine(), image("trivy", "app", "CVE-1/p/low", "CVE-2/p/high")))
	if diff := cmp.Diff([]string{"a docker.io/app:1: 1 new, 1 known"}, got); diff != "" {
		t.Error(diff)
	}
}
