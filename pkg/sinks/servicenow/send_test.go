package servicenow

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

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
			i.Fail(func(*http.Request) servicenowtest.Fault { return servicenowtest.Fault{Status: 429, Wait: 9} })
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
