package jira

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// What stands in the place of keys that are not given.
const (
	defaultType     = "Task"
	defaultPriority = "High"
)

// owners as an assignee stands for the owners whom the document names.
const owners = "<%application_scope_owner%>"

// maxLabel is how many characters a label may have.
const maxLabel = 255

// concurrent is how many requests a site gets at once: a ticket is several of them, and Jira counts what they cost.
const concurrent = 4

// The deployments.
const (
	deploymentCloud      = "cloud"
	deploymentDataCenter = "datacenter"
	deploymentAuto       = "auto"
)

// headerToken switches off the check of where an upload comes from.
const headerToken = "X-Atlassian-Token"

// Config is a Jira target's part of the configuration.
type Config struct {
	sinks.HTTP `cfg:",inline"`
	// URL is the site's address, with the context path of a Data Center.
	URL sinks.Secret `cfg:"url" doc:"The site's address, with the context path of a Data Center."`
	// User and Password are a person's: in the Cloud the mail address and an API token. Token is a personal access token.
	User     string       `cfg:"user" doc:"A person's user; in the Cloud the mail address."`
	Password sinks.Secret `cfg:"password" doc:"The user's password; in the Cloud an API token. Default: $JIRA_PASSWORD." env:"JIRA_PASSWORD"`
	Token    sinks.Secret `cfg:"token" doc:"A personal access token, instead of user and password."`
	// Project is the project's key, in any case.
	Project string `cfg:"project_key" doc:"The key of the project in which tickets are opened."`
	// Board is the name of the board that has the sprint; "" is the project's key and the word board.
	Board string `cfg:"board" doc:"The name of the board that has the sprint. Default: the project's key and the word board."`
	// IssueType is the name or the ID of a type; "" is Task.
	IssueType string `cfg:"issuetype" doc:"The name or the ID of a type of issue." default:"Task"`
	// Priority is the name or the ID of a priority; "" is High where there is one.
	Priority string `cfg:"priority" doc:"The name or the ID of a priority. Default: High, where there is one."`
	// Assignee are mail addresses, names or account IDs: the first that can be assigned is.
	Assignee []string `cfg:"assignee" doc:"Mail addresses, names or account IDs: the first that can be assigned is."`
	// Summary replaces the title of the message.
	Summary string   `cfg:"summary" doc:"Replaces the title of the message."`
	Labels  []string `cfg:"labels" doc:"Labels of each ticket."`
	// Sprint is the name of a sprint that is active or to come.
	Sprint          string   `cfg:"sprint" doc:"The name of a sprint that is active or to come."`
	FixVersions     []string `cfg:"fixVersions" doc:"Versions in which it is to be fixed."`
	AffectsVersions []string `cfg:"affectsVersions" doc:"Versions that are affected."`
	Components      []string `cfg:"components" doc:"Components of the project."`
	// Unknowns are more fields: names, as Jira shows them, and values.
	Unknowns map[string]string `cfg:"unknowns" doc:"More fields: names, as Jira shows them, and values."`
	// Deployment is cloud, datacenter or auto; "" is auto.
	Deployment string        `cfg:"deployment" doc:"Which product the site is." enum:"auto,cloud,datacenter" default:"auto"`
	Ticket     ticket.Config `cfg:"ticket" doc:"The life of a ticket."`
}

// projectKey is how the key of a project looks. Data Center lets administrators choose; none of what they can choose is a sign of JQL.
var projectKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// page is the beginning of a path that is a page for people.
var page = regexp.MustCompile(`/(browse|projects|jira/[a-z]+/projects|secure|rest)(/|$)`)

// Validate returns what is wrong with the address, the credentials, the project, the labels, the fields and the life of the ticket.
func (c *Config) Validate() []sinks.Problem {
	var list []sinks.Problem
	add := func(key, text string) { list = append(list, sinks.Problem{Key: key, Text: text}) }
	if u, err := sinks.ParseURL(c.URL); err == nil {
		if at := page.FindString(u.Path); at != "" {
			add("url", "is the address of a page: leave out what begins with "+strings.TrimRight(at, "/"))
		}
	}
	if c.User == "" && c.Password.Empty() && c.Token.Empty() {
		add("user", "missing: give user and password (in the Cloud the mail address and an API token), or the token of a Data Center")
	}
	switch {
	case c.Project == "":
		add("project_key", "missing")
	case !projectKey.MatchString(c.project()):
		add("project_key", "must be the key of a project, such as SEC")
	}
	for _, label := range c.Labels {
		if strings.ContainsAny(label, " \t\r\n") || len([]rune(label)) > maxLabel {
			add("labels", fmt.Sprintf("%q is no label: labels have no spaces, and at most %d characters", label, maxLabel))
		}
	}
	if !slices.Contains([]string{deploymentCloud, deploymentDataCenter, deploymentAuto}, c.deployment()) {
		add("deployment", fmt.Sprintf("unknown deployment %q: cloud, datacenter or auto", c.Deployment))
	}
	list = append(list, c.validateUnknowns()...)
	return slices.Concat(list, c.Ticket.Validate(), c.HTTP.Validate(c.endpoint()))
}

