package statetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/state"
)

// testTold: what many routes have said is confirmed in one transaction; each record says of each route when that was, and is
// otherwise what it was. More subjects than a transaction keeps in memory, and one that was forgotten, change nothing of that.
func testTold(t *testing.T, k Backend) {
	const subjects = 1100
	s := k.open(t)
	names, routes := Names{}, []string{"mail", "never", "slack"}
	a := &state.Admission{Names: []state.Identities{names}}
	for i := range subjects {
		subject := fmt.Sprintf("app:%d", i)
		names[uint64(i)] = []byte(subject)
		r := state.Record{Subject: subject, Day: 20779, Views: []state.View{{Scanner: "trivy", Routes: routes, Marks: Marks(uint64(i))}}}
		for _, route := range routes {
			r.Routes = append(r.Routes, state.RouteState{Route: route, Number: 1})
			if route != "never" {
				e := Entry(route+subject, route+subject)
				e.Route, e.Subject = route, subject
				a.Entries = append(a.Entries, e)
			}
		}
		a.Records = append(a.Records, r)
	}
	me := Me(t, s)
	Update(t, s, func(tx state.Tx) error { return state.Admit(tx, me, a) })
	forgotten := a.Records[7].Subject
	Update(t, s, func(tx state.Tx) error {
		_, err := state.Forget(tx, forgotten)
		return err
	})
	Update(t, s, func(tx state.Tx) error {
		settler := state.NewSettler(tx, me)
		for _, e := range a.Entries {
			if _, err := settler.Settle(state.Settlement{Entry: e}); err != nil {
				return err
			}
		}
		return settler.Close()
	})
	View(t, s, func(tx state.Tx) error {
		for _, want := range a.Records {
			got, err := state.Load(tx, want.Subject)
			if err != nil {
				return err
			}
			if want.Subject == forgotten {
				if got.Generation != 0 {
					t.Error("what was forgotten came back")
				}
				continue
			}
			want.Generation, want.Scans = got.Generation, got.Scans
			want.Routes[0].Told, want.Routes[2].Told = Noon().Unix(), Noon().Unix()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
		}
		return nil
	})
}
