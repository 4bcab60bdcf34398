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
	e.Routes[0].Rules = append([]Rule{OnlyOwned()}, e.Routes[0].Rules...)
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

// TestOwnersAmongOthers: where others are told too, they are told whoever the owners are.
func TestOwnersAmongOthers(t *testing.T) {
	e := newEngine(state.Memory(), "a")
	e.Routes[0].Targets = []Target{{Name: "mail", Owners: true}, {Name: "chat"}, {Name: "late"}}
	e.Routes[0].Serialize = true
	a := admit(t, e, image("trivy", "app", "CVE-1/p/high"))
	if len(a.Entries) != 2 || a.Entries[0].Target != "chat" || a.Entries[0].After != 0 || a.Entries[1].After != a.Entries[0].Seq || len(a.Warnings) != 1 {
		t.Errorf("%+v %q", a.Entries, a.Warnings)
	}
	if len(a.Results) != 1 || a.Results[0].Target != "mail" || a.Results[0].Status != Filtered || a.Results[0].Reason != "recipients" {
		t.Errorf("%+v", a.Results)
	}
	owned := image("trivy", "other", "CVE-1/p/high")
	owned.Reports[0].Owners = []string{"a@example.com"}
	if a := admit(t, e, owned); len(a.Entries) != 3 || len(a.Results) != 0 {
		t.Errorf("%+v %+v", a.Entries, a.Results)
	}
}
