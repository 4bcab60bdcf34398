package teams

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/sinks"
)

// refusal is the error of an answer that is no success. A flow that is switched off, or was deleted, answers 400 with a code: both
// are for a person to mend, and until then every message would fail alike.
func refusal(err error) error {
	refused, ok := errors.AsType[*sinks.HTTPError](err)
	if !ok {
		return err
	}
	var body struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	lenient := json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if json.Unmarshal(refused.Answer().Body, &body, lenient) == nil && body.Error.Code == "WorkflowTriggerIsNotEnabled" {
		return &sinks.Failure{Verdict: sinks.Hold, Wait: refused.Wait, Err: fmt.Errorf("the flow is switched off or deleted: switch it on in Teams' Workflows app, or give the URL of another (%w)", err)}
	}
	return err
}

// accepted judges an answer with a status of success. A flow that takes a message answers 202, or whatever an answer that it was
// given says, in JSON. A connector answers 200 with "1" when it has delivered; every other text says why it has not
// (MicrosoftDocs/msteams-docs, issues 400, 1810 and 7425).
func (s *sink) accepted(answer *sinks.Answer) error {
	body := bytes.TrimSpace(answer.Body)
	switch {
	case answer.Status == http.StatusAccepted, len(body) == 0, jsontext.Value(body).IsValid():
		return nil
	case body[0] == '<':
		return fmt.Errorf("HTTP %d with a web page instead of an answer of Teams: is the URL whole, or is a proxy between?", answer.Status)
	}
	return &sinks.Failure{Verdict: said(body), Err: fmt.Errorf("Teams says in spite of HTTP %d: %s", answer.Status, s.client.Redactor().Quote(body))} //nolint:staticcheck // A name.
}

// said returns what to do about the text of a connector: it names the status that it was answered itself, and when it could not
// reach Teams at all, it says that.
func said(body []byte) sinks.Verdict {
	if status := regexp.MustCompile(`HTTP error (\d{3})\b`).FindSubmatch(body); status != nil {
		code, _ := strconv.Atoi(string(status[1])) // three digits
		verdict, _ := sinks.Judge(&sinks.HTTPError{Status: code})
		return verdict
	}
	if bytes.Contains(body, []byte("Error contacting Microsoft Teams endpoint")) {
		return sinks.Retry
	}
	return sinks.Dead
}
