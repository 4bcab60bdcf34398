package jira

import (
	"os"
	"testing"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// both runs a test against both deployments.
func both(t *testing.T, test func(t *testing.T, j *jiratest.Jira)) {
	for _, cloud := range []bool{true, false} {
		j := jiratest.New(cloud)
		t.Cleanup(j.Close)
		t.Run(j.Kind(), func(t *testing.T) { test(t, j) })
	}
}

// configured is a configuration for a site.
func configured(j *jiratest.Jira, change func(*Config)) *Config {
	c := &Config{
		URL: sinks.NewSecret(j.URL), User: jiratest.User, Password: sinks.NewSecret(jiratest.Password), Project: "sec", Deployment: j.Kind(),
	}
	if change != nil {
		change(c)
	}
	return c
}

// openedSink is the sink of a configuration, at a time that a test can set.
func openedSink(t *testing.T, c *Config, now func() time.Time) *sink {
	t.Helper()
	if now == nil {
		now = time.Now
	}
	s, err := c.Open(sinks.Env{UserAgent: "postee/test", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s.(*sink)
}

func TestSuites(t *testing.T) {
	for _, deployment := range []string{deploymentCloud, deploymentDataCenter, deploymentAuto} {
		t.Run(deployment, func(t *testing.T) {
			site := jiratest.New(deployment == deploymentCloud)
			defer site.Close()
			target := sinktest.Target{
				Config: func(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
					return &Config{
						HTTP: sinks.HTTP{Timeout: timeout}, URL: endpoint, User: jiratest.User, Password: sinks.NewSecret(jiratest.Password),
						Project: jiratest.Project, Deployment: deployment, Ticket: ticket.Config{Mode: "update", OnFixed: "close"},
					}
				},
				Secrets: []string{jiratest.Password}, Golden: "testdata/" + deployment, Update: os.Getenv("POSTEE_UPDATE") != "", Success: site.ServeHTTP,
			}
			sinktest.Contract(t, target)
			sinktest.HTTP(t, target)
		})
	}
}
