// Package nexusiq sends what is installed in an artifact, and what is wrong with it, to Sonatype Nexus IQ (Lifecycle): each subject is an
// application, each message a bill of materials that is evaluated against its policies. It sends the whole of a scan, not the difference,
// and can wait for the outcome.
package nexusiq

import (
	"slices"
	"strings"

	"github.com/postee/postee/pkg/sinks"
)

// sourceCycloneDX is the only source that is sent.
const sourceCycloneDX = "cyclonedx"

// concurrent is how many requests the server gets at once: each scan is work for it.
const concurrent = 2

// Config is a Nexus IQ target's part of the configuration.
type Config struct {
	sinks.HTTP `cfg:",inline"`
	// URL is the server's address, with the path that it is served under; it is a secret because a gateway's may hold a key.
	URL sinks.Secret `cfg:"url" doc:"The server's address, with the path that it is served under."`
	// User and Password are an account's, or the two codes of its user token.
	User     string       `cfg:"user" doc:"An account, or the first code of its user token."`
	Password sinks.Secret `cfg:"password" doc:"The account's password, or the second code of its user token."`
	// Organization is the ID of the organisation in which applications are created.
	Organization string `cfg:"organization-id" doc:"The ID of the organisation in which applications are created."`
	// Application is the pattern of an application's name, with fields of the artifact in it: "team-{{.Repository}}". "" is the subject.
	Application string `cfg:"application" doc:"The name of an application, with fields of the artifact in it: team-{{.Repository}}. Default: the subject."`
	// Stage is the stage whose policies apply; "" is build.
	Stage string `cfg:"stage" doc:"The stage whose policies apply." enum:"develop,build,stage-release,release,operate" default:"build"`
	// Source is the format that is sent: "" or cyclonedx.
	Source string `cfg:"source" doc:"The format that is sent." enum:"cyclonedx" default:"cyclonedx"`
	// Wait asks for the outcome of the evaluation, which is then a part of the gate.
	Wait bool `cfg:"wait" doc:"true: the outcome of the evaluation is waited for, and is a part of the gate." default:"false"`
}

// stages returns those that the interface takes, in the order of a pipeline.
func stages() []string { return []string{"develop", "build", "stage-release", "release", "operate"} }

// Validate returns what is wrong with the address, the credentials, the organisation, the application's name, the stage and the source.
func (c *Config) Validate() []sinks.Problem {
	var list []sinks.Problem
	add := func(key, text string) { list = append(list, sinks.Problem{Key: key, Text: text}) }
	if c.User == "" && c.Password.Empty() {
		add("user", "missing: give an account of Nexus IQ, or the user code of its token")
	}
	if !isID(c.Organization) {
		add("organization-id", "must be the ID of an organisation of Nexus IQ, as its page's address shows it")
	}
	if _, err := parsePattern(c.pattern()); err != nil {
		add("application", err.Error())
	}
	if !slices.Contains(stages(), c.stage()) {
		add("stage", "must be one of "+strings.Join(stages(), ", "))
	}
	if c.Source != "" && !strings.EqualFold(c.Source, sourceCycloneDX) {
		add("source", "must be "+sourceCycloneDX)
	}
	return slices.Concat(list, c.HTTP.Validate(c.endpoint()))
}

// isID reports whether a text can be an ID of the server's: it goes into paths.
func isID(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !isPlain(r) }) < 0
}

// isPlain reports whether a character is a letter or digit of ASCII, a hyphen or an underscore.
func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// pattern returns that of applications' names.
func (c *Config) pattern() string {
	if c.Application == "" {
		return "{{.Subject}}"
	}
	return c.Application
}

// stage returns the stage in the interface's words.
func (c *Config) stage() string {
	if c.Stage == "" {
		return "build"
	}
	return strings.ToLower(c.Stage)
}

// endpoint returns the server with the account.
func (c *Config) endpoint() sinks.Endpoint {
	return sinks.Endpoint{
		URL: c.URL, Credentials: sinks.Credentials{User: c.User, Password: c.Password}, Reserved: []string{"Content-Type"},
	}
}

// Needs asks for the whole of a scan. What is waited for is about one artifact at a time.
func (c *Config) Needs() sinks.Needs {
	n := sinks.Needs{Open: true, Components: true, Judges: c.Wait, Concurrent: concurrent}
	if c.Wait {
		n.Undigested = "wait"
	}
	return n
}

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	s, err := c.open(env)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (c *Config) open(env sinks.Env) (*sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	client, err := c.Client(c.endpoint(), env)
	if err != nil {
		return nil, err
	}
	pattern, err := parsePattern(c.pattern())
	if err != nil {
		return nil, err
	}
	return &sink{
		planner: planner{pattern: pattern, wait: c.Wait},
		client:  client, url: c.URL, organization: c.Organization, stage: c.stage(),
	}, nil
}
