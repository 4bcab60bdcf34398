package jira

import (
	"context"
	"fmt"
	"strings"

	"github.com/postee/postee/pkg/message"
)

// Check tries out the credentials, the project, the type, the fields, the people, the board with its sprint, and attachments. It creates
// nothing.
func (s *sink) Check(ctx context.Context) ([]string, error) {
	works, err := s.check(ctx)
	return works, s.client.Redactor().Error(err)
}

// check tries out one after the other.
func (s *sink) check(ctx context.Context) ([]string, error) {
	j, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	var works []string
	says := func(format string, args ...any) {
		works = append(works, s.shown(fmt.Sprintf(format, args...)))
	}
	var me account
	if err := j.get(ctx, "show who asks", "myself", nil, &me); err != nil {
		return works, err
	}
	says("%s takes the credentials, of %s", j.is("Jira Cloud", "Jira Data Center"), me.DisplayName)
	on, err := j.screen(ctx)
	if err != nil {
		return works, err
	}
	says("%s takes issues of the type %s", s.config.project(), on.typeName)
	if err := j.checkFields(ctx, says); err != nil {
		return works, err
	}
	takes, err := j.upload(ctx)
	switch {
	case err != nil:
		return works, err
	case !takes.Enabled:
		says("attachments are switched off: what a description has no room for is left out")
	default:
		says("attachments may have %d bytes", takes.Limit)
	}
	return works, nil
}

// checkFields fills in the create screen for a message that nobody gets.
func (j *site) checkFields(ctx context.Context, says func(string, ...any)) error {
	m := &message.Message{Test: true}
	parts, err := j.parts(m, j.dialect)
	if err != nil {
		return err
	}
	f, err := j.form(ctx, parts[0].Body, m, nil)
	if err != nil {
		return err
	}
	if n := len(j.config.Unknowns); n > 0 {
		says("the fields of unknowns are there, and take their values")
	}
	if j.config.Sprint != "" {
		chosen, err := j.sprint(ctx)
		if err != nil {
			return err
		}
		says("the sprint is %s", chosen.Name)
	}
	people := j.people(m)
	if len(people) > 0 && f.screen.system("assignee") != nil {
		if f.fields["assignee"] == nil {
			return hold("assignee: nobody who can be assigned in %s is known as %s", j.config.project(), strings.Join(people, ", "))
		}
		says("tickets are assigned to %s", f.assignee)
	}
	for _, note := range f.notes {
		if note != noOwner {
			says("%s", note)
		}
	}
	return nil
}
