package jira

import (
	"errors"
	"fmt"
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
					l.must(0, many(400))
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
					if v, _ := verdict(err); err == nil || v != sinks.Retry {
						t.Fatalf("%v, verdict %d", err, v)
					}
					l.unsure = now
					now = now.Add(7 * time.Second)
					err = l.send(0, many(3))
					if v, wait := verdict(err); v != sinks.Await || wait != 13*time.Second {
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

// story are messages that open a ticket with a report and a sprint, comment it, and close it.
func story() []*message.Message {
	first := many(400)
	next := about(nil, first.Sections[0].Open[2:], first.Sections[0].Open[:2])
	return []*message.Message{first, next, about(nil, first.Sections[0].Open[:2], nil)}
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
	life := ticket.Config{Mode: "update", OnFixed: "close"}
	for _, cloud := range []bool{true, false} {
		whole := jiratest.New(cloud)
		t.Cleanup(whole.Close)
		whole.SetPage(50)
		configure := func(j *jiratest.Jira) *Config {
			return configured(j, func(x *Config) { x.Ticket, x.Sprint = life, "Sprint 8" })
		}
		l := &lane{t: t, sink: openedSink(t, configure(whole), nil)}
		for n, m := range story() {
			l.must(n, m)
		}
		want, requests := end(whole), whole.Requests()
		if !strings.Contains(want, "file ") || !strings.Contains(want, "comment ") || !strings.Contains(want, "done") {
			t.Fatalf("the whole story has not everything in it: %.300s", want)
		}
		for at, r := range requests {
			for _, effect := range []string{"before", "after"} {
				fault := jiratest.Fault{Drop: effect}
				if r.Method == "GET" {
					// What is only read is asked again by net/http itself when a connection breaks.
					fault = jiratest.Fault{Status: 502}
				}
				t.Run(fmt.Sprintf("%s, %s request %d, %s %s", whole.Kind(), effect, at+1, r.Method, r.Path), func(t *testing.T) {
					j := jiratest.New(cloud)
					defer j.Close()
					j.SetPage(50)
					kill(t, j, func() sinks.Sink { return openedSink(t, configure(j), nil) }, at, fault)
					if got := end(j); got != want {
						t.Errorf("the end is %.1500s\nwant %.1500s", got, want)
					}
				})
			}
		}
	}
}

// kill tells the story to a site that fails one request; from then on another process tells it.
func kill(t *testing.T, j *jiratest.Jira, open func() sinks.Sink, at int, fault jiratest.Fault) {
	pass := make([]jiratest.Fault, at) // a fault without anything in it lets the request pass
	j.Fail(append(pass, fault)...)
	l := &lane{t: t, sink: open()}
	died := 0
	for n, m := range story() {
		parts, err := l.sink.Plan(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			err := l.part(n, m, part)
			for ; err != nil && died < 3; err = l.part(n, m, part) {
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
		if v, _ := verdict(err); err == nil || v != sinks.Retry {
			t.Errorf("%v, verdict %d", err, v)
		}
		l.sink = openedSink(t, configured(j, nil), nil)
		l.must(0, many(1))
		if len(j.Issues()) != 1 {
			t.Errorf("%d issues", len(j.Issues()))
		}
	})
}

// TestRefusals: what Jira's answers mean, and what people are told.
func TestRefusals(t *testing.T) {
	reset := time.Now().Add(3 * time.Minute).UTC()
	for name, c := range map[string]struct {
		fault jiratest.Fault
		want  sinks.Verdict
		wait  time.Duration
		text  string
	}{
		"too many":          {jiratest.Fault{Status: 429, Header: map[string]string{"Retry-After": "7"}}, sinks.Retry, 7 * time.Second, "HTTP 429"},
		"maintenance":       {jiratest.Fault{Status: 503, Header: map[string]string{"Retry-After": "9"}}, sinks.Retry, 9 * time.Second, "HTTP 503"},
		"reset":             {jiratest.Fault{Status: 429, Header: map[string]string{"X-RateLimit-Reset": reset.Format("2006-01-02T15:04Z07:00")}}, sinks.Retry, -1, "HTTP 429"},
		"reset, seconds":    {jiratest.Fault{Status: 429, Header: map[string]string{"X-RateLimit-Reset": reset.Format(time.RFC3339)}}, sinks.Retry, -1, "HTTP 429"},
		"issue":             {jiratest.Fault{Status: 429, Header: map[string]string{"Retry-After": "3", "RateLimit-Reason": "jira-per-issue-on-write"}}, sinks.Retry, 3 * time.Second, "this issue has been written to too often"},
		"bad gateway":       {jiratest.Fault{Status: 502, Body: "<html>"}, sinks.Retry, 0, "HTTP 502 Bad Gateway: <html>"},
		"password":          {jiratest.Fault{Status: 401, Body: "<html>"}, sinks.Hold, 0, "check user and"},
		"captcha":           {jiratest.Fault{Status: 403, Header: map[string]string{"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}}, sinks.Hold, 0, "sign in once in a browser"},
		"anonymous":         {jiratest.Fault{Status: 404, Header: map[string]string{"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}}, sinks.Hold, 0, "check user and"},
		"forbidden":         {jiratest.Fault{Status: 403, Body: `{"errorMessages":["You do not have permission."],"errors":{}}`}, sinks.Hold, 0, "HTTP 403: You do not have permission."},
		"not to be seen":    {jiratest.Fault{Status: 404, Body: `{"errorMessages":["No project could be found."],"errors":{}}`}, sinks.Hold, 0, "it may be missing, or the user may not see it"},
		"no Jira there":     {jiratest.Fault{Status: 404, Body: "not here"}, sinks.Dead, 0, "HTTP 404 Not Found: not here"},
		"gone":              {jiratest.Fault{Status: 410, Body: `{"errorMessages":["The requested API has been removed."],"errors":{}}`}, sinks.Dead, 0, "The requested API has been removed."},
		"a value":           {jiratest.Fault{Status: 400, Body: `{"errorMessages":[],"errors":{"priority":"is not valid","customfield_1":"x"}}`}, sinks.Hold, 0, "HTTP 400: customfield_1: x; priority: is not valid"},
		"a text":            {jiratest.Fault{Status: 400, Body: `{"errorMessages":[],"errors":{"description":"too long"}}`}, sinks.Dead, 0, "description: too long"},
		"no JSON":           {jiratest.Fault{Status: 200, Body: "<html>Sign in</html>"}, sinks.Retry, 0, "the answer is not Jira's: is a proxy between?"},
		"no key":            {jiratest.Fault{Method: "POST", Path: "/issue", Status: 201, Body: `{}`}, sinks.Retry, 0, "the answer does not name it"},
		"said by a gateway": {jiratest.Fault{Status: 403, Body: `{"message":"blocked","code":403}`}, sinks.Hold, 0, "blocked"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				l := &lane{t: t, sink: openedSink(t, configured(j, nil), nil)}
				j.Fail(c.fault)
				err := l.send(0, many(1))
				v, wait := verdict(err)
				if err == nil || v != c.want || wait != c.wait && c.wait >= 0 || c.wait < 0 && (wait <= 0 || wait > 3*time.Minute) || !strings.Contains(err.Error(), c.text) {
					t.Errorf("%v, verdict %d, wait %v", err, v, wait)
				}
				var by *sinks.HTTPError
				if c.fault.Status > 300 && !errors.As(err, &by) {
					t.Errorf("%T has no answer", err)
				}
			})
		})
	}
}

// TestCredentials: wrong ones are held, until Data Center asks for a CAPTCHA; a token is taken.
func TestCredentials(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		wrong := openedSink(t, configured(j, func(x *Config) { x.Password = sinks.NewSecret("another-password") }), nil)
		for n := range 4 {
			err := (&lane{t: t, sink: wrong}).send(0, many(1))
			if v, _ := verdict(err); err == nil || v != sinks.Hold || strings.Contains(err.Error(), "another-password") {
				t.Errorf("attempt %d: %v, verdict %d", n, err, v)
			}
			if n == 3 && j.Kind() == "datacenter" && !strings.Contains(err.Error(), "CAPTCHA") {
				t.Error(err)
			}
		}
	})
	j := jiratest.New(false)
	defer j.Close()
	token := configured(j, func(x *Config) { x.User, x.Password, x.Token = "", sinks.Secret{}, sinks.NewSecret(jiratest.Token) })
	(&lane{t: t, sink: openedSink(t, token, nil)}).must(0, many(1))
	if len(j.Issues()) != 1 {
		t.Error("the token was not taken")
	}
}
