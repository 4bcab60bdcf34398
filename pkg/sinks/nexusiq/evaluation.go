package nexusiq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// pause is how long the server is left alone before it is asked again for an outcome.
const pause = 2 * time.Second

// outcome is what the server says of an evaluation that is over.
type outcome struct {
	// Action is what the policies of the stage ask for: None, Warning or Failure.
	Action   string `json:"policyAction"`
	IsError  bool   `json:"isError"`
	Message  string `json:"errorMessage"`
	Report   string `json:"reportHtmlUrl"`
	Affected struct {
		Critical int64 `json:"critical"`
		Severe   int64 `json:"severe"`
		Moderate int64 `json:"moderate"`
	} `json:"componentsAffected"`
}

// Policy actions. Any other is worth a note.
const (
	actionNone    = "None"
	actionFailure = "Failure"
)

// evaluation asks once for the outcome of the scan that the part before has sent. The server answers 404 for as long as it has none.
func (s *sink) evaluation(ctx context.Context, d sinks.Delivery, section *message.Section) (sinks.Receipt, error) {
	keep := d.Last.Keep
	_, number, _ := strings.Cut(d.Part.Name, ":")
	if keep[keepFor] != d.Key || keep[keepPart] != stepScan+":"+number || !isID(keep[keepApplication]) || !isID(keep[keepRequest]) {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Dead, Err: errors.New("no scan was taken by Nexus IQ: there is nothing to wait for")}
	}
	// The path is made anew: the address that the server gave may lead anywhere.
	said, err := s.client.Do(ctx, sinks.Request{Path: apiScans + url.PathEscape(keep[keepApplication]) + "/status/" + url.PathEscape(keep[keepRequest])})
	if refused, ok := errors.AsType[*sinks.HTTPError](err); ok && refused.Status == http.StatusNotFound {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Await, Wait: pause, Err: errors.New("not evaluated by Nexus IQ yet")}
	}
	if err != nil {
		return sinks.Receipt{}, err
	}
	var o outcome
	if err := said.JSON("Nexus IQ", &o); err != nil {
		return sinks.Receipt{}, err
	}
	switch {
	case o.IsError:
		text := s.client.Redactor().Quote([]byte(o.Message))
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Dead, Err: fmt.Errorf("not evaluated by Nexus IQ, which says: %s", text)}
	case o.Action == "":
		return sinks.Receipt{}, fmt.Errorf("HTTP %d, but the answer names no policy action: is a proxy between?", said.Status)
	}
	return s.verdict(&o, keep, s.pattern.publicID(section)), nil
}

// verdict returns the receipt of an evaluation: a failure is an objection, anything else but None a note.
func (s *sink) verdict(o *outcome, keep map[string]string, publicID string) sinks.Receipt {
	receipt := sinks.Receipt{Ref: publicID, Keep: keep}
	report := s.report(o.Report)
	if report != "" {
		receipt.Ref = report
	}
	says := fmt.Sprintf("policy action %s: components affected: %d critical, %d severe, %d moderate",
		s.client.Redactor().Quote([]byte(o.Action)), o.Affected.Critical, o.Affected.Severe, o.Affected.Moderate)
	if report != "" {
		says += ", " + report
	}
	switch {
	case strings.EqualFold(o.Action, actionFailure):
		receipt.Objection = says
	case !strings.EqualFold(o.Action, actionNone):
		receipt.Notes = []string{says}
	}
	return receipt
}

// report returns the address of a report for people: servers give it relative to their own or whole. "" is that it is none.
func (s *sink) report(address string) string {
	base, err := sinks.ParseURL(s.url)
	u, failed := url.Parse(address)
	if err != nil || failed != nil || address == "" {
		return ""
	}
	base.User, base.RawQuery = nil, ""
	base = base.JoinPath("/")
	whole := base.ResolveReference(u)
	if whole.Scheme != "http" && whole.Scheme != "https" || whole.Hostname() == "" {
		return ""
	}
	whole.User = nil
	return s.client.Redactor().Quote([]byte(whole.String()))
}
