package jira

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// one, two and three are findings.
func one() dedup.Item   { return cve(scan.Critical, "CVE-2026-00001") }
func two() dedup.Item   { return cve(scan.High, "CVE-2026-00002") }
func three() dedup.Item { return cve(scan.Low, "CVE-2026-00003") }

func list(items ...dedup.Item) []dedup.Item { return items }

// updating is a configuration with one ticket for each subject.
func updating(j *jiratest.Jira, life ticket.Config) *Config {
	life.Mode = "update"
	return configured(j, func(c *Config) { c.Ticket = life })
}

// TestLife: opened, commented and refreshed, closed when all is fixed, and opened again or not.
func TestLife(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{OnFixed: "close", Reopen: ticket.Reopen{Always: true}}), nil)}
		l.must(0, about(list(one()), nil, list(one())))
		l.must(1, about(list(two()), list(one()), list(two())))
		i := j.Issues()[0]
		if len(j.Issues()) != 1 || len(i.Comments) != 1 || !strings.Contains(i.Text("description"), "CVE-2026-00002") || strings.Contains(i.Text("description"), "CVE-2026-00001") {
			t.Fatalf("%d issues, %d comments, description %s", len(j.Issues()), len(i.Comments), i.Text("description"))
		}
		if said := jiratest.Text(i.Comments[0]); !strings.Contains(said, "CVE-2026-00001") || !strings.Contains(said, keyOf(1)) {
			t.Errorf("the comment is %s", said)
		}
		if i.Status.Category != "new" || l.last.Ref != i.Key {
			t.Errorf("status %v, receipt %+v", i.Status, l.last)
		}
		l.must(2, about(nil, list(two()), nil))
		if i = j.Issues()[0]; i.Status.Category != "done" || i.Resolution == "" || len(i.Comments) != 2 {
			t.Errorf("nothing is left: status %v, resolution %q, %d comments", i.Status, i.Resolution, len(i.Comments))
		}
		l.must(3, about(list(three()), nil, list(three())))
		if i = j.Issues()[0]; len(j.Issues()) != 1 || i.Status.Category == "done" || len(i.Comments) != 3 {
			t.Errorf("opened again: %d issues, status %v, %d comments", len(j.Issues()), i.Status, len(i.Comments))
		}
	})
}

// TestClosedTickets: what is found again opens a new ticket, the old one, or none.
func TestClosedTickets(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		reopen     ticket.Reopen
		resolution string
		closed     time.Duration
		issues     int
		open       bool
		note       string
	}{
		"never":          {ticket.Reopen{}, "Done", time.Hour, 2, false, ""},
		"always":         {ticket.Reopen{Always: true}, "Done", 1000 * time.Hour, 1, true, ""},
		"within":         {ticket.Reopen{Within: 2 * time.Hour}, "Done", time.Hour, 1, true, ""},
		"too long ago":   {ticket.Reopen{Within: 2 * time.Hour}, "Done", 3 * time.Hour, 2, false, ""},
		"won't do":       {ticket.Reopen{Always: true}, "Won't Do", time.Hour, 1, false, "SEC-1: closed as not to be done: left alone"},
		"won\u2019t fix": {ticket.Reopen{}, "Won\u2019t Fix", time.Hour, 1, false, "left alone"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{Reopen: c.reopen}), func() time.Time { return now })}
				l.must(0, about(list(one()), nil, list(one())))
				j.Resolve("SEC-1", c.resolution, now.Add(-c.closed))
				for _, last := range []sinks.Receipt{l.last, {}} { // with the state, and without
					l.last = last
					l.must(1, about(list(two()), nil, list(one(), two())))
				}
				issues := j.Issues()
				if len(issues) != c.issues || (issues[0].Status.Category != "done") != c.open {
					t.Errorf("%d issues, status %v", len(issues), issues[0].Status)
				}
				if c.note != "" {
					l.noted(c.note)
				}
			})
		})
	}
}

// TestNothingToTicket: what is below the threshold, and what is clean, opens nothing; a clean scan of a closed ticket changes nothing.
func TestNothingToTicket(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{}), nil)}
		m := about(list(three()), nil, list(three()))
		m.Threshold.Least = scan.High
		l.must(0, m)
		l.must(1, about(nil, nil, nil))
		if len(j.Issues()) != 0 {
			t.Errorf("%d issues", len(j.Issues()))
		}
		l.noted("nothing is open that asks for a ticket")
	})
}

