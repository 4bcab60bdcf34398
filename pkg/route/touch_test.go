package route

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// TestTouch: whoever wants to know hears of every subject of a batch, also where nothing is said, and under a route's own name.
func TestTouch(t *testing.T) {
	e := newEngine(state.Memory(), "a", "b")
	e.Routes[1].Subject = func(r *scan.Report) string { return "all of " + r.Artifact.Name }
	touched := map[string]bool{}
	e.Touch = func(subject string) { touched[subject] = true }
	for range 2 {
		clear(touched)
		admit(t, e, image("trivy", "app", "CVE-1/p/high"), image("trivy", "web"))
		want := []string{"all of app", "all of web", "docker.io/app:1", "docker.io/web:1"}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(touched))); diff != "" {
			t.Error(diff)
		}
	}
}
