package jira

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/postee/postee/pkg/sinks"
)

// board is one board of the project.
type board struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// sprint is one sprint of a board.
type sprint struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
}

// active is the state of the sprint that is under way.
const active = "active"

// boardOf returns the configured board of the project.
func (j *site) boardOf(ctx context.Context) (board, error) {
	var list []board
	err := pages(url.Values{"projectKeyOrId": {j.config.project()}}, func(q url.Values) (int, extent, bool, error) {
		var page struct {
			extent
			Values []board `json:"values"`
		}
		err := j.agile(ctx, "list the boards of "+j.config.project(), "board", q, &page)
		list = append(list, page.Values...)
		return len(page.Values), page.extent, false, err
	})
	if err != nil {
		return board{}, err
	}
	var names []string
	for _, b := range list {
		// A Jira makes a board with the project's name, or its key and the word board; older configurations give the key alone.
		if strings.EqualFold(b.Name, j.config.board()) || strings.EqualFold(b.Name, j.config.board()+" board") || strconv.FormatInt(b.ID, 10) == j.config.board() {
			return b, nil
		}
		names = append(names, b.Name)
	}
	if j.config.Board == "" && len(list) == 1 {
		return list[0], nil
	}
	return board{}, hold("board: there is no board %q in %s: it has %s", j.config.board(), j.config.project(), near(j.config.board(), names))
}

// sprint returns the configured sprint of the board, which is read once a run; where there is none of that name, the active one.
func (j *site) sprint(ctx context.Context) (*sprint, error) {
	j.cache.lock.Lock()
	known := j.cache.sprint
	j.cache.lock.Unlock()
	if known != nil {
		return known, nil
	}
	on, err := j.boardOf(ctx)
	if err != nil {
		return nil, err
	}
	if on.Type == "kanban" {
		return nil, hold("board: %s has no sprints: it is a Kanban board", on.Name)
	}
	var list []sprint
	path := "board/" + strconv.FormatInt(on.ID, 10) + "/sprint"
	err = pages(url.Values{"state": {"active,future"}}, func(q url.Values) (int, extent, bool, error) {
		var page struct {
			extent
			Values []sprint `json:"values"`
		}
		err := j.agile(ctx, "list the sprints of "+on.Name, path, q, &page)
		list = append(list, page.Values...)
		return len(page.Values), page.extent, false, err
	})
	if err != nil {
		return nil, err
	}
	if known = chooseSprint(list, j.config.Sprint); known == nil {
		return nil, hold("sprint: there is no sprint %q on %s, and none is active", j.config.Sprint, on.Name)
	}
	j.cache.lock.Lock()
	defer j.cache.lock.Unlock()
	j.cache.sprint = known
	return known, nil
}

// chooseSprint returns the sprint of a name, of several the active one; where there is none, the active one, nil when none is.
func chooseSprint(list []sprint, name string) *sprint {
	is := func(s sprint) bool { return strings.EqualFold(strings.TrimSpace(s.Name), strings.TrimSpace(name)) }
	for _, fits := range []func(sprint) bool{
		func(s sprint) bool { return is(s) && s.State == active }, is, func(s sprint) bool { return s.State == active },
	} {
		if at := slices.IndexFunc(list, fits); at >= 0 {
			return &list[at]
		}
	}
	return nil
}

// sprintField sets the sprint where it is on the create screen; where it is not, the part of its own does.
func (j *site) sprintField(ctx context.Context, f *form) error {
	if j.config.Sprint == "" {
		return nil
	}
	chosen, err := j.sprint(ctx)
	if err != nil {
		return err
	}
	if !strings.EqualFold(chosen.Name, j.config.Sprint) {
		f.note("there is no sprint %q: the active one, %q, is taken", j.config.Sprint, chosen.Name)
	}
	on := f.screen.find(isSprint)
	if on == nil {
		return nil
	}
	return f.set(on.ID, chosen.ID)
}

// isSprint reports whether a field is that of the sprint.
func isSprint(f *field) bool { return strings.HasSuffix(f.Schema.Custom, sprintKind) }

// moveToSprint is the part that puts a ticket into the sprint that this message has opened. Doing it again changes nothing.
func (j *site) moveToSprint(ctx context.Context, d *sinks.Delivery, w work) (sinks.Receipt, error) {
	if !w.opened() {
		return w.receipt(j, d), nil
	}
	s, err := j.screen(ctx)
	if err != nil {
		return sinks.Receipt{}, err
	}
	if s.find(isSprint) != nil {
		return w.receipt(j, d), nil
	}
	chosen, err := j.sprint(ctx)
	if err != nil {
		return sinks.Receipt{}, err
	}
	body := map[string][]string{"issues": {w.issue}}
	path := "rest/agile/1.0/sprint/" + strconv.FormatInt(chosen.ID, 10) + "/issue"
	if err := j.submit(ctx, "put "+w.issue+" into the sprint "+chosen.Name, http.MethodPost, path, body, nil); err != nil {
		return sinks.Receipt{}, err
	}
	return w.receipt(j, d), nil
}
