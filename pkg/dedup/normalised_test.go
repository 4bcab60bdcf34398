package dedup

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
)

// TestNormaliseWhatIsAsked: a view for somebody who asks for some lists is the whole view with the others empty.
func TestNormaliseWhatIsAsked(t *testing.T) {
	lists := []string{"findings", "new", "changed", "fixed"}
	r, filled := rand.New(rand.NewPCG(1, 2)), map[string]bool{}
	for range 50 {
		w := newWorld()
		w.scan(gen(r))
		doc, set := &scan.Document{Format: "f", Source: "s#1"}, NewFindingSet(w.printer, gen(r))
		delta, next := Diff(&w.base, set, w.name)
		for some := range 1 << len(lists) {
			asked := func(key string) bool { i := slices.Index(lists, key); return i < 0 || some&(1<<i) != 0 }
			want, got := Normalise(doc, "a:1", set, &delta, &next, nil), Normalise(doc, "a:1", set, &delta, &next, asked)
			for key, list := range map[string]*[]Item{"findings": &want.Findings, "new": &want.New, "fixed": &want.Fixed} {
				if filled[key] = filled[key] || len(*list) > 0; !asked(key) {
					*list = []Item{}
				}
			}
			if filled["changed"] = filled["changed"] || len(want.Changed) > 0; !asked("changed") {
				want.Changed = []Change{}
			}
			if diff := cmp.Diff(string(want.AppendJSON(nil)), string(got.AppendJSON(nil))); diff != "" {
				t.Fatalf("%04b: %s", some, diff)
			}
		}
	}
	for _, key := range lists {
		if !filled[key] {
			t.Errorf("%s was always empty", key)
		}
	}
}
