package jira

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
)

// TestAssignee: by mail address, also one that is not shown, by name, by ID, and by the owners of the document.
func TestAssignee(t *testing.T) {
	for _, c := range []struct {
		assignee          []string
		cloud, dataCenter string
		note              string
	}{
		{[]string{"john@example.com"}, "5b109f2e9729b51b54dc274d", "john", ""},
		{[]string{"jane@example.com"}, "557058:295406f3-a1fc-4733-b906-dc15d021bd79", "jane", ""},
		{[]string{"John Doe"}, "5b109f2e9729b51b54dc274d", "john", ""},
		{[]string{owners}, "557058:295406f3-a1fc-4733-b906-dc15d021bd79", "jane", ""},
		{[]string{"J"}, "", "", "nobody who can be assigned in SEC is known as J: the ticket is not assigned"},
		{[]string{"guest@example.com", "a@b"}, "", "", "nobody who can be assigned in SEC is known as guest@example.com, a@b"},
	} {
		t.Run(fmt.Sprint(c.assignee), func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				l := &lane{t: t, sink: openedSink(t, configured(j, func(x *Config) { x.Assignee = c.assignee }), nil)}
				m := many(1)
				m.Sections[0].Owners = []string{"jane@example.com"}
				l.must(0, m)
				want := any(obj{"accountId": c.cloud})
				if j.Kind() == "datacenter" {
					want = obj{"name": c.dataCenter}
				}
				if c.note != "" {
					want = nil
					l.noted(c.note)
				}
				if diff := cmp.Diff(want, j.Issues()[0].Fields["assignee"]); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, configured(j, func(x *Config) { x.Assignee = []string{owners} }), nil)}
		l.must(0, many(1))
		l.noted(noOwner)
	})
}

// TestAccountID: the Cloud knows people by ID.
func TestAccountID(t *testing.T) {
	j := jiratest.New(true)
	defer j.Close()
	l := &lane{t: t, sink: openedSink(t, configured(j, func(x *Config) { x.Assignee = []string{"557058:295406f3-a1fc-4733-b906-dc15d021bd79"} }), nil)}
	l.must(0, many(1))
	if diff := cmp.Diff(obj{"accountId": "557058:295406f3-a1fc-4733-b906-dc15d021bd79"}, j.Issues()[0].Fields["assignee"]); diff != "" {
		t.Error(diff)
	}
}

// TestSprint: on the create screen or not; the active one of two of a name, and of none the active one.
func TestSprint(t *testing.T) {
	on := func(fields []jiratest.Field) []jiratest.Field {
		return append(slices.Clone(fields), jiratest.Field{ID: jiratest.SprintField, Name: "Sprint", Schema: jiratest.Schema{
			Type: "array", Items: "json", Custom: "com.pyxis.greenhopper.jira:gh-sprint",
		}})
	}
	for name, c := range map[string]struct {
		sprint string
		board  string
		want   int64
		note   string
	}{
		"to come":  {"sprint 8", "", 41, ""},
		"twice":    {"3.5 Sprint 8", "SEC board", 42, ""},
		"by board": {"3.5 Sprint 8", "7", 42, ""},
		"by key":   {"3.5 Sprint 8", "sec", 42, ""},
		"none":     {"Sprint 9", "", 42, `there is no sprint "Sprint 9": the active one, "3.5 Sprint 8", is taken`},
	} {
		for _, screen := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", on the screen: ", screen), func(t *testing.T) {
				both(t, func(t *testing.T, j *jiratest.Jira) {
					if screen {
						j.Screen(on)
					}
					l := &lane{t: t, sink: openedSink(t, configured(j, func(x *Config) { x.Sprint, x.Board = c.sprint, c.board }), nil)}
					l.must(0, many(1))
					if i := j.Issues()[0]; i.Sprint != c.want {
						t.Errorf("sprint %d, want %d", i.Sprint, c.want)
					}
					if c.note != "" {
						l.noted(c.note)
					}
				})
			})
		}
	}
}
