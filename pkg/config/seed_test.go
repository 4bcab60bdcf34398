package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks/all"
)

// TestOlderSamples: the entries that the older product documents. Those of a type that there is load; those of a type that
// there is not yet are exactly one problem.
func TestOlderSamples(t *testing.T) {
	const policies = `
  Policy-Min-Vulnerability: high
  Policy-Registry: ["Docker Hub"]
  Policy-Image-Name: alpine*,nginx
  Policy-Only-Fix-Available: true
  Policy-Non-Compliant: false
  Policy-Show-All: false
  Ignore-Registry:
  Ignore-Image-Name: test/*, *-dev
  Aggregate-Issues-Number: 10
  Aggregate-Issues-Timeout: 1H
  Policy-OPA: [""]
`
	for name, text := range map[string]string{
		"jira": `---
- name: my-jira
  type: jira
  enable: true
  url: https://myname.atlassian.net
  user: user@gmail.com
  password: XXXXXXXXXXX
  project_key: VUL #Provide here the JIRA project key, e.g., VUL
  board: #Optional JIRA board key, e.g., SLK
  priority: #Optional ticket priority, e.g., High
  assignee: $Optional assignee, e.g., John
  issuetype: $Optional issue type, e.g., Bug
  labels: #Optional comma separated list of labels that will be assigned to ticket, e.g., ["label1", "label2"]
  sprint: #Optional Sprint name, e.g., "3.5 Sprint 8"
  unknowns:
    mycustom: "this is a text custom field"
    mycustom-numeric-field: 123
    mycustom-multiple-value: 1,2,3
    mycustom-multiple-line-text-field: "text \n moretext"
    mycustom-date-time-picker: 2014-04-11T12:14:26.880+0400
    mycustom-url: https://tour.golang.org/moretypes/7`,
		"email":      "- name: mail\n  type: email\n  enable: true\n  UseMX: false\n  user: u\n  password: p\n  host: smtp.example.com\n  port: 587\n  sender: a@example.com\n  recipients: [\"<%application_scope_owner%>\", \"\"]",
		"slack":      "- name: slack\n  type: slack\n  enable: true\n  url: https://hooks.example.com/services/x",
		"teams":      "- name: teams\n  type: teams\n  enable: true\n  url: https://teams.example.com/x",
		"serviceNow": "- name: now\n  type: serviceNow\n  enable: true\n  user: u\n  password: p\n  instance: dev1\n  board: incident",
		"splunk":     "- name: splunk\n  type: splunk\n  enable: true\n  url: http://server:8088\n  token: t\n  SizeLimit: 10000",
		"webhook":    "- type: common\n  AquaServer: https://aqua.example.com\n- name: hook\n  type: webhook\n  enable: true\n  url: https://example.com/hook",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := read(t.Context(), write(t, text+policies), Options{Lookup: lookup, Resolve: true})
			if _, unknown := all.New(name); unknown == nil {
				if err != nil || len(c.Routes) != 1 || c.Routes[0].Filters.PolicyOPA.Set || c.Routes[0].Filters.IgnoreRegistry.Set {
					t.Fatalf("%+v, %v", c, err)
				}
				if diff := cmp.Diff([]string{"test/*", "*-dev"}, c.Routes[0].Filters.IgnoreImageName.V); diff != "" {
					t.Error(diff)
				}
				return
			}
			problems, ok := errors.AsType[*Problems](err)
			if !ok || len(problems.List) != 1 || !strings.HasPrefix(problems.List[0].Text, `type: unknown type "`+name+`"`) {
				t.Errorf("%v", err)
			}
			if len(c.Notes) > 0 {
				t.Errorf("notes: %v", c.Notes)
			}
		})
	}
}

// TestOlderSampleFlat: the page that documents the older product lost its indentation, and people copied from it.
func TestOlderSampleFlat(t *testing.T) {
	for _, end := range []string{"\n", "\r\n"} {
		text := strings.ReplaceAll("---\n# jira\n- name: my-jira\ntype: jira\nenable: true\nurl: https://myname.atlassian.net\n", "\n", end)
		path := write(t, text)
		_, err := read(t.Context(), path, Options{})
		want := path + ":4:1: \"type\" stands beneath \"- name\" without indentation\nhint: put two spaces before it, and before every other key of the entry"
		if err == nil || err.Error() != want {
			t.Errorf("%v", err)
		}
	}
	// Lists that stand beneath their key without indentation are good YAML.
	c := good(t, "- name: a\n  type: stdout\n  enable: true\n  Policy-Registry:\n  - x\n  - y\n", true)
	if len(c.Routes[0].Filters.PolicyRegistry.V) != 2 {
		t.Errorf("%+v", c.Routes)
	}
}
