package jira

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// TestLostState: the same message finds its ticket again, and says nothing twice.
func TestLostState(t *testing.T) {
	for _, mode := range []string{"", "update"} {
		t.Run("mode "+mode, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				c := configured(j, func(x *Config) { x.Ticket.Mode = mode })
				for range 2 {
					l := &lane{t: t, sink: openedSink(t, c, nil)}
					l.must(0, many(300))
					if l.last.Ref != "SEC-1" {
						t.Errorf("receipt %+v", l.last)
					}
				}
				if i := j.Issues(); len(i) != 1 || len(i[0].Comments) > 0 || len(i[0].Attachments) != 1 {
					t.Errorf("%d issues, %d comments, %d files", len(i), len(i[0].Comments), len(i[0].Attachments))
				}
			})
		})
	}
}

// TestLostAnswer: the answer to a create was cut off, and the search does not find the ticket yet: it is waited for, and then it is the
// one ticket. When it is not found in time, one is opened.
func TestLostAnswer(t *testing.T) {
	for _, effect := range []string{"before", "after"} {
		for _, mode := range []string{"", "update"} {
			t.Run(effect+" "+mode, func(t *testing.T) {
				both(t, func(t *testing.T, j *jiratest.Jira) {
					now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
					l := &lane{t: t, sink: openedSink(t, configured(j, func(x *Config) { x.Ticket.Mode = mode }), func() time.Time { return now })}
					j.SetLag(true)
					j.Fail(jiratest.Fault{Method: "POST", Path: "/issue", Drop: effect})
					err := l.send(0, many(3))
					if v, _ := sinks.Judge(err); err == nil || v != sinks.Retry {
						t.Fatalf("%v, verdict %d", err, v)
					}
					l.unsure = now
					now = now.Add(7 * time.Second)
					err = l.send(0, many(3))
					if v, wait := sinks.Judge(err); v != sinks.Await || wait != 13*time.Second {
						t.Fatalf("%v, verdict %d, wait %v", err, v, wait)
					}
					if now = now.Add(13 * time.Second); effect == "after" {
						j.SetLag(false)
					}
					l.must(0, many(3))
					if n := len(j.Issues()); n != 1 {
						t.Errorf("%d issues", n)
					}
				})
			})
		}
	}
}

// TestManyAtOnce: 60 messages become 60 tickets with 60 contents.
func TestManyAtOnce(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		s := openedSink(t, configured(j, nil), nil)
		var all sync.WaitGroup
		for n := range 60 {
			all.Go(func() {
				m := many(2)
				m.Sections[0].Subject = fmt.Sprintf("image-%d", n)
				m.Title = m.Sections[0].Subject
				if err := (&lane{t: t, sink: s}).send(n, m); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		seen := make(map[string]bool)
		for _, i := range j.Issues() {
			seen[i.Text("summary")+strings.Join(i.Labels(), " ")] = true
		}
		if len(j.Issues()) != 60 || len(seen) != 60 {
			t.Errorf("%d issues, %d contents", len(j.Issues()), len(seen))
		}
	})
}

// told is a message of a story, with its plan: that is the same for every process.
type told struct {
	message *message.Message
	parts   []sinks.Part
}

// story opens a ticket with a report and a sprint, comments it, closes it, and opens it again.
func story(t *testing.T, s sinks.Sink) []told {
	first := many(300)
	next := about(nil, first.Sections[0].Open[2:], first.Sections[0].Open[:2])
	var all []told
	for _, m := range []*message.Message{first, next, about(nil, first.Sections[0].Open[:2], nil), about(list(three()), nil, list(three()))} {
		parts, err := s.Plan(m)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, told{m, parts})
	}
	return all
}

// end is what a site has at the end, for comparison.
func end(j *jiratest.Jira) string {
	var b strings.Builder
	for _, i := range j.Issues() {
		fmt.Fprintf(&b, "%s %s %s sprint %d\n%s\n", i.Key, i.Status.Category, i.Resolution, i.Sprint, i.Text("description"))
		for _, c := range i.Comments {
			fmt.Fprintf(&b, "comment %s\n", jiratest.Text(c))
		}
		for _, a := range i.Attachments {
			fmt.Fprintf(&b, "file %s %d\n", a.Name, len(a.Content))
		}
	}
	return b.String()
}

