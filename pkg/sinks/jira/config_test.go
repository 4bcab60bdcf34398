package jira

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

func TestValidate(t *testing.T) {
	s := sinks.NewSecret
	least := func(change func(*Config)) Config {
		c := Config{URL: s("https://example.atlassian.net"), User: "u", Password: s("password"), Project: "sec"}
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"least":      {least(func(*Config) {}), ""},
		"token":      {Config{URL: s("https://jira.example.com/jira"), Token: s("t"), Project: "SEC_2"}, ""},
		"nothing":    {Config{}, "user: missing: give user and password (in the Cloud the mail address and an API token), or the token of a Data Center; project_key: missing; url: missing"},
		"both":       {least(func(c *Config) { c.Token = s("t") }), "token: stands beside user and password: give one or the other"},
		"half":       {least(func(c *Config) { c.Password = sinks.Secret{} }), "password: missing: a user needs a password"},
		"project":    {least(func(c *Config) { c.Project = `SEC" OR 1=1` }), "project_key: must be the key of a project, such as SEC"},
		"page":       {least(func(c *Config) { c.URL = s("https://example.atlassian.net/browse/SEC-1") }), "url: is the address of a page: leave out what begins with /browse"},
		"board":      {least(func(c *Config) { c.URL = s("https://example.atlassian.net/jira/software/projects/SEC") }), "url: is the address of a page: leave out what begins with /jira/software/projects"},
		"label":      {least(func(c *Config) { c.Labels = []string{"ok", "two words"} }), `labels: "two words" is no label: labels have no spaces, and at most 255 characters`},
		"long label": {least(func(c *Config) { c.Labels = []string{strings.Repeat("x", 256)} }), `labels: "` + strings.Repeat("x", 256) + `" is no label: labels have no spaces, and at most 255 characters`},
		"deployment": {least(func(c *Config) { c.Deployment = "server" }), `deployment: unknown deployment "server": cloud, datacenter or auto`},
		"unknowns": {least(func(c *Config) {
			c.Unknowns = map[string]string{"Priority": "High", "Description": "x", "Fix Version/s": "1"}
		}),
			"unknowns.Description: is what the message says: remove it; unknowns.Fix Version/s: has a key of its own: fixVersions; unknowns.Priority: has a key of its own: priority"},
		"ticket": {least(func(c *Config) { c.Ticket = ticket.Config{Mode: "sometimes"} }), "ticket.mode: must be new or update"},
		"header": {least(func(c *Config) { c.Headers = map[string][]sinks.Secret{"X-Atlassian-Token": {s("nocheck")}} }), "headers.X-Atlassian-Token: is set by postee: remove it"},
	} {
		got := ""
		if err := sinks.Invalid(c.config.Validate()); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := (&Config{}).Needs(); n.Open || n.Undigested != "" || n.Concurrent != concurrent {
		t.Errorf("needs %+v", n)
	}
	if n := (&Config{Ticket: ticket.Config{Mode: "update"}}).Needs(); !n.Open || n.Undigested != "ticket.mode" {
		t.Errorf("needs %+v", n)
	}
}

// TestGuess: which deployment an address stands for, and whether the site is asked.
func TestGuess(t *testing.T) {
	for url, c := range map[string]struct {
		deployment string
		want       dialect
		ask        bool
	}{
		"https://example.atlassian.net":                    {"", cloud, false},
		"https://Example.Atlassian.NET/":                   {"auto", cloud, false},
		"https://api.atlassian.com/ex/jira/1-2-3":          {"", cloud, false},
		"https://old.jira.com":                             {"", cloud, false},
		"https://jira.example.com/jira":                    {"", dataCenter, true},
		"https://atlassian.net.example.com":                {"", dataCenter, true},
		"https://tickets.example.com?deployment=cloud":     {"Cloud", cloud, false},
		"https://example.atlassian.net?deployment=on-site": {"datacenter", dataCenter, false},
	} {
		got, ask := (&Config{URL: sinks.NewSecret(url), Deployment: c.deployment}).guess()
		if got != c.want || ask != c.ask {
			t.Errorf("%s: %d, ask %v", url, got, ask)
		}
	}
}

// TestAuto: the site is asked once what it is, and gets its own dialect.
func TestAuto(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		s := openedSink(t, configured(j, func(c *Config) { c.Deployment = "" }), nil)
		l := &lane{t: t, sink: s}
		l.must(0, many(1))
		l.must(1, many(2))
		asked := 0
		for _, r := range j.Requests() {
			if strings.HasSuffix(r.Path, "/serverInfo") {
				asked++
			}
		}
		_, document := j.Issues()[0].Fields["description"].(map[string]any)
		if asked != 1 || len(j.Issues()) != 2 || document != (j.Kind() == "cloud") {
			t.Errorf("asked %d times, %d issues, a document: %v", asked, len(j.Issues()), document)
		}
	})
}

// TestBelowAPath: a Data Center below a context path, and a Cloud behind its gateway.
func TestBelowAPath(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		l := &lane{t: t, sink: openedSink(t, configured(j, func(c *Config) { c.URL = sinks.NewSecret(j.URL + "/ex/jira/7") }), nil)}
		l.must(0, many(1))
		if r := j.Requests()[0]; !strings.HasPrefix(r.Path, "/ex/jira/7/rest/api/") || len(j.Issues()) != 1 {
			t.Errorf("%s, %d issues", r.Path, len(j.Issues()))
		}
	})
}