// TestTicketPerMessage: without mode each message opens a ticket, and what was closed is never touched.
func TestTicketPerMessage(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, configured(j, nil), nil)}
		l.must(0, about(list(one()), nil, nil))
		l.must(1, about(list(two()), nil, nil))
		for n, i := range j.Issues() {
			if want := []string{ticket.Prefix + keyOf(n)}; !slices.Equal(i.Labels(), want) || len(i.Comments) > 0 {
				t.Errorf("%s: labels %v, want %v, %d comments", i.Key, i.Labels(), want, len(i.Comments))
			}
		}
		if len(j.Issues()) != 2 {
			t.Errorf("%d issues", len(j.Issues()))
		}
	})
}

// TestDeleted: a ticket that a person deleted is opened anew; one of another site or project is not taken for it.
func TestDeleted(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{}), nil)}
		l.must(0, about(list(one()), nil, list(one())))
		j.Delete("SEC-1")
		l.must(1, about(list(two()), nil, list(one(), two())))
		if issues := j.Issues(); len(issues) != 1 || issues[0].Key != "SEC-2" || l.last.Ref != "SEC-2" {
			t.Fatalf("%+v", issues)
		}
		other := jiratest.New(j.Kind() == "cloud")
		defer other.Close()
		l.sink = openedSink(t, updating(other, ticket.Config{}), nil)
		someone := &lane{t: t, sink: openedSink(t, configured(other, nil), nil)}
		someone.must(7, many(1))
		someone.must(8, many(1)) // SEC-2 of the other site is somebody else's
		l.must(2, about(list(three()), nil, list(one(), two(), three())))
		if issues := other.Issues(); len(issues) != 3 || len(issues[1].Comments) > 0 {
			t.Errorf("%d issues at the other site, and %d comments on a stranger's", len(issues), len(issues[1].Comments))
		}
	})
}

// TestTransitions: one by name, one that is not there, and none that can be taken.
func TestTransitions(t *testing.T) {
	for name, c := range map[string]struct{ transition, cloud, dataCenter string }{
		"by name": {"fertig", "", "ticket.transition: SEC-1 has no transition \"fertig\" now: it has "},
		"missing": {"Ship it", "ticket.transition: SEC-1 has no transition \"Ship it\" now: it has ", "it has Close Issue"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				want := c.cloud
				if j.Kind() == "datacenter" {
					want = c.dataCenter
				}
				l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{OnFixed: "close", Transition: c.transition}), nil)}
				l.must(0, about(list(one()), nil, list(one())))
				err := l.send(1, about(nil, list(one()), nil))
				if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
					t.Errorf("error %v, want %q", err, want)
				}
				if v, _ := sinks.Judge(err); err != nil && v != sinks.Hold {
					t.Errorf("verdict %d of %v", v, err)
				}
			})
		})
	}
}

// TestConflict: somebody moves the ticket at the same time.
func TestConflict(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{OnFixed: "close"}), nil)}
		l.must(0, about(list(one()), nil, list(one())))
		j.Fail(jiratest.Fault{Method: "POST", Path: "/transitions", Status: http.StatusConflict, Body: `{"errorMessages":["The issue is being updated."],"errors":{}}`})
		err := l.send(1, about(nil, list(one()), nil))
		if v, _ := sinks.Judge(err); err == nil || v != sinks.Retry || !strings.Contains(err.Error(), "The issue is being updated.") {
			t.Errorf("%v, verdict %d", err, v)
		}
	})
}

// TestOpenWins: of many tickets of one subject the open one is gone on with, however many were closed after it; of closed ones the newest.
func TestOpenWins(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{}), nil)}
		keys := []string{"SEC-1", "SEC-2", "SEC-3", "SEC-4", "SEC-5"}
		for n, key := range keys {
			l.must(n, about(list(one()), nil, list(one())))
			j.Resolve(key, "Done", time.Now())
		}
		j.Resolve("SEC-2", "", time.Time{})
		l.last = sinks.Receipt{}
		l.must(10, about(list(two()), nil, list(one(), two())))
		if l.last.Ref != "SEC-2" || len(j.Issues()) != len(keys) || len(j.Issues()[1].Comments) != 1 {
			t.Errorf("receipt %+v, %d issues", l.last, len(j.Issues()))
		}
		j.Resolve("SEC-2", "Done", time.Now())
		j.Resolve("SEC-5", "Won't Do", time.Now())
		l.last = sinks.Receipt{}
		l.must(11, about(list(three()), nil, list(one(), two(), three())))
		l.noted("SEC-5: closed as not to be done: left alone")
	})
}
