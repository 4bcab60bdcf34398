package jira

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// behind is how long the search may not find what was just created: Jira's index follows its database.
const behind = 20 * time.Second

// work is what the first part of a message has decided, for the parts after it.
type work struct {
	// issue is the ticket's key, "" when there is none.
	issue string
	do    ticket.Action
}

// opened reports whether the message has opened the ticket.
func (w work) opened() bool { return w.do == ticket.Create || w.do == ticket.Resume }

// comments reports whether the message says its difference in a comment.
func (w work) comments() bool {
	return w.do == ticket.Comment || w.do == ticket.OpenAgain || w.do == ticket.Close
}

// receipt is what the next part is given.
func (w work) receipt(j *site, d *sinks.Delivery, notes ...string) sinks.Receipt {
	keep := map[string]string{keepFor: d.Key, keepAt: j.host, keepDo: strconv.Itoa(int(w.do))}
	if w.issue != "" {
		keep[keepIssue] = w.issue
	}
	return sinks.Receipt{Ref: w.issue, Keep: keep, Notes: notes}
}

// Send makes the requests of one step. What Jira says in names and values has no secret in it when it is shown.
func (s *sink) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	receipt, err := s.step(ctx, d)
	for i, note := range receipt.Notes {
		receipt.Notes[i] = s.shown(note)
	}
	return receipt, s.client.Redactor().Error(err)
}

// shown returns a text with words of Jira's in it, for people.
func (s *sink) shown(text string) string { return s.client.Redactor().Text(render.Clean(text)) }

// step makes the requests of one part.
func (s *sink) step(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	j, err := s.connect(ctx)
	if err != nil {
		return sinks.Receipt{}, err
	}
	if j.dialect != s.guess || s.ask && d.Message.Custom() != nil {
		if d.Part, err = j.replan(&d); err != nil {
			return sinks.Receipt{}, err
		}
	}
	if d.Part.Name == partTicket {
		return j.ticket(ctx, &d)
	}
	w, err := j.decided(ctx, &d)
	if err != nil {
		return sinks.Receipt{}, err
	}
	steps := map[string]func(context.Context, *sinks.Delivery, work) (sinks.Receipt, error){
		partAttachment: j.attach, partSprint: j.moveToSprint, partComment: j.comment, partClose: j.close,
	}
	step := steps[d.Part.Name]
	if step == nil {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Dead, Err: errors.New("the part " + strconv.Quote(d.Part.Name) + " is of no plan of this target")}
	}
	return step(ctx, &d, w)
}

// replan returns the part in the dialect of the site, where the configuration stood for the other.
func (j *site) replan(d *sinks.Delivery) (sinks.Part, error) {
	parts, err := j.parts(d.Message, j.dialect)
	if err != nil {
		return sinks.Part{}, &sinks.Failure{Verdict: sinks.Dead, Err: err}
	}
	for _, part := range parts {
		if part.Name == d.Part.Name {
			return part, nil
		}
	}
	return d.Part, nil
}

// ticket is the first part: it finds the ticket, and opens one or says in it what is open now.
func (j *site) ticket(ctx context.Context, d *sinks.Delivery) (sinks.Receipt, error) {
	name := j.config.Ticket.Name(d)
	found, err := j.find(ctx, d, name)
	if err != nil {
		return sinks.Receipt{}, err
	}
	do, why := j.config.Ticket.Next(j.found(found, d), ticket.Left(d.Message), j.now())
	w := work{do: do}
	if found != nil {
		w.issue = found.Key
	}
	switch do {
	case ticket.Create:
		return j.create(ctx, d, name)
	case ticket.Leave:
		return w.receipt(j, d, reason(w.issue, why)), nil
	case ticket.Resume:
		return w.receipt(j, d), nil
	case ticket.OpenAgain:
		if err := j.move(ctx, w.issue, again); err != nil {
			return sinks.Receipt{}, err
		}
	}
	return w.receipt(j, d), j.refresh(ctx, d, w.issue)
}

// reason returns why nothing is done, with the ticket that it is about.
func reason(issue, why string) string {
	if issue == "" {
		return why
	}
	return issue + ": " + why
}

// create opens a ticket. Where an attempt whose outcome nobody knows was made a moment ago, and the search does not find its ticket,
// the search may be behind.
func (j *site) create(ctx context.Context, d *sinks.Delivery, name string) (sinks.Receipt, error) {
	if !d.Unsure.IsZero() {
		if rest := behind - j.now().Sub(d.Unsure); rest > 0 {
			return sinks.Receipt{}, &sinks.Failure{
				Verdict: sinks.Await, Wait: min(rest, behind),
				Err: errors.New("nobody knows whether the last attempt opened the ticket, and Jira's search may not find it yet"),
			}
		}
	}
	names := []string{name}
	if own := ticket.Prefix + d.Key; own != name {
		names = append(names, own)
	}
	f, err := j.form(ctx, d.Part.Body, d.Message, names)
	if err != nil {
		return sinks.Receipt{}, err
	}
	var created struct {
		Key string `json:"key"`
	}
	if err := j.post(ctx, "create the ticket", "issue", map[string]map[string]raw{"fields": f.fields}, &created); err != nil {
		return sinks.Receipt{}, err
	}
	if !issueKey.MatchString(created.Key) {
		return sinks.Receipt{}, errors.New("the ticket may have been created, but the answer does not name it: is a proxy between?")
	}
	return work{created.Key, ticket.Create}.receipt(j, d, f.notes...), nil
}

// issueKey is how the key of an issue looks.
var issueKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}-[0-9]{1,18}$`)

// refresh replaces what a ticket says by what is open now.
func (j *site) refresh(ctx context.Context, d *sinks.Delivery, key string) error {
	var plan ticketBody
	if err := parse(d.Part.Body, &plan); err != nil {
		return err
	}
	s, err := j.screen(ctx)
	if err != nil {
		return err
	}
	fields := map[string]any{"summary": plan.Fields.Summary}
	if s.system("description") != nil {
		fields["description"] = plan.Fields.Description
	}
	body := map[string]map[string]any{"fields": fields}
	return j.submit(ctx, "edit "+key, http.MethodPut, j.api()+"issue/"+url.PathEscape(key), body, nil)
}

// decided returns what the first part of this message has decided: the last receipt says it, and where that is of another message, the
// ticket is looked for.
func (j *site) decided(ctx context.Context, d *sinks.Delivery) (work, error) {
	keep := d.Last.Keep
	if do, err := strconv.Atoi(keep[keepDo]); err == nil && keep[keepFor] == d.Key && keep[keepAt] == j.host && do >= 0 && do <= int(ticket.Leave) {
		w := work{keep[keepIssue], ticket.Action(do)}
		if w.issue == "" {
			w.do = ticket.Leave
		}
		return w, nil
	}
	found, err := j.find(ctx, d, j.config.Ticket.Name(d))
	if err != nil {
		return work{}, err
	}
	do, _ := j.config.Ticket.Next(j.found(found, d), ticket.Left(d.Message), j.now())
	switch {
	case found != nil:
		return work{found.Key, do}, nil
	case do == ticket.Leave:
		return work{do: do}, nil
	}
	return work{}, &sinks.Failure{Verdict: sinks.Retry, Err: errors.New("the ticket of this message is not found by Jira's search yet")}
}