// validateUnknowns returns which of the fields have a key of their own.
func (c *Config) validateUnknowns() []sinks.Problem {
	own := map[string]string{
		"project": "project_key", "issue type": "issuetype", "issuetype": "issuetype", "summary": "summary", "priority": "priority",
		"assignee": "assignee", "labels": "labels", "sprint": "sprint", "fix versions": "fixVersions", "fix version/s": "fixVersions",
		"fixversions": "fixVersions", "affects versions": "affectsVersions", "affects version/s": "affectsVersions", "versions": "affectsVersions",
		"component/s": "components", "components": "components",
	}
	var list []sinks.Problem
	for name := range c.Unknowns {
		folded := strings.ToLower(strings.TrimSpace(name))
		if key := own[folded]; key != "" {
			list = append(list, sinks.Problem{Key: "unknowns." + name, Text: "has a key of its own: " + key})
		} else if folded == "description" {
			list = append(list, sinks.Problem{Key: "unknowns." + name, Text: "is what the message says: remove it"})
		}
	}
	slices.SortFunc(list, func(a, b sinks.Problem) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// project returns the project's key as Jira writes it.
func (c *Config) project() string { return strings.ToUpper(strings.TrimSpace(c.Project)) }

// deployment returns the configured deployment, or auto.
func (c *Config) deployment() string {
	if c.Deployment == "" {
		return deploymentAuto
	}
	return strings.ToLower(c.Deployment)
}

// issueType returns the configured type, or the default.
func (c *Config) issueType() string {
	if c.IssueType == "" {
		return defaultType
	}
	return c.IssueType
}

// board returns the name of the board that has the sprint.
func (c *Config) board() string {
	if c.Board == "" {
		return c.project() + " board"
	}
	return c.Board
}

// guess returns the dialect that the address stands for, and whether only the site can tell.
func (c *Config) guess() (of dialect, ask bool) {
	switch c.deployment() {
	case deploymentCloud:
		return cloud, false
	case deploymentDataCenter:
		return dataCenter, false
	}
	u, err := sinks.ParseURL(c.URL)
	if err != nil {
		return dataCenter, true
	}
	host := strings.ToLower(u.Hostname())
	for _, domain := range []string{"atlassian.net", "jira.com", "jira-dev.com"} {
		if strings.HasSuffix(host, "."+domain) {
			return cloud, false
		}
	}
	if host == "api.atlassian.com" {
		return cloud, false
	}
	return dataCenter, true
}

// credentials returns the user's, or the token. The environment may hold a password that belongs to another entry: it goes with a user only.
func (c *Config) credentials() sinks.Credentials {
	if c.User == "" && !c.Token.Empty() {
		return sinks.Credentials{Token: c.Token}
	}
	return sinks.Credentials{User: c.User, Password: c.Password, Token: c.Token}
}

// endpoint returns the site with its credentials.
func (c *Config) endpoint() sinks.Endpoint {
	return sinks.Endpoint{
		URL: c.URL, Credentials: c.credentials(),
		Reserved: []string{"Content-Type", "Accept", headerToken},
	}
}

// Needs asks for what the life of a ticket does.
func (c *Config) Needs() sinks.Needs { return c.Ticket.Needs(sinks.Needs{Concurrent: concurrent}) }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	client, err := c.Client(c.endpoint(), env)
	if err != nil {
		return nil, err
	}
	u, err := sinks.ParseURL(c.URL)
	if err != nil {
		return nil, err
	}
	s := &sink{planner: planner{config: *c, printer: printer{aquaServer: env.AquaServer}}, client: client, host: u.Host, now: env.Now}
	s.guess, s.ask = c.guess()
	return s, nil
}
