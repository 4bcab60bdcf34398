package splunk

import (
	"errors"
	"fmt"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// answer is what the collector says, whatever the status. Without a code it is not the collector's.
type answer struct {
	Text string `json:"text"`
	Code *int64 `json:"code"`
	// Event is the place of the event that is at fault, from 0; nil where it is none in particular.
	Event *int64 `json:"invalid-event-number"`
}

// codeNoData is the answer to a request without events.
const codeNoData = 5

// is reports whether the answer has that code.
func (a answer) is(code int64) bool { return a.Code != nil && *a.Code == code }

// answerOf reads an answer; one that is not the collector's is the zero value.
func answerOf(said *sinks.Answer) answer {
	var a answer
	if err := said.JSON("Splunk", &a); err != nil {
		return answer{}
	}
	return a
}

// accepted looks at the answer of a success. Something before the collector may say so too, and has delivered nothing.
func (s *sink) accepted(said *sinks.Answer) (answer, error) {
	a := answerOf(said)
	if a.Code == nil {
		return a, fmt.Errorf("HTTP %d, but the answer is not Splunk's: is a proxy between?", said.Status)
	}
	if m, failed := meaning(*a.Code); failed {
		return a, s.failure(a, m, said.Wait("Retry-After"))
	}
	return a, nil
}

// refused returns the error of an answer that is no success: by the collector's code where there is one that is known, otherwise by the
// status.
func (s *sink) refused(a answer, by *sinks.HTTPError) error {
	if a.Code == nil {
		return by
	}
	if m, failed := meaning(*a.Code); failed {
		return s.failure(a, m, by.Wait)
	}
	return by
}

// failure returns the error of a code: "Splunk says 7 Incorrect index (event 3): let the token write to the index".
func (s *sink) failure(a answer, m remedy, wait time.Duration) error {
	text := fmt.Sprintf("Splunk says %d %s", *a.Code, s.client.Redactor().Quote([]byte(a.Text)))
	if a.Event != nil && *a.Event >= 0 {
		text += fmt.Sprintf(" (event %d)", *a.Event+1)
	}
	if m.hint != "" {
		text += ": " + m.hint
	}
	return &sinks.Failure{Verdict: m.verdict, Wait: wait, Err: errors.New(text)}
}

// remedy is what to do about a code, and what a person can do.
type remedy struct {
	verdict sinks.Verdict
	hint    string
}

// meaning returns what to do about a code, and whether it is known to be a failure. The codes are those of "Possible error codes" on
// Splunk's page "Troubleshoot HTTP Event Collector". What the token or its settings cause is held, because someone can mend it.
func meaning(code int64) (remedy, bool) {
	switch code {
	case 8, 9, 18, 19, 20, 23, 26, 27: // internal error, busy, unhealthy, shutting down, at capacity
		return remedy{verdict: sinks.Retry}, true
	case 1, 22:
		return remedy{sinks.Hold, "enable the token in Splunk, or give another"}, true
	case 2, 3, 4, 21:
		return remedy{sinks.Hold, "give the token of an HTTP Event Collector of this Splunk"}, true
	case 7:
		return remedy{sinks.Hold, "let the token write to the index, or give another index"}, true
	case 10:
		return remedy{sinks.Hold, "the token asks for acknowledgement: give a channel, or switch that off in Splunk"}, true
	case 11:
		return remedy{sinks.Hold, "give a channel that Splunk takes"}, true
	case 16:
		return remedy{sinks.Hold, "take the token out of the url"}, true
	case codeNoData, 6, 12, 13, 14, 15: // no data, no JSON, no event, a blank event, no acknowledgement, nested fields
		return remedy{verdict: sinks.Dead}, true
	}
	return remedy{}, false
}
