package jira

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// The parts of a message: the steps in which it is sent.
const (
	partTicket     = "ticket"
	partAttachment = "attachment"
	partSprint     = "sprint"
	partComment    = "comment"
	partClose      = "close"
)

// Media types of parts.
const (
	mediaJSON = "application/json"
	mediaHTML = "text/html; charset=utf-8"
)

// planner plans messages.
type planner struct {
	config  Config
	printer printer
	// guess is the dialect of the plan; ask says that the site decides when it is sent.
	guess dialect
	ask   bool
}

// ticketBody is what a ticket says, without the fields whose names and values only the site knows.
type ticketBody struct {
	Fields ticketFields `json:"fields"`
}

type ticketFields struct {
	Project     keyed          `json:"project"`
	IssueType   named          `json:"issuetype"`
	Summary     string         `json:"summary"`
	Description jsontext.Value `json:"description"`
}

// keyed, named and valued are how Jira names a thing.
type (
	keyed struct {
		Key string `json:"key"`
	}
	named struct {
		Name string `json:"name"`
	}
	valued struct {
		Value string `json:"value"`
	}
	identified struct {
		ID string `json:"id"`
	}
)

// commentBody is a comment.
type commentBody struct {
	Body jsontext.Value `json:"body"`
}

// Plan returns the steps in which a message is sent, in the dialect that the configuration stands for. Where only the site knows its
// dialect, what a template wrote in the other one is no error yet.
func (p *planner) Plan(m *message.Message) ([]sinks.Part, error) {
	parts, err := p.parts(m, p.guess)
	if err == nil || !p.ask {
		return parts, err
	}
	if parts, otherErr := p.parts(m, p.guess.other()); otherErr == nil {
		return parts, nil
	}
	return nil, err
}

// parts returns the steps in a dialect. Their names are the same in both.
func (p *planner) parts(m *message.Message, d dialect) ([]sinks.Part, error) {
	updates := p.config.Ticket.Updates()
	description, cut, err := p.printer.description(m, d, updates)
	if updates && !cut && err == nil {
		// The comment says the difference, for which there may be no room either.
		_, cut, err = p.printer.description(m, d, false)
	}
	if err != nil {
		return nil, err
	}
	comment, err := p.printer.comment(m, d, "")
	if err != nil {
		return nil, err
	}
	list := []struct {
		name   string
		wanted bool
		body   any
	}{
		{partTicket, true, ticketBody{ticketFields{keyed{p.config.project()}, named{p.config.issueType()}, p.summary(m), description}}},
		{partAttachment, cut, nil},
		{partSprint, p.config.Sprint != "", map[string]string{"sprint": p.config.Sprint, "board": p.config.board()}},
		{partComment, updates, commentBody{comment}},
		{partClose, updates && p.closes() && ticket.Left(m) == 0, map[string]string{"transition": p.closing()}},
	}
	var parts []sinks.Part
	for _, step := range list {
		switch {
		case !step.wanted:
			continue
		case step.name == partAttachment:
			parts = append(parts, sinks.Part{Name: step.name, MediaType: mediaHTML, Body: p.printer.report(m)})
			continue
		}
		body, err := json.Marshal(step.body, json.Deterministic(true))
		if err != nil {
			return nil, fmt.Errorf("jira: the message cannot be written as JSON: %w", err)
		}
		parts = append(parts, sinks.Part{Name: step.name, MediaType: mediaJSON, Body: body})
	}
	return parts, nil
}

// summary returns the ticket's title.
func (p *planner) summary(m *message.Message) string {
	if p.config.Summary == "" {
		return p.printer.summary(m)
	}
	titled := *m
	titled.Title = p.config.Summary
	return p.printer.summary(&titled)
}

// closes reports whether a ticket is closed when nothing is left of it.
func (p *planner) closes() bool { return strings.EqualFold(p.config.Ticket.OnFixed, "close") }

// closing returns what the plan says of the step that closes a ticket.
func (p *planner) closing() string {
	if p.config.Ticket.Transition == "" {
		return "to a status of the category done"
	}
	return p.config.Ticket.Transition
}
