package servicenow

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
	"github.com/postee/postee/pkg/sinks/sinktest/servicenowtest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// secret is the password of the user postee.
const secret = "hidden-77ab90c1d2"

// instance is one that knows the user postee.
func instance() *servicenowtest.Instance {
	return &servicenowtest.Instance{User: "postee", Password: secret}
}

// serve starts an instance, which ends with the test.
func serve(t *testing.T, i *servicenowtest.Instance) (url string) {
	t.Helper()
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	return server.URL
}

// updating is one record for each route and subject, which is closed when nothing is left.
func updating() ticket.Config {
	return ticket.Config{Mode: "update", OnFixed: "close", Reopen: ticket.Reopen{Always: true}}
}

// start is when the tests begin.
func start() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

// open makes the sink of a configuration, with that time.
func open(t *testing.T, c Config, url string, now func() time.Time) *sink {
	t.Helper()
	c.URL, c.User, c.Password = sinks.NewSecret(url), "postee", sinks.NewSecret(secret)
	s, err := c.Open(sinks.Env{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s.(*sink)
}

// finding is the nth of many.
func finding(n int) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{
		Kind: scan.Vulnerability, Severity: scan.Critical - scan.Severity(n%scan.SeverityCount), ID: fmt.Sprintf("CVE-2026-%06d", n),
		Package: fmt.Sprintf("lib_%d", n%97), Installed: "3.0.1-1~deb12u2", Fixed: "3.0.2",
		Title: "use after free in <X.509> & [code]<script>alert(1)</script>[/code]", URL: fmt.Sprintf("https://avd.example.com/nvd/cve-2026-%06d", n),
	}}
}

// findings is a message with so many new findings, which are all that is open.
func findings(n int) *message.Message {
	s := message.Section{Subject: "registry.example.com/shop/api:2.4", Scanner: "trivy", Format: "trivy", Artifact: scan.Artifact{Type: "image"}}
	for i := range n {
		s.Delta.New = append(s.Delta.New, finding(i))
		s.Delta.Open[scan.Critical-scan.Severity(i%scan.SeverityCount)]++
	}
	s.Open = s.Delta.New
	return &message.Message{Route: "team", Sections: []message.Section{s}}
}

func TestSuites(t *testing.T) {
	for name, life := range map[string]ticket.Config{"new": {}, "update": updating()} {
		t.Run(name, func(t *testing.T) {
			target := sinktest.Target{
				Config: func(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
					return &Config{HTTP: sinks.HTTP{Timeout: timeout}, URL: endpoint, User: "postee", Password: sinks.NewSecret(secret), Ticket: life, Format: map[string]string{"update": "Text"}[name], Fields: map[string]string{"category": "security"}}
				},
				Secrets: []string{secret}, Golden: "testdata/plans/" + name, Update: os.Getenv("POSTEE_UPDATE") != "", Success: instance().ServeHTTP,
			}
			sinktest.Contract(t, target)
			sinktest.HTTP(t, target)
		})
	}
}

