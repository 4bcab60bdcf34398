package jiratest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Status is a state of the workflow, in a category: new, indeterminate or done.
type Status struct{ Name, Category string }

// The states. Their names are in the user's language, their categories are not.
func statusOpen() Status  { return Status{"Offen", "new"} }
func statusDoing() Status { return Status{"In Arbeit", "indeterminate"} }
func statusDone() Status  { return Status{"Fertig", "done"} }
func statusNotDo() Status { return Status{"Won't Do", "done"} }

// resolutions returns those that Data Center's transitions ask for.
func resolutions() []Choice {
	return []Choice{{ID: "2", Name: "Won't Fix"}, {ID: "1", Name: "Fixed"}, {ID: "3", Name: "Duplicate"}}
}

func (s Status) shown() object {
	return object{"name": s.Name, "statusCategory": object{"key": s.Category, "name": s.Category}}
}

// Transition is one step of the workflow.
type Transition struct {
	ID, Name string
	To       Status
	// Screen has a resolution, which must be filled in.
	Screen bool
}

// steps returns the transitions from a state. In the Cloud's simplified workflow every state can be reached from each; Data Center's classic
// one asks for a resolution when an issue is closed.
func (j *Jira) steps(from Status) []Transition {
	switch {
	case j.cloud:
		return []Transition{{"11", "Offen", statusOpen(), false}, {"21", "In Arbeit", statusDoing(), false}, {"41", "Won't do", statusNotDo(), false}, {"31", "Fertig", statusDone(), false}}
	case from.Category == "done":
		return []Transition{{"3", "Reopen Issue", statusOpen(), false}}
	}
	return []Transition{{"4", "Start Progress", statusDoing(), false}, {"5", "Resolve Issue", statusDone(), true}, {"2", "Close Issue", statusDone(), true}}
}

// transitions lists what can be done now, with the fields that are asked for.
func (j *Jira) transitions(i *Issue) answer {
	list := []object{}
	for _, t := range j.steps(i.Status) {
		fields := object{}
		if t.Screen {
			fields["resolution"] = object{
				"required": true, "name": "Resolution", "schema": object{"type": "resolution", "system": "resolution"}, "allowedValues": resolutions(),
			}
		}
		list = append(list, object{"id": t.ID, "name": t.Name, "to": t.To.shown(), "fields": fields})
	}
	return answer{200, object{"transitions": list}}
}

// transition takes a step.
func (j *Jira) transition(c *call, i *Issue) answer {
	var body struct {
		Transition struct {
			ID string `json:"id"`
		} `json:"transition"`
		Fields map[string]map[string]any `json:"fields"`
	}
	if !c.read(&body) {
		return complain(400, "Invalid request payload.", nil)
	}
	steps := j.steps(i.Status)
	at := slices.IndexFunc(steps, func(t Transition) bool { return t.ID == body.Transition.ID })
	if at < 0 {
		return complain(400, "It seems that you have tried to perform a workflow operation that is not valid for the current state of this issue.", nil)
	}
	t := steps[at]
	resolution, given := body.Fields["resolution"]
	switch {
	case given && !t.Screen:
		return complain(400, "", map[string]string{"resolution": "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown."})
	case t.Screen && !chosen(resolutions(), resolution):
		return complain(400, "", map[string]string{"resolution": "Please select a valid resolution."})
	}
	i.Status, i.Resolution, i.Resolved = t.To, "", time.Time{}
	if t.To.Category == "done" {
		i.Resolved, i.Resolution = time.Now(), "Done"
		if t.To == statusNotDo() {
			i.Resolution = "Won't Do"
		}
		for _, r := range resolutions() {
			if r.ID == resolution["id"] {
				i.Resolution = r.Name
			}
		}
	}
	return answer{204, nil}
}

// agile answers for boards and sprints, as [agile] says.
func (j *Jira) agile(c *call) answer {
	path := c.Method + " " + strings.Join(c.at, "/")
	switch {
	case path == "GET board":
		if c.URL.Query().Get("projectKeyOrId") != Project {
			return complain(400, "No project could be found with key or id.", nil)
		}
		var all []any
		for _, b := range j.boards {
			all = append(all, object{"id": b.ID, "name": b.Name, "type": b.Type})
		}
		return j.values(c, all)
	case len(c.at) == 3 && c.at[0] == "board" && c.at[2] == "sprint" && c.Method == http.MethodGet:
		return j.sprintsOf(c)
	case len(c.at) == 3 && c.at[0] == "sprint" && c.at[2] == "issue" && c.Method == http.MethodPost:
		return j.moveToSprint(c)
	}
	return answer{404, nil}
}

// values returns a page of boards or sprints, which looks the same everywhere.
func (j *Jira) values(c *call, all []any) answer {
	said := j.list(c, "values", all)
	page := said.body.(object)
	list, _ := page["values"].([]any)
	start, _ := page["startAt"].(int)
	page["isLast"] = start+len(list) == len(all)
	delete(page, "total") // sprints have none
	return said
}

func (j *Jira) sprintsOf(c *call) answer {
	id, _ := strconv.ParseInt(c.at[1], 10, 64)
	at := slices.IndexFunc(j.boards, func(b Board) bool { return b.ID == id })
	switch {
	case at < 0:
		return complain(404, "Board does not exist or you do not have permission to see it.", nil)
	case j.boards[at].Type != "scrum":
		return complain(400, "The board does not support sprints", nil)
	}
	states := strings.Split(c.URL.Query().Get("state"), ",")
	all := []any{}
	for _, s := range j.sprints {
		if s.Board == id && (states[0] == "" || slices.Contains(states, s.State)) {
			all = append(all, object{"id": s.ID, "name": s.Name, "state": s.State, "originBoardId": id})
		}
	}
	return j.values(c, all)
}

func (j *Jira) moveToSprint(c *call) answer {
	var body struct {
		Issues []string `json:"issues"`
	}
	id, _ := strconv.ParseInt(c.at[1], 10, 64)
	if !c.read(&body) || len(body.Issues) == 0 || !slices.ContainsFunc(j.sprints, func(s Sprint) bool { return s.ID == id && s.State != "closed" }) {
		return complain(400, "Issues can only be moved to open or active sprints.", nil)
	}
	for _, key := range body.Issues {
		at := slices.IndexFunc(j.issues, func(i *Issue) bool { return i.Key == key })
		if at < 0 {
			return complain(404, "Issue does not exist.", nil)
		}
		j.issues[at].Sprint = id
	}
	return answer{204, nil}
}
