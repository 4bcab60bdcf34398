package jira

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// transition is one step of the workflow that the user may take now.
type transition struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	To   struct {
		Name     string   `json:"name"`
		Category category `json:"statusCategory"`
	} `json:"to"`
	Fields map[string]field `json:"fields"`
}

// direction is where a transition leads.
type direction bool

// The directions: to close a ticket, and to open it again.
const (
	shut  direction = true
	again direction = false
)

// close is the part that closes a ticket of which nothing is left.
func (j *site) close(ctx context.Context, d *sinks.Delivery, w work) (sinks.Receipt, error) {
	if w.do != ticket.Close {
		return w.receipt(j, d), nil
	}
	return w.receipt(j, d), j.move(ctx, w.issue, shut)
}

// move takes an issue to where it should be, unless it is there.
func (j *site) move(ctx context.Context, key string, to direction) error {
	var now issue
	at := "issue/" + url.PathEscape(key)
	if err := j.get(ctx, "show "+key, at, url.Values{"fields": {"status"}}, &now); err != nil {
		return err
	}
	if now.open() != bool(to) {
		return nil
	}
	var offered struct {
		Transitions []transition `json:"transitions"`
	}
	if err := j.list(ctx, "list the transitions of "+key, at+"/transitions", url.Values{"expand": {"transitions.fields"}}, &offered); err != nil {
		return err
	}
	step, fields, err := j.choose(key, offered.Transitions, to)
	if err != nil {
		return err
	}
	body := map[string]any{"transition": identified{step.ID}}
	if len(fields) > 0 {
		body["fields"] = fields
	}
	err = j.post(ctx, "move "+key+" by the transition "+step.Name, at+"/transitions", body, nil)
	if failed, ok := errors.AsType[*sinks.Failure](err); ok && status(err) == http.StatusConflict {
		failed.Verdict = sinks.Retry // somebody else is moving it
	}
	return err
}

// choose returns the transition to take, with the fields that it asks for.
func (j *site) choose(key string, offered []transition, to direction) (*transition, map[string]raw, error) {
	named := to == shut && j.config.Ticket.Transition != ""
	var reasons, names []string
	for i := range offered {
		step := &offered[i]
		names = append(names, step.Name)
		if named && !strings.EqualFold(step.Name, j.config.Ticket.Transition) || !named && !step.leads(to) {
			continue
		}
		fields, lack, err := step.fill()
		if err != nil {
			return nil, nil, err
		}
		if len(lack) == 0 {
			return step, fields, nil
		}
		reasons = append(reasons, step.Name+" asks for "+strings.Join(lack, ", "))
	}
	switch {
	case len(reasons) > 0:
		return nil, nil, hold("%s cannot be moved: %s, which postee cannot fill in", key, strings.Join(reasons, "; "))
	case named:
		return nil, nil, hold("ticket.transition: %s has no transition %q now: it has %s", key, j.config.Ticket.Transition, near(j.config.Ticket.Transition, names))
	case to == shut:
		return nil, nil, hold("%s cannot be closed: no transition leads to a status of the category done: it has %s", key, near("Done", names))
	}
	return nil, nil, hold("%s cannot be opened again: no transition leads out of the category done: it has %s", key, near("Reopen", names))
}

// leads reports whether a transition goes where the direction says; not to where nothing will be done.
func (t *transition) leads(to direction) bool {
	if to == shut {
		return t.To.Category.Key == done && !isDeclined(t.To.Name) && !isDeclined(t.Name)
	}
	return t.To.Category.Key != done
}

// fill returns the fields that a transition asks for, and what it asks for that nobody can fill in. A resolution is set where there is
// one, because a ticket that is closed without counts as unresolved.
func (t *transition) fill() (fields map[string]raw, lack []string, err error) {
	fields = make(map[string]raw)
	for _, id := range slices.Sorted(maps.Keys(t.Fields)) {
		on := t.Fields[id]
		if id == "resolution" {
			if chosen := fixed(on.Allowed); chosen != nil && t.To.Category.Key == done {
				if fields[id], err = jsonOf(identified{chosen.ID}); err != nil {
					return nil, nil, err
				}
				continue
			}
		}
		if on.Required && !on.Default {
			lack = append(lack, on.Name)
		}
	}
	return fields, lack, nil
}

// fixed returns the resolution that says that it was done, nil when there is none.
func fixed(list []choice) *choice {
	for _, name := range []string{"Fixed", "Done", "Resolved", "Complete", "Completed"} {
		if c := pick(list, name); c != nil && c.ID != "" {
			return c
		}
	}
	return nil
}
