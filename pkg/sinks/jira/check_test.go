package jira

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
)

// TestCheck: what works is said, one sentence each, and nothing is created.
func TestCheck(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		c := configured(j, func(x *Config) {
			x.Sprint, x.Assignee, x.Unknowns = "Sprint 8", []string{owners, "john@example.com"}, map[string]string{"Team": "core"}
		})
		works, err := openedSink(t, c, nil).Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		name := map[string]string{"cloud": "Jira Cloud", "datacenter": "Jira Data Center"}[j.Kind()]
		want := []string{
			name + " takes the credentials, of CI", local(j, "SEC takes issues of the type Aufgabe"), "the fields of unknowns are there, and take their values",
			"the sprint is Sprint 8", "tickets are assigned to john@example.com", "attachments may have 10485760 bytes",
		}
		if diff := cmp.Diff(want, works); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		j.SetUploads(jiratest.Uploads{})
		works, err = openedSink(t, configured(j, func(x *Config) { x.Assignee = []string{owners} }), nil).Check(t.Context())
		if err != nil || works[len(works)-1] != "attachments are switched off: what a description has no room for is left out" {
			t.Errorf("%q, %v", works, err)
		}
		if len(j.Issues()) > 0 {
			t.Error("something was created")
		}
	})
}

// TestCheckFails: what does not work is an error, with what works before it.
func TestCheckFails(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		works  int
		want   string
	}{
		"password": {func(x *Config) { x.Password = sinks.NewSecret("another-password") }, 0, "check user and"},
		"project":  {func(x *Config) { x.Project = "OTHER" }, 1, "No project could be found"},
		"assignee": {func(x *Config) { x.Assignee = []string{"guest@example.com"} }, 2, "assignee: nobody who can be assigned in SEC is known as guest@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, j *jiratest.Jira) {
				works, err := openedSink(t, configured(j, c.change), nil).Check(t.Context())
				if err == nil || !strings.Contains(err.Error(), c.want) || len(works) != c.works {
					t.Errorf("%q, %v", works, err)
				}
			})
		})
	}
}
