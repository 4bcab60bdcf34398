package jira

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
)

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
				v, wait := sinks.Judge(err)
				if err == nil || v != c.want || wait != c.wait && c.wait >= 0 || c.wait < 0 && (wait <= 0 || wait > 3*time.Minute) || !strings.Contains(err.Error(), c.text) {
					t.Errorf("%v, verdict %d, wait %v", err, v, wait)
				}
			})
		})
	}
}

// TestInDoubt: pkg/deliver takes an error that is no Failure, and an answer from 500 on, for an attempt of unknown outcome. Only the
// request that opens a ticket leaves one.
func TestInDoubt(t *testing.T) {
	for name, c := range map[string]struct {
		fault         jiratest.Fault
		answer, doubt bool
	}{
		"search, no answer": {jiratest.Fault{Path: "/search", Drop: "before"}, false, false},
		"search, 503":       {jiratest.Fault{Path: "/search", Status: 503}, false, false},
		"search, no JSON":   {jiratest.Fault{Path: "/search", Status: 200, Body: "<html>"}, false, false},
		"search, 400":       {jiratest.Fault{Path: "/search", Status: 400}, true, false},
		"create, no answer": {jiratest.Fault{Path: "/issue", Drop: "after"}, false, true},
		"create, 503":       {jiratest.Fault{Path: "/issue", Status: 503}, true, false},
		"create, no JSON":   {jiratest.Fault{Path: "/issue", Status: 200, Body: "<html>"}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				fault := c.fault
				if fault.Path == "/search" && j.Kind() == "cloud" {
					fault.Path = "/search/jql"
				}
				j.Fail(fault)
				err := (&lane{t: t, sink: openedSink(t, configured(j, nil), nil)}).send(0, many(1))
				var answer *sinks.HTTPError
				var failure *sinks.Failure
				if err == nil || errors.As(err, &answer) != c.answer || errors.As(err, &failure) == c.doubt {
					t.Errorf("%v: an answer %v, judged %v", err, answer != nil, failure != nil)
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
			if v, _ := sinks.Judge(err); err == nil || v != sinks.Hold || strings.Contains(err.Error(), "another-password") {
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
