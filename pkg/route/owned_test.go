package route

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/state"
)

// TestOnlyOwned: what nobody can be told of is warned of, and stays new until the document names somebody.
func TestOnlyOwned(t *testing.T) {
	e := newEngine(state.Memory(), "owners")
	e.Routes[0].Rules = append([]Rule{OnlyOwned("recipients")}, e.Routes[0].Rules...)
	owned := func(owners ...string) *scan.Document {
		d := image("aqua", "app", "CVE-1/p/high")
		d.Reports[0].Owners = owners
		return d
	}
	for _, owners := range [][]string{nil, {"Team Blue", ""}} {
		a := admit(t, e, owned(owners...))
		if diff := cmp.Diff([]string{"owners docker.io/app:1: filtered"}, said(t, a)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"app#1: no recipient is left: the document names no owner with a mail address"}, a.Warnings); diff != "" {
			t.Error(diff)
		}
	}
	a := admit(t, e, owned("Team Blue", "jane@example.com"))
	if diff := cmp.Diff([]string{"owners docker.io/app:1: 1 new"}, said(t, a)); diff != "" || len(a.Warnings) > 0 {
		t.Error(diff, a.Warnings)
	}
}
