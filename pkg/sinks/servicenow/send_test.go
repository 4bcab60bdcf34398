package servicenow

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
	"github.com/postee/postee/pkg/sinks/sinktest/servicenowtest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// key is the nth message's.
func key(n int) string { return fmt.Sprintf("%032x", n) }

// steps are the deliveries of a message's parts.
func steps(t *testing.T, s *sink, m *message.Message, key string) []sinks.Delivery {
	t.Helper()
	parts, err := s.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	list := make([]sinks.Delivery, len(parts))
	for i, p := range parts {
		list[i] = sinks.Delivery{Key: key, Part: p, Message: m, Subject: "digest"}
		if len(m.Sections) == 1 {
			list[i].Subject = m.Sections[0].Subject
		}
	}
	return list
}

// deliver sends all parts of a message, each with the receipt of the one before, and returns the last with the notes of all.
func deliver(t *testing.T, s *sink, m *message.Message, key string) (last sinks.Receipt, err error) {
	t.Helper()
	var notes []string
	for _, d := range steps(t, s, m, key) {
		d.Last = last
		if last, err = s.Send(t.Context(), d); err != nil {
			return last, err
		}
		notes = append(notes, last.Notes...)
	}
	last.Notes = notes
	return last, nil
}

// repeat makes the deliveries of a message as pkg/deliver does: one after the other, each until it succeeds, with what is known of the attempt
// before. forget has it forget receipts, as after a lost state.
func repeat(t *testing.T, s *sink, list []sinks.Delivery, forget bool, clock *time.Time) {
	t.Helper()
	var last sinks.Receipt
	for _, d := range list {
		for attempt := 0; ; attempt++ {
			if d.Last = last; forget {
				d.Last = sinks.Receipt{}
			}
			receipt, err := s.Send(t.Context(), d)
			if err == nil {
				last, d.Unsure = receipt, time.Time{}
				break
			}
			verdict, wait := sinks.Judge(err)
			if attempt > 5 || verdict != sinks.Retry && verdict != sinks.Await {
				t.Fatalf("part %s: %v", d.Part.Name, err)
			}
			if verdict == sinks.Retry {
				d.Unsure = *clock
			}
			*clock = clock.Add(wait)
		}
	}
}

// remaining is a message after which so many findings are open, with others new and fixed.
func remaining(open int, added, fixed []dedup.Item) *message.Message {
	m := findings(open)
	d := &m.Sections[0].Delta
	d.New, d.Known = added, open
	for _, item := range fixed {
		d.Fixed = append(d.Fixed, dedup.Change{Item: item})
	}
	m.Sections[0].Open = append([]dedup.Item{}, m.Sections[0].Open...)
	return m
}

// only returns the only record of incidents.
func only(t *testing.T, i *servicenowtest.Instance) servicenowtest.Record {
	t.Helper()
	list := i.Records("incident")
	if len(list) != 1 {
		t.Fatalf("%d records", len(list))
	}
	return list[0]
}

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

// TestOneRecord: whatever is cut off, late, refused or dropped at whatever request, and whether receipts are kept or lost, each message ends in
// one record that has everything once.
func TestOneRecord(t *testing.T) {
	for name, life := range map[string]ticket.Config{"new": {}, "update": updating()} {
		plans := open(t, Config{Ticket: life}, "http://127.0.0.1:9", start)
		big, none := steps(t, plans, findings(150), key(1)), steps(t, plans, remaining(0, nil, []dedup.Item{finding(1)}), key(2))
		for _, fault := range []servicenowtest.Fault{{Cut: true}, {Drop: true}, {Late: true}, {Status: 429, Wait: 7}, {Status: 503}} {
			for _, forget := range []bool{false, true} {
				for at := int64(1); ; at++ {
					i := instance()
					clock, n := start(), new(atomic.Int64)
					i.Fault = func(r *http.Request) servicenowtest.Fault {
						if n.Add(1) != at || fault.Late && r.Method == http.MethodGet {
							return servicenowtest.Fault{}
						}
						return fault
					}
					s := open(t, Config{Ticket: life}, serve(t, i), func() time.Time {
						if n.Load() >= at {
							i.Settle() // what is late is done before anybody waits 20 seconds
						}
						return clock
					})
					repeat(t, s, big, forget, &clock)
					once := len(only(t, i).Notes)
					repeat(t, s, big, true, &clock)
					r := only(t, i)
					if parts := len(big); once != parts || len(r.Notes) != parts || parts < 2 {
						t.Fatalf("%s, %+v at request %d, receipts forgotten %v: %d and then %d notes of %d", name, fault, at, forget, once, len(r.Notes), parts)
					}
					if life.Mode != "" {
						repeat(t, s, none, forget, &clock)
						if r := only(t, i); r.Columns["state"] != "6" || len(r.Notes) != once+1 {
							t.Fatalf("%s, %+v at request %d: state %s, %d notes", name, fault, at, r.Columns["state"], len(r.Notes))
						}
					}
					if n.Load() < at {
						break // no request was left to go wrong
					}
				}
			}
		}
	}
}

