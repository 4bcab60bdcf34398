package servicenow

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// TestLife: a record is opened, commented, refreshed, resolved when all is fixed, opened again, and left alone once somebody canceled it.
func TestLife(t *testing.T) {
	i := instance()
	s := open(t, Config{Ticket: updating()}, serve(t, i), start)
	tell := func(n int, m *message.Message) sinks.Receipt {
		t.Helper()
		r, err := deliver(t, s, m, key(n))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	expect := func(what, state string, notes int, text string) {
		t.Helper()
		r := only(t, i)
		if r.Columns["state"] != state || len(r.Notes) != notes || !strings.Contains(r.Columns["description"], text) {
			t.Errorf("%s: state %s, %d notes, description\n%s", what, r.Columns["state"], len(r.Notes), r.Columns["description"])
		}
	}
	if r := tell(1, remaining(0, nil, nil)); r.Ref != "" || len(i.Records("incident")) != 0 || len(r.Notes) != 1 {
		t.Errorf("nothing is open, and yet: %+v", r)
	}
	if r := tell(2, findings(2)); r.Ref != "INC0010001" || r.Keep["for"] != key(2) || len(r.Notes) != 0 {
		t.Errorf("%+v", r)
	}
	expect("opened", "1", 1, "CVE-2026-000001")
	tell(3, remaining(3, []dedup.Item{finding(2)}, nil))
	expect("commented", "1", 2, "CVE-2026-000002")
	tell(3, remaining(3, []dedup.Item{finding(2)}, nil))
	expect("told again", "1", 2, "CVE-2026-000002")
	tell(4, remaining(0, nil, []dedup.Item{finding(0), finding(1), finding(2)}))
	expect("resolved", "6", 3, "no open findings")
	if r := only(t, i); r.Columns["close_code"] == "" || !strings.Contains(r.Notes[2], "CVE-2026-000002") {
		t.Errorf("%+v", r)
	}
	if r := tell(5, remaining(0, nil, []dedup.Item{finding(7)})); len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "INC0010001: nothing is left") {
		t.Errorf("%+v", r)
	}
	tell(6, findings(1))
	expect("opened again", "2", 4, "CVE-2026-000000")
	i.Set("INC0010001", map[string]string{"state": "8"})
	if r := tell(7, findings(2)); len(r.Notes) != 1 || r.Notes[0] != "INC0010001: closed as not to be done: left alone" {
		t.Errorf("%+v", r)
	}
	expect("left alone", "8", 4, "CVE-2026-000000")
}

// TestNeverReopened: without a word about it, what comes back after the record was closed is another record.
func TestNeverReopened(t *testing.T) {
	i := instance()
	s := open(t, Config{Ticket: ticket.Config{Mode: "update"}}, serve(t, i), start)
	for n, m := range []*message.Message{findings(1), remaining(0, nil, []dedup.Item{finding(0)})} {
		if _, err := deliver(t, s, m, key(n)); err != nil {
			t.Fatal(err)
		}
	}
	if r := only(t, i); r.Columns["state"] != "1" || len(r.Notes) != 2 {
		t.Errorf("on-fixed: comment: %+v", r)
	}
	i.Set("INC0010001", map[string]string{"state": "7", "close_code": "Solution provided"})
	r, err := deliver(t, s, findings(1), key(3))
	if err != nil || r.Ref != "INC0010002" {
		t.Errorf("%+v %v", r, err)
	}
	r, err = deliver(t, s, remaining(2, []dedup.Item{finding(1)}, nil), key(4))
	if list := i.Records("incident"); err != nil || r.Ref != "INC0010002" || len(list) != 2 || len(list[0].Notes) != 2 || len(list[1].Notes) != 2 {
		t.Errorf("%+v %v %d records", r, err, len(list))
	}
}

// TestClosedAndLost: after a loss of the state the first message has the key that it had long ago. A record of that key that is open is found;
// one that was closed since is not what the message says.
func TestClosedAndLost(t *testing.T) {
	i := instance()
	s := open(t, Config{}, serve(t, i), start)
	for _, want := range []string{"INC0010001", "INC0010001"} {
		if r, err := deliver(t, s, findings(1), key(1)); err != nil || r.Ref != want {
			t.Fatalf("%+v %v", r, err)
		}
	}
	i.Set("INC0010001", map[string]string{"state": "7", "close_code": "Solution provided"})
	r, err := deliver(t, s, findings(1), key(1))
	if list := i.Records("incident"); err != nil || r.Ref != "INC0010002" || len(list) != 2 || len(list[0].Notes) != 1 || len(list[1].Notes) != 1 {
		t.Errorf("%+v %v %+v", r, err, list)
	}
}