func TestValidate(t *testing.T) {
	s := sinks.NewSecret
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"least":      {Config{Instance: "dev12345", User: "u", Password: s("p")}, ""},
		"all":        {Config{URL: s("https://h/now"), Token: s("t"), Board: "u_findings", Fields: map[string]string{"u_team": "a"}, Ticket: ticket.Config{Mode: "update", OnFixed: "close", Transition: "3"}}, ""},
		"reopens":    {Config{URL: s("https://h"), Token: s("t"), Board: "task", ReopenFields: map[string]string{"state": "1"}, Ticket: ticket.Config{Mode: "update", Reopen: ticket.Reopen{Always: true}}}, ""},
		"nothing":    {Config{}, "user: missing: give user and password, or token; url: missing"},
		"both":       {Config{Instance: "dev1", URL: s("https://h"), Token: s("t")}, "instance: stands beside url: give one or the other"},
		"address":    {Config{Instance: "https://dev1.service-now.com", Token: s("t")}, "instance: must be the first part of the address alone: XXX of https://XXX.service-now.com"},
		"table":      {Config{Instance: "dev1", Token: s("t"), Board: "incident/x"}, "board: must be the name of a table: small letters, digits and _"},
		"own":        {Config{Instance: "dev1", Token: s("t"), Fields: map[string]string{"correlation_id": "x", "A b": "c"}}, "fields.A b: is not the name of a column: small letters, digits and _; fields.correlation_id: is set by postee: remove it"},
		"format":     {Config{Instance: "dev1", Token: s("t"), Format: "markdown"}, "format: must be html or text"},
		"half":       {Config{Instance: "dev1", User: "u"}, "password: missing: a user needs a password"},
		"no state":   {Config{Instance: "dev1", Token: s("t"), Board: "task", Ticket: updating()}, "ticket.transition: missing: give the value of state that closes a record of the table task; reopen-fields: missing: give the value of state that opens a record of the table task again, {state: …}"},
		"unasked":    {Config{Instance: "dev1", Token: s("t"), CloseFields: map[string]string{"state": "6"}, ReopenFields: map[string]string{"state": "1"}}, "close-fields: means something with ticket.on-fixed: close only; reopen-fields: means something with ticket.reopen only"},
		"two states": {Config{Instance: "dev1", Token: s("t"), CloseFields: map[string]string{"state": "6"}, Ticket: ticket.Config{Mode: "update", OnFixed: "close", Transition: "7"}}, "close-fields.state: stands beside ticket.transition: remove one of them"},
		"life":       {Config{Instance: "dev1", Token: s("t"), Ticket: ticket.Config{Mode: "sometimes"}}, "ticket.mode: must be new or update"},
	} {
		got := ""
		if err := sinks.Invalid(c.config.Validate()); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	c := Config{Instance: "dev12345", Token: s("t"), Ticket: updating()}
	if n := c.Needs(); !n.Open || n.Undigested != "ticket.mode" || n.Document || n.Components || n.Concurrent != 4 {
		t.Errorf("needs %+v", n)
	}
	if c.endpoint().URL.Reveal() != "https://dev12345.service-now.com" {
		t.Error("another address")
	}
}

// TestCheck: credentials, table and columns are looked at, and nothing is created.
func TestCheck(t *testing.T) {
	i := instance()
	i.Narrow = []string{"u_narrow"}
	url := serve(t, i)
	fill := open(t, Config{}, url, start)
	if _, err := deliver(t, fill, findings(1), key(1)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config   Config
		password string
		works    int
		want     string
	}{
		"good":     {Config{Fields: map[string]string{"category": "x"}}, secret, 3, ""},
		"empty":    {Config{Board: "task"}, secret, 3, ""},
		"password": {Config{}, "wrong", 0, "User Not Authenticated"},
		"table":    {Config{Board: "nothing"}, secret, 0, "Invalid table nothing"},
		"column":   {Config{Fields: map[string]string{"u_none": "x", "u_image": "y"}}, secret, 2, "the table incident has no column u_none, or the user may not read it"},
	} {
		s := open(t, c.config, url, start)
		if c.password != secret {
			c.config.URL, c.config.User, c.config.Password = sinks.NewSecret(url), "postee", sinks.NewSecret(c.password)
			wrong, err := c.config.Open(sinks.Env{})
			if err != nil {
				t.Fatal(err)
			}
			s = wrong.(*sink)
		}
		works, err := s.Check(t.Context())
		if len(works) != c.works || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v", name, works, err)
		}
	}
	if n := len(i.Records("incident")) + len(i.Records("task")); n != 1 {
		t.Errorf("%d records", n)
	}
}

// TestJudge has the Table API as others wrote it down look at every message of the suites, and at a large scan.
func TestJudge(t *testing.T) {
	messages := append(sinktest.Messages(), sinktest.Named{Name: "many", Message: findings(1500)})
	for name, c := range map[string]Config{"new": {}, "update": {Ticket: updating(), Format: "text", Fields: map[string]string{"category": "security"}}} {
		t.Run(name, func(t *testing.T) {
			config := func(url sinks.Secret) sinks.Config {
				c.URL, c.User, c.Password = url, "postee", sinks.NewSecret(secret)
				return &c
			}
			sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "servicenow", sinktest.Capture(t, config, instance().ServeHTTP, messages))
		})
	}
}
