package jira

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// complaint is how Jira says what is wrong.
type complaint struct {
	Messages []string          `json:"errorMessages"`
	Fields   map[string]string `json:"errors"`
	// Message is the word of gateways before the Cloud.
	Message string `json:"message"`
}

// text returns what Jira says in one line, "" when it is not Jira that speaks.
func (c *complaint) text() string {
	list := slices.Clone(c.Messages)
	for _, field := range slices.Sorted(maps.Keys(c.Fields)) {
		list = append(list, field+": "+c.Fields[field])
	}
	if len(list) == 0 && c.Message != "" {
		list = append(list, c.Message)
	}
	return strings.Join(list, "; ")
}

// ofContent reports whether Jira complains of nothing but what the message says: no attempt will do better.
func (c *complaint) ofContent() bool {
	for field := range c.Fields {
		if !slices.Contains([]string{"summary", "description", "comment", "body"}, field) {
			return false
		}
	}
	return len(c.Fields) > 0
}

// Headers with which Jira says more than a status does.
const (
	headerLogin  = "X-Seraph-LoginReason"
	headerReset  = "X-RateLimit-Reset"
	headerReason = "RateLimit-Reason"
)

// refused returns the error of an answer that is no success, with what Jira says of it: "Jira does not create the issue: HTTP 400:
// priority: …". What a person can mend in Jira or in the configuration is held. Only a request that creates a ticket leaves it open whether it
// had an effect; all others can be made again.
func (j *site) refused(doing string, creates bool, err error) error {
	verdict, wait := sinks.Judge(err)
	by, ok := errors.AsType[*sinks.HTTPError](err)
	switch {
	case !ok && creates:
		return err
	case !ok:
		return &sinks.Failure{Verdict: verdict, Wait: wait, Err: err}
	}
	answer := by.Answer()
	var said complaint
	_ = answer.JSON("Jira", &said) // what is no complaint of Jira's is quoted as it is
	text := said.text()
	hint := ""
	switch {
	case loginRefused(answer.Header) == "AUTHENTICATION_DENIED":
		verdict, hint = sinks.Hold, "Jira asks the user for a CAPTCHA after wrong passwords: sign in once in a browser, then correct the password"
	case by.Status == http.StatusUnauthorized, loginRefused(answer.Header) != "":
		verdict, hint = sinks.Hold, "check user and "+j.is("API token", "password, or the token")
	case by.Status == http.StatusTooManyRequests, by.Status == http.StatusServiceUnavailable:
		if wait == 0 {
			wait = j.reset(answer)
		}
		if answer.Header.Get(headerReason) == "jira-per-issue-on-write" {
			hint = "this issue has been written to too often"
		}
	case text != "" && by.Status == http.StatusNotFound:
		// The Cloud says the same of what is not there, what may not be seen, and to whom it does not know.
		verdict, hint = sinks.Hold, "it may be missing, or the user may not see it"
	case text != "" && by.Status == http.StatusBadRequest && !said.ofContent():
		// A field, a value or a screen: people mend it in Jira or in the configuration.
		verdict = sinks.Hold
	}
	return &sinks.Failure{Verdict: verdict, Wait: wait, Err: &refusal{doing: doing, creates: creates, said: j.client.Redactor().Quote([]byte(text)), hint: hint, by: by}}
}

// reset returns how long to wait until a rate limit is over. The Cloud writes the time with seconds and without.
func (j *site) reset(answer *sinks.Answer) time.Duration {
	if wait := answer.Wait(headerReset); wait > 0 {
		return wait
	}
	at, err := time.Parse("2006-01-02T15:04Z07:00", answer.Header.Get(headerReset))
	if err != nil {
		return 0
	}
	return min(max(at.Sub(j.now()), 0), mostWait)
}

// mostWait bounds what a time says that is far away.
const mostWait = time.Hour

// loginRefused returns why a Data Center does not take the credentials, "" when it does.
func loginRefused(h http.Header) string {
	for _, reason := range h.Values(headerLogin) {
		for word := range strings.SplitSeq(reason, ",") {
			if word = strings.TrimSpace(word); word == "AUTHENTICATION_DENIED" || word == "AUTHENTICATED_FAILED" {
				return word
			}
		}
	}
	return ""
}

// refusal is an error with what Jira says.
type refusal struct {
	doing, said, hint string
	creates           bool
	by                *sinks.HTTPError
}

// Error says what was asked for, the status and Jira's own words.
func (r *refusal) Error() string {
	text := fmt.Sprintf("Jira does not %s: ", r.doing)
	if r.said == "" {
		text += r.by.Error()
	} else {
		text += fmt.Sprintf("HTTP %d: %s", r.by.Status, r.said)
	}
	if r.hint != "" {
		text += ": " + r.hint
	}
	return text
}

// Unwrap returns the answer, unless it is that of a server that failed where no outcome is in doubt.
func (r *refusal) Unwrap() error {
	if r.by.Status >= http.StatusInternalServerError && !r.creates {
		return nil
	}
	return r.by
}

// hold is a failure that a person can mend.
func hold(format string, args ...any) error {
	return &sinks.Failure{Verdict: sinks.Hold, Err: fmt.Errorf(format, args...)}
}

// status returns the status of a refused request, 0 for other errors.
func status(err error) int {
	if by, ok := errors.AsType[*sinks.HTTPError](err); ok {
		return by.Status
	}
	return 0
}