// TestByHand: what people do between the steps stays, and misleads nobody.
func TestByHand(t *testing.T) {
	none := remaining(0, nil, []dedup.Item{finding(0)})
	i := instance()
	s := open(t, Config{Ticket: updating()}, serve(t, i), start)
	if _, err := deliver(t, s, findings(1), key(1)); err != nil {
		t.Fatal(err)
	}
	list := steps(t, s, none, key(2))
	last, err := s.Send(t.Context(), list[0])
	if err != nil || len(list) != 2 {
		t.Fatal(err)
	}
	i.Set("INC0010001", map[string]string{"state": "7"})
	list[1].Last = last
	_, err = s.Send(t.Context(), list[1])
	if r := only(t, i); err != nil || r.Columns["state"] != "7" {
		t.Errorf("closed by a person, and in state %s: %v", r.Columns["state"], err)
	}

	// An older record that is open goes before a newer one that is closed.
	i = instance()
	s = open(t, Config{Ticket: ticket.Config{Mode: "update"}}, serve(t, i), start)
	for n := range 2 {
		if _, err := deliver(t, s, findings(1), key(n)); err != nil {
			t.Fatal(err)
		}
		i.Set(fmt.Sprintf("INC001000%d", n+1), map[string]string{"state": "7"})
	}
	i.Set("INC0010001", map[string]string{"state": "2"})
	if r, err := deliver(t, s, remaining(2, []dedup.Item{finding(1)}, nil), key(3)); err != nil || r.Ref != "INC0010001" {
		t.Errorf("%+v %v", r, err)
	}
	// Of closed ones the latest counts: somebody said no.
	i.Set("INC0010001", map[string]string{"state": "7"})
	i.Set("INC0010002", map[string]string{"state": "8"})
	if r, err := deliver(t, s, findings(1), key(4)); err != nil || r.Ref != "INC0010002" || len(r.Notes) != 1 || len(i.Records("incident")) != 2 {
		t.Errorf("%+v %v", r, err)
	}

	// Somebody empties correlation_display: the name is enough for a record of one message.
	i = instance()
	s = open(t, Config{}, serve(t, i), start)
	for range 2 {
		if _, err := deliver(t, s, findings(1), key(1)); err != nil {
			t.Fatal(err)
		}
		only(t, i)
		i.Set("INC0010001", map[string]string{"correlation_display": ""})
	}
	// Somebody closes it as well before an attempt whose answer was lost is made again.
	i.Set("INC0010001", map[string]string{"state": "7"})
	again := steps(t, s, findings(1), key(1))[0]
	again.Unsure = start().Add(-time.Second)
	if r, err := s.Send(t.Context(), again); err != nil || r.Ref != only(t, i).Columns["number"] {
		t.Errorf("%+v %v", r, err)
	}
}

// TestSilently: with on-fixed: nothing, the description alone says that nothing is left.
func TestSilently(t *testing.T) {
	i := instance()
	s := open(t, Config{Ticket: ticket.Config{Mode: "update", OnFixed: "nothing"}}, serve(t, i), start)
	for n, m := range []*message.Message{findings(1), remaining(0, nil, []dedup.Item{finding(0)})} {
		if _, err := deliver(t, s, m, key(n)); err != nil {
			t.Fatal(err)
		}
	}
	if r := only(t, i); r.Columns["state"] != "1" || len(r.Notes) != 1 || !strings.Contains(r.Columns["description"], "no open findings") {
		t.Errorf("%+v", r)
	}
}

// TestFound: what the states of the tables mean for the life of a record.
func TestFound(t *testing.T) {
	const at = "2026-11-20 08:00:00"
	when := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		table string
		row   row
		want  ticket.Found
	}{
		"new":                 {incident, row{State: "1", Active: "true"}, ticket.Found{Open: true}},
		"resolved":            {incident, row{State: "6", Active: "true", Resolved: at, Code: "Solution provided"}, ticket.Found{Closed: when}},
		"closed":              {incident, row{State: "7", Active: "false", Resolved: "2026-11-13 08:00:00", Closed: at}, ticket.Found{Closed: when}},
		"canceled":            {incident, row{State: "8", Active: "false", Closed: at}, ticket.Found{Closed: when, Declined: true}},
		"not solved":          {incident, row{State: "7", Active: "false", Code: "Not Solved (Too Costly)"}, ticket.Found{Declined: true}},
		"no resolution":       {incident, row{State: "6", Active: "true", Code: "No resolution provided"}, ticket.Found{Declined: true}},
		"opened again":        {incident, row{State: "2", Active: "true", Code: "No resolution provided", Resolved: at}, ticket.Found{Open: true}},
		"task in progress":    {"sc_task", row{State: "7", Active: "true"}, ticket.Found{Open: true}},
		"task complete":       {"sc_task", row{State: "3", Active: "false", Closed: at}, ticket.Found{Closed: when}},
		"task incomplete":     {"sc_task", row{State: "4", Active: "false", Closed: "yesterday"}, ticket.Found{Declined: true}},
		"task skipped":        {"sc_task", row{State: "7", Active: "false"}, ticket.Found{Declined: true}},
		"a table of its own":  {"u_findings", row{State: "12"}, ticket.Found{Open: true}},
		"opened by this":      {incident, row{State: "1", Told: told(key(1), key(2), 1)}, ticket.Found{Open: true, Own: true}},
		"opened by another":   {incident, row{State: "1", Told: told(key(2), key(1), 1)}, ticket.Found{Open: true}},
		"named after this":    {incident, row{State: "1", Name: "postee-" + key(1)}, ticket.Found{Open: true, Own: true}},
		"a display of others": {incident, row{State: "1", Told: "Jira SEC-12"}, ticket.Found{Open: true}},
	} {
		if got := c.row.life(c.table, &sinks.Delivery{Key: key(1)}); *got != c.want {
			t.Errorf("%s: %+v, want %+v", name, *got, c.want)
		}
	}
	var none *row
	if none.life(incident, &sinks.Delivery{Key: key(1)}) != nil {
		t.Error("no record is one")
	}
	// What is closed is this message's own only while nobody knows what became of an attempt.
	closed := row{State: "7", Active: "false", Name: "postee-" + key(1)}
	if closed.life(incident, &sinks.Delivery{Key: key(1)}).Own || !closed.life(incident, &sinks.Delivery{Key: key(1), Unsure: when}).Own {
		t.Error("a closed record")
	}
}
