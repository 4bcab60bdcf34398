package nexusiq

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
	"github.com/postee/postee/pkg/sinks/sinktest/nexusiqtest"
)

const headerSecret = "header-secret-0c4f1a"

// config is a configuration for a server.
func config(url string) *Config {
	return &Config{
		URL: sinks.NewSecret(url), User: nexusiqtest.User, Password: sinks.NewSecret(nexusiqtest.Password), Organization: nexusiqtest.Organization,
	}
}

func TestSuites(t *testing.T) {
	for name, wait := range map[string]bool{"plain": false, "wait": true} {
		t.Run(name, func(t *testing.T) {
			server := &nexusiqtest.Server{}
			server.Evaluate(0, "Warning")
			target := sinktest.Target{
				Config: func(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
					c := config("")
					c.URL, c.Wait = endpoint, wait
					c.HTTP = sinks.HTTP{Timeout: timeout, Headers: map[string][]sinks.Secret{"X-Gateway": {sinks.NewSecret(headerSecret)}}}
					return c
				},
				Secrets: []string{headerSecret, nexusiqtest.Password}, Golden: "testdata/" + name, Update: os.Getenv("POSTEE_UPDATE") != "",
				Success: server.ServeHTTP,
			}
			sinktest.Contract(t, target)
			sinktest.HTTP(t, target)
		})
	}
}

func TestValidate(t *testing.T) {
	least := func(change func(c *Config)) *Config {
		c := config("https://iq.example.com")
		change(c)
		return c
	}
	for name, c := range map[string]struct {
		config *Config
		want   string
	}{
		"least": {least(func(*Config) {}), ""},
		"all": {least(func(c *Config) {
			c.Application, c.Stage, c.Source, c.Wait = "team-{{ .Registry }}_{{repository}}", "Stage-Release", "CycloneDX", true
		}), ""},
		"nothing": {&Config{}, "user: missing: give an account of Nexus IQ, or the user code of its token; " +
			"organization-id: must be the ID of an organisation of Nexus IQ, as its page's address shows it; url: missing"},
		"no password":  {least(func(c *Config) { c.Password = sinks.Secret{} }), "password: missing: a user needs a password"},
		"no user":      {least(func(c *Config) { c.User = "" }), "user: missing: a password needs a user"},
		"organisation": {least(func(c *Config) { c.Organization = "Platform team" }), "organization-id: must be the ID of an organisation of Nexus IQ, as its page's address shows it"},
		"field":        {least(func(c *Config) { c.Application = "{{.Image}}" }), "application: has no field Image: subject, name, registry, repository, tag, digest, namespace"},
		"braces":       {least(func(c *Config) { c.Application = "{{if .Tag}}a" }), "application: has braces that are no field: write {{.Subject}}"},
		"stage":        {least(func(c *Config) { c.Stage = "test" }), "stage: must be one of develop, build, stage-release, release, operate"},
		"source":       {least(func(c *Config) { c.Source = "spdx" }), "source: must be cyclonedx"},
		"scheme":       {least(func(c *Config) { c.URL = sinks.NewSecret("iq:8070") }), "url: must begin with http:// or https://"},
	} {
		got := ""
		if err := sinks.Invalid(c.config.Validate()); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestNeeds: the whole of a scan is asked for, and what is waited for is a part of the gate and stands alone.
func TestNeeds(t *testing.T) {
	if n := (&Config{}).Needs(); !n.Open || !n.Components || n.Document || n.Judges || n.Undigested != "" {
		t.Errorf("%+v", n)
	}
	if n := (&Config{Wait: true}).Needs(); !n.Judges || n.Undigested != "wait" {
		t.Errorf("%+v", n)
	}
}

// TestPublicIDs: a name becomes an ID that the server takes.
func TestPublicIDs(t *testing.T) {
	section := &message.Section{
		Subject:  "registry.example.com:5000/team/app:1.4",
		Artifact: scan.Artifact{Type: "image", Name: "app:1.4", Host: "registry.example.com:5000", Repository: "team/app", Tag: "1.4", Digest: "sha256:1", Namespace: "n"},
	}
	for text, want := range map[string]string{
		"{{.Subject}}":                     "registry_example_com_5000_team_app_1_4",
		"{{registry}}/{{ .REPOSITORY }}":   "registry_example_com_5000_team_app",
		"{{.Name}} {{.Tag}} {{.Digest}} ü": "app_1_4_1_4_sha256_1__",
		"{{.Namespace}}-fixed":             "n-fixed",
		"fixed":                            "fixed",
		strings.Repeat("a", 200):           strings.Repeat("a", 200),
	} {
		p, err := parsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.publicID(section); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	long := func(end string) string { return pattern{strings.Repeat("a", 200) + end}.publicID(section) }
	if a, b := long("."), long("_"); len(a) != 200 || len(b) != 200 || a == b || !strings.HasPrefix(a, strings.Repeat("a", 183)+"_") {
		t.Errorf("%q and %q", a, b)
	}
}

// TestCheck: what the account may do is tried out, and nothing is created.
func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(c *Config)
		works  int
		want   string
	}{
		"good":         {func(*Config) {}, 3, ""},
		"password":     {func(c *Config) { c.Password = sinks.NewSecret("wrong") }, 0, "HTTP 401 Unauthorized: Unauthorized"},
		"organisation": {func(c *Config) { c.Organization = nexusiqtest.Unusable }, 1, "organization-id: there is no organisation 00000000000000000000000000000000 among the 1 that the account may see"},
	} {
		server := &nexusiqtest.Server{}
		web := httptest.NewServer(server)
		configured := config(web.URL + "/iq/")
		c.change(configured)
		sink, err := configured.Open(sinks.Env{})
		if err != nil {
			t.Fatal(err)
		}
		works, err := sink.(sinks.Checker).Check(t.Context())
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want || len(works) != c.works || len(server.Applications())+len(server.Scans()) != 0 {
			t.Errorf("%s: %q, %q, want %q", name, works, got, c.want)
		}
		web.Close()
	}
}
