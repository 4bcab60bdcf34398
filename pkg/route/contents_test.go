package route

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// TestContents: what any target of a route needs is in the message that waits for all of them, and nothing else is.
func TestContents(t *testing.T) {
	known := image("trivy", "app", "CVE-1/p/high")
	next := func() *scan.Document {
		doc := image("trivy", "app", "CVE-1/p/high", "CVE-2/p/low")
		doc.Reports[0].Components = []scan.Component{{Name: "p", Version: "1", PURL: "pkg:deb/debian/p@1"}}
		return doc
	}
	for name, c := range map[string]struct {
		targets          []Contents
		showAll          bool
		all, open, parts int // lengths of Section.All, Section.Open, Section.Components
		documents        int
	}{
		"the difference": {[]Contents{{}}, false, 0, 0, 0, 0},
		"open findings":  {[]Contents{{}, {Open: true}}, false, 0, 2, 0, 0},
		"show all":       {[]Contents{{Open: true}}, true, 2, 0, 0, 0},
		"components":     {[]Contents{{Components: true}, {}}, false, 0, 0, 1, 0},
		"everything":     {[]Contents{{Document: true}, {Open: true}, {Components: true}}, false, 0, 2, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			store := state.Memory()
			engine := func(targets []Contents) *Engine {
				e := newEngine(store, "a")
				e.Routes[0].Targets, e.Routes[0].ShowAll = nil, c.showAll
				for i, needs := range targets {
					e.Routes[0].Targets = append(e.Routes[0].Targets, Target{Name: string(rune('a' + i)), Contents: needs})
				}
				return e
			}
			admit(t, engine([]Contents{{}}), known)
			got := admit(t, engine(c.targets), next())
			if len(got.Entries) != len(c.targets) || len(got.Documents) != c.documents {
				t.Fatalf("%d entries, %d documents", len(got.Entries), len(got.Documents))
			}
			m, err := message.Decode(got.Entries[0].Message)
			if err != nil {
				t.Fatal(err)
			}
			s := &m.Sections[0]
			lengths := []int{len(s.All), len(s.Open), len(s.Components), len(s.Delta.New)}
			if diff := cmp.Diff([]int{c.all, c.open, c.parts, 1}, lengths); diff != "" {
				t.Error(diff)
			}
			if c.all+c.open > 0 && len(s.OpenFindings()) != 2 {
				t.Errorf("open: %v", s.OpenFindings())
			}
		})
	}
}