// TestKilledAnywhere: the process dies before or after any request of the whole life of a ticket, and another goes on with the last
// receipt that was saved. In the end there is one ticket, and it is complete.
func TestKilledAnywhere(t *testing.T) {
	life := ticket.Config{Mode: "update", OnFixed: "close", Reopen: ticket.Reopen{Always: true}}
	for _, cloud := range []bool{true, false} {
		whole := jiratest.New(cloud)
		t.Cleanup(whole.Close)
		whole.SetPage(50)
		configure := func(j *jiratest.Jira) *Config {
			return configured(j, func(x *Config) { x.Ticket, x.Sprint = life, "Sprint 8" })
		}
		l := &lane{t: t, sink: openedSink(t, configure(whole), nil)}
		tale := story(t, l.sink)
		for n, m := range tale {
			for _, part := range m.parts {
				if err := l.part(n, m.message, part); err != nil {
					t.Fatal(err)
				}
			}
		}
		want, requests := end(whole), whole.Requests()
		if !strings.Contains(want, "file ") || strings.Count(want, "comment ") != 3 {
			t.Fatalf("the whole story has not everything in it: %.300s", want)
		}
		for at, r := range requests {
			faults := map[string]jiratest.Fault{"before": {Drop: "before"}, "after": {Drop: "after"}}
			if r.Method == http.MethodGet {
				// What is only read has no effect, and net/http itself asks again when a connection breaks.
				faults = map[string]jiratest.Fault{"at": {Status: 502}}
			}
			for effect, fault := range faults {
				t.Run(fmt.Sprintf("%s, %s request %d, %s %s", whole.Kind(), effect, at+1, r.Method, r.Path), func(t *testing.T) {
					j := jiratest.New(cloud)
					defer j.Close()
					j.SetPage(50)
					kill(t, j, tale, func() sinks.Sink { return openedSink(t, configure(j), nil) }, at, fault)
					if got := end(j); got != want {
						t.Errorf("the end is %.1500s\nwant %.1500s", got, want)
					}
				})
			}
		}
	}
}

// kill tells the story to a site that fails one request; from then on another process tells it.
func kill(t *testing.T, j *jiratest.Jira, tale []told, open func() sinks.Sink, at int, fault jiratest.Fault) {
	faults := make([]jiratest.Fault, at+1) // one without anything in it lets the request pass
	faults[at] = fault
	j.Fail(faults...)
	l := &lane{t: t, sink: open()}
	died := 0
	for n, m := range tale {
		for _, part := range m.parts {
			err := l.part(n, m.message, part)
			for ; err != nil && died < 3; err = l.part(n, m.message, part) {
				died++
				l.sink, l.unsure = open(), time.Now().Add(-time.Minute)
			}
			if err != nil {
				t.Fatal(err)
			}
			l.unsure = time.Time{}
		}
	}
	if died != 1 {
		t.Fatalf("it died %d times", died)
	}
}

// TestDoneTwice: something between repeats a request. What can be found out is done once: a comment that was doubled on its way cannot.
func TestDoneTwice(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{OnFixed: "close"}), nil)}
		j.Fail(jiratest.Fault{Method: "POST", Path: "/issue", Twice: true})
		l.must(0, many(3))
		if n := len(j.Issues()); n != 2 {
			t.Fatalf("%d issues", n)
		}
		// From here on one of the two is the ticket.
		j.Fail(jiratest.Fault{Method: "PUT", Path: l.last.Ref, Twice: true})
		l.must(1, about(list(one()), nil, list(one())))
		l.must(2, about(nil, list(one()), nil))
		closed := slices.DeleteFunc(j.Issues(), func(i jiratest.Issue) bool { return i.Status.Category != "done" })
		if len(j.Issues()) != 2 || len(closed) != 1 || len(closed[0].Comments) != 2 {
			t.Errorf("%d issues, %d closed", len(j.Issues()), len(closed))
		}
	})
}

// TestSlow: an answer that does not come in time is a failed attempt, and the next finds what the first has done.
func TestSlow(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, configured(j, func(x *Config) { x.Timeout = 50 * time.Millisecond }), nil)}
		never := make(chan struct{})
		defer close(never)
		j.Fail(jiratest.Fault{Wait: never})
		err := l.send(0, many(1))
		if v, _ := sinks.Judge(err); err == nil || v != sinks.Retry {
			t.Errorf("%v, verdict %d", err, v)
		}
		l.sink = openedSink(t, configured(j, nil), nil)
		l.must(0, many(1))
		if len(j.Issues()) != 1 {
			t.Errorf("%d issues", len(j.Issues()))
		}
	})
}

// TestReceiptOfAnother: a step whose receipt is not there looks for the ticket, and does not take one that is not found for one that needs
// nothing.
func TestReceiptOfAnother(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, updating(j, ticket.Config{}), nil)}
		m := many(1)
		parts, err := l.sink.Plan(m)
		if err != nil {
			t.Fatal(err)
		}
		j.SetLag(true)
		if err := l.part(0, m, parts[0]); err != nil {
			t.Fatal(err)
		}
		l.last = sinks.Receipt{Keep: map[string]string{keepFor: keyOf(7), keepDo: "2", keepAt: j.URL}}
		err = l.part(0, m, parts[1])
		if v, _ := sinks.Judge(err); err == nil || v != sinks.Retry {
			t.Errorf("%v, verdict %d", err, v)
		}
		j.SetLag(false)
		if err := l.part(0, m, parts[1]); err != nil || l.last.Ref != "SEC-1" || len(j.Issues()[0].Comments) > 0 {
			t.Errorf("%v, %+v", err, l.last)
		}
	})
}