// TestAwait: after an attempt without an answer nothing is created until the instance had its time.
func TestAwait(t *testing.T) {
	i := instance()
	s := open(t, Config{}, serve(t, i), start)
	d := steps(t, s, findings(1), key(1))[0]
	d.Unsure = start().Add(-5 * time.Second)
	_, err := s.Send(t.Context(), d)
	if verdict, wait := sinks.Judge(err); verdict != sinks.Await || wait != 15*time.Second || len(i.Records("incident")) != 0 {
		t.Errorf("verdict %d, wait %v: %v", verdict, wait, err)
	}
	d.Unsure = start().Add(-20 * time.Second)
	if _, err := s.Send(t.Context(), d); err != nil || len(i.Records("incident")) != 1 {
		t.Error(err)
	}
}

// TestManyAtOnce: 60 messages at once are 60 records with 60 contents, and once more they are the same.
func TestManyAtOnce(t *testing.T) {
	const many = 60
	i := instance()
	s := open(t, Config{}, serve(t, i), start)
	for range 2 {
		var all sync.WaitGroup
		for n := range many {
			m := findings(1)
			m.Sections[0].Subject = fmt.Sprintf("image-%d", n)
			all.Go(func() {
				if _, err := deliver(t, s, m, key(n)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	contents := make(map[string]bool)
	for _, r := range i.Records("incident") {
		contents[r.Columns["short_description"]] = len(r.Notes) == 1 && strings.Contains(r.Notes[0], strings.Fields(r.Columns["short_description"])[0][:7])
	}
	if n := len(i.Records("incident")); n != many || len(contents) != many {
		t.Errorf("%d records, %d contents", n, len(contents))
	}
	for name, whole := range contents {
		if !whole {
			t.Errorf("%s has another note", name)
		}
	}
}

// TestErrors: what the instance says, what is done about it, and what a person reads.
func TestErrors(t *testing.T) {
	closed := func(i *servicenowtest.Instance) { i.Set("INC0010001", map[string]string{"state": "7"}) }
	for name, c := range map[string]struct {
		config  Config
		change  func(*servicenowtest.Instance)
		before  bool
		message *message.Message
		verdict sinks.Verdict
		want    string
	}{
		"credentials": {Config{}, func(i *servicenowtest.Instance) { i.Password = "another" }, false, findings(1), sinks.Hold, "HTTP 401 Unauthorized: "},
		"permission":  {Config{}, func(i *servicenowtest.Instance) { i.Denied = []string{"POST"} }, false, findings(1), sinks.Hold, "ACL Exception POST Failed"},
		"table":       {Config{Board: "nothing"}, func(*servicenowtest.Instance) {}, false, findings(1), sinks.Dead, "Invalid table nothing"},
		"rate": {Config{}, func(i *servicenowtest.Instance) {
			i.Fault = func(*http.Request) servicenowtest.Fault { return servicenowtest.Fault{Status: 429, Wait: 9} }
		}, false, findings(1), sinks.Retry, "HTTP 429"},
		"foreign": {Config{Board: "u_narrow", Ticket: ticket.Config{Mode: "update"}}, func(i *servicenowtest.Instance) { i.Narrow = []string{"u_narrow"} }, true, findings(1), sinks.Hold, "answers with other records"},
		"stays closed": {
			Config{Ticket: updating()}, func(i *servicenowtest.Instance) { i.Fixed = true; closed(i) }, true, findings(2), sinks.Hold,
			"ServiceNow left INC0010001 closed: give reopen-fields what the table asks for, or set ticket.reopen: never",
		},
		"policy": {
			Config{Ticket: updating(), CloseFields: map[string]string{"close_code": ""}}, func(*servicenowtest.Instance) {}, true, remaining(0, nil, []dedup.Item{finding(0)}), sinks.Hold,
			"Data Policy Exception: The following fields are mandatory: Resolution code",
		},
	} {
		i := instance()
		s := open(t, c.config, serve(t, i), start)
		if c.before {
			if _, err := deliver(t, s, findings(1), key(1)); err != nil {
				t.Fatal(err)
			}
		}
		c.change(i)
		_, err := deliver(t, s, c.message, key(2))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if verdict, _ := sinks.Judge(err); verdict != c.verdict || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: verdict %d, %v", name, verdict, err)
		}
	}
}

// TestNotes: columns that there are not are left out, and people read that.
func TestNotes(t *testing.T) {
	i := instance()
	i.Narrow = []string{"u_narrow"}
	s := open(t, Config{Board: "u_narrow", Fields: map[string]string{"u_none": "x", "u_image": "y"}}, serve(t, i), start)
	r, err := deliver(t, s, findings(1), key(1))
	if err != nil || len(r.Notes) != 2 || r.Notes[0] != "the table u_narrow has no column u_none: left out" || !strings.Contains(r.Notes[1], "has no correlation_id") {
		t.Errorf("%q %v", r.Notes, err)
	}
	if got := i.Records("u_narrow")[0].Columns; got["u_image"] != "y" || got["u_none"] != "" {
		t.Errorf("%v", got)
	}
}

// TestColumns: what a new record has.
func TestColumns(t *testing.T) {
	i := instance()
	s := open(t, Config{Fields: map[string]string{"urgency": "3", "category": "security"}}, serve(t, i), start)
	if _, err := deliver(t, s, sinktest.Messages()[0].Message, key(1)); err != nil {
		t.Fatal(err)
	}
	r := only(t, i)
	for column, want := range map[string]string{
		"short_description": "docker.io/library/app:1.4 vulnerability scan report", "impact": "3", "urgency": "3", "category": "security", "opened_at": "2026-11-22 10:00:00",
		"correlation_id": "postee-" + key(1), "correlation_display": "postee-" + key(1) + " told " + key(1) + " 1", "priority": "",
	} {
		if r.Columns[column] != want {
			t.Errorf("%s: %q, want %q", column, r.Columns[column], want)
		}
	}
	for severity, want := range map[scan.Severity]string{scan.Critical: "1", scan.High: "1", scan.Medium: "2", scan.Low: "3", scan.Unknown: "3"} {
		m := &message.Message{Sections: make([]message.Section, 2)}
		m.Sections[1].Delta.Open[severity], m.Sections[0].Delta.Open[scan.Low] = 1, 1
		if got := grade(m); got != want {
			t.Errorf("%v: %s", severity, got)
		}
	}
}

// TestForeignAnswers: what is not ServiceNow's has done nothing.
func TestForeignAnswers(t *testing.T) {
	for _, body := range []string{"<html>Your instance is hibernating</html>", `{}`, `{"result":{}}`, `{"result":"x"}`, "null"} {
		s := open(t, Config{}, answering(t, body), start)
		d := steps(t, s, findings(1), key(1))[0]
		_, err := s.Send(t.Context(), d)
		if verdict, _ := sinks.Judge(err); err == nil || verdict != sinks.Retry || !errors.Is(err, errForeignAnswer) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
