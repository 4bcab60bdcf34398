package jira

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/message"
)

// form collects the fields of a ticket for the create screen.
type form struct {
	screen *screen
	fields map[string]raw
	notes  []string
	// assignee is who gets the ticket, as the configuration or the document says it; "" is nobody.
	assignee string
}

// set puts a value into a field.
func (f *form) set(id string, v any) error {
	p, err := jsonOf(v)
	f.fields[id] = p
	return err
}

// note remembers what people should know.
func (f *form) note(format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// form fills in the create screen: what was planned, and what the configuration asks for. A default that is not there is left out with a
// note; what was configured and is not there is an error that names it.
func (j *site) form(ctx context.Context, planned []byte, m *message.Message, labels []string) (*form, error) {
	s, err := j.screen(ctx)
	if err != nil {
		return nil, err
	}
	f := &form{screen: s, fields: make(map[string]raw)}
	if err := j.planned(f, planned); err != nil {
		return nil, err
	}
	steps := []func() error{
		func() error { return j.labels(f, labels) },
		func() error { return j.priority(ctx, f) },
		func() error { return j.assign(ctx, f, m) },
		func() error { return j.listed(ctx, f, "fixVersions", "fixVersions", j.config.FixVersions) },
		func() error { return j.listed(ctx, f, "affectsVersions", "versions", j.config.AffectsVersions) },
		func() error { return j.listed(ctx, f, "components", "components", j.config.Components) },
		func() error { return j.sprintField(ctx, f) },
		func() error { return j.unknowns(ctx, f) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return f, j.complete(f)
}

// planned takes over what was planned. The project and the type are always asked for, the description may not be on the screen.
func (j *site) planned(f *form, body []byte) error {
	var plan ticketBody
	if err := parse(body, &plan); err != nil {
		return err
	}
	if f.screen.system("description") == nil {
		f.note("there is no description on the create screen of %s: left out", f.screen.typeName)
	} else {
		f.fields["description"] = plan.Fields.Description
	}
	return errors.Join(f.set("project", plan.Fields.Project), f.set("issuetype", identified{f.screen.typeID}), f.set("summary", plan.Fields.Summary))
}

// labels sets the labels of the configuration, and those by which the ticket is found.
func (j *site) labels(f *form, names []string) error {
	if f.screen.system("labels") == nil {
		if len(j.config.Labels) > 0 {
			return f.missing("labels", "Labels")
		}
		f.note("there are no labels on the create screen of %s: the ticket cannot be found again once the state is lost", f.screen.typeName)
		return nil
	}
	return f.set("labels", slices.Concat(j.config.Labels, names))
}

// priority sets the configured priority, or the default where the screen has it.
func (j *site) priority(ctx context.Context, f *form) error {
	wanted := j.config.Priority
	on := f.screen.system("priority")
	switch {
	case on == nil && wanted != "":
		return f.missing("priority", "Priority")
	case on == nil:
		f.note("there is no priority on the create screen of %s: left out", f.screen.typeName)
		return nil
	case wanted == "" && len(on.Allowed) > 0 && pick(on.Allowed, defaultPriority) == nil:
		f.note("there is no priority %s: left out, of %s", defaultPriority, near(defaultPriority, namesOf(on.Allowed)))
		return nil
	case wanted == "":
		wanted = defaultPriority
	}
	p, err := j.single(ctx, "priority", on, on.Schema, "priority", wanted)
	f.fields[on.ID] = p
	return err
}

// assign sets the first of the assignees whom Jira knows.
func (j *site) assign(ctx context.Context, f *form, m *message.Message) error {
	people := j.people(m)
	if len(people) == 0 {
		if len(j.config.Assignee) > 0 {
			f.note(noOwner)
		}
		return nil
	}
	if f.screen.system("assignee") == nil {
		f.note("there is no assignee on the create screen of %s: left out", f.screen.typeName)
		return nil
	}
	for _, who := range people {
		id, err := j.user(ctx, who)
		if err != nil {
			return err
		}
		if id != "" {
			f.assignee = who
			return f.set("assignee", j.person(id))
		}
	}
	f.note("nobody who can be assigned in %s is known as %s: the ticket is not assigned", j.config.project(), strings.Join(people, ", "))
	return nil
}

// noOwner is the note of a document without the owners that the assignee asks for.
const noOwner = "the document names no owner: the ticket is not assigned"

// mostPeople is how many people Jira is asked about for one ticket.
const mostPeople = 10

// people returns those who may become the assignee, in order.
func (j *site) people(m *message.Message) []string {
	var list []string
	for _, who := range j.config.Assignee {
		if who != owners {
			list = append(list, who)
			continue
		}
		for i := range m.Sections {
			list = append(list, m.Sections[i].Owners...)
		}
	}
	return list[:min(len(list), mostPeople)]
}

// listed sets a system field that has a list of values.
func (j *site) listed(ctx context.Context, f *form, key, id string, values []string) error {
	if len(values) == 0 {
		return nil
	}
	on := f.screen.system(id)
	if on == nil {
		return f.missing(key, key)
	}
	list := make([]raw, len(values))
	for i, text := range values {
		p, err := j.single(ctx, key, on, on.Schema, on.Schema.Items, text)
		if err != nil {
			return err
		}
		list[i] = p
	}
	return f.set(on.ID, list)
}

// unknowns sets the fields that the configuration calls by name.
func (j *site) unknowns(ctx context.Context, f *form) error {
	for _, key := range slices.Sorted(maps.Keys(j.config.Unknowns)) {
		on, of := f.screen.unknown(strings.TrimSpace(key))
		if on == nil {
			return f.missing("unknowns."+key, key)
		}
		p, err := j.value(ctx, "unknowns."+key, on, of, j.config.Unknowns[key])
		if err != nil {
			return err
		}
		f.fields[on.ID] = p
	}
	return nil
}

// missing is the error of a field that was configured and is not on the screen.
func (f *form) missing(key, name string) error {
	return hold("%s: there is no field %q on the create screen of %s: it has %s", key, name, f.screen.typeName, near(name, f.screen.names()))
}

// complete looks for fields that Jira asks for and nobody filled in.
func (j *site) complete(f *form) error {
	var lack []string
	for i := range f.screen.fields {
		on := &f.screen.fields[i]
		// Jira fills in the reporter itself.
		if on.Required && !on.Default && len(f.fields[on.ID]) == 0 && on.ID != "reporter" {
			lack = append(lack, on.Name)
		}
	}
	if len(lack) == 0 {
		return nil
	}
	return hold("%s asks for %s when an issue of the type %s is created: give it under unknowns", j.config.project(), strings.Join(lack, ", "), f.screen.typeName)
}
