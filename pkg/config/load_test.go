package config

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/webhook"
)

// write makes a configuration file.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cfg.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// good loads a configuration without a mistake.
func good(t *testing.T, text string, resolve bool) *file {
	t.Helper()
	c, err := read(t.Context(), write(t, text), Options{Lookup: lookup, Resolve: resolve})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const whole = `
- type: common
  aqua-server: https://aqua.example.com/console/
  Max_DB_Size: 1000
  delete_old_data: 30
  state: ~/postee.db
  DbVerifyInterval: 24
- name: team
  type: WebHook
  enable: true
  URL: $HOOK
  method: put
  timeout: 1H
  headers: {X-Token: "Bearer ${TOKEN}", Accept: "a, b", X-Many: [one, "", two], X-Blank: }
  policy_min_vulnerability: HIGH
  Policy-Registry: ["Docker Hub", ""]
  Policy-Image-Name: "alpine*, nginx,"
  Policy-Only-Fix-Available: yes
  Policy-Non-Compliant: "false"
  Policy-Show-All:
  Policy-OPA: [policies/, /etc/postee/*.rego]
  Ignore-Registry: test
  Ignore-Image-Name: [""]
  Aggregate-Issues-Number: 10
  Aggregate-Issues-Timeout: 90
  subject: [registry, repository]
`

func TestWhole(t *testing.T) {
	c := good(t, whole, true)
	want := Common{AquaServer: "https://aqua.example.com/console", MaxDBSize: 1000 << 20, DeleteOldData: 30 * 24 * time.Hour, State: "/home/me/postee.db"}
	if diff := cmp.Diff(want, c.Common); diff != "" {
		t.Errorf("common (-want +got):\n%s", diff)
	}
	e, r := c.Targets[0], c.Routes[0]
	if e.Name != "team" || e.Type != "webhook" || e.Line != 8 || e.Column != 3 || !e.Enabled {
		t.Errorf("%+v", e)
	}
	dir := filepath.Dir(c.Path)
	filters := Filters{
		IgnoreRegistry:         Value[[]string]{true, "Ignore-Registry", 22, 3, []string{"test"}},
		PolicyImageName:        Value[[]string]{true, "Policy-Image-Name", 17, 3, []string{"alpine*", "nginx"}},
		PolicyRegistry:         Value[[]string]{true, "Policy-Registry", 16, 3, []string{"Docker Hub"}},
		PolicyNonCompliant:     Value[bool]{true, "Policy-Non-Compliant", 19, 3, false},
		PolicyOnlyFixAvailable: Value[bool]{true, "Policy-Only-Fix-Available", 18, 3, true},
		PolicyMinVulnerability: Value[scan.Severity]{true, "policy_min_vulnerability", 15, 3, scan.High},
		PolicyOPA:              Value[[]string]{true, "Policy-OPA", 21, 3, []string{filepath.Join(dir, "policies"), "/etc/postee/*.rego"}},
		AggregateIssuesNumber:  Value[int]{true, "Aggregate-Issues-Number", 24, 3, 10},
		AggregateIssuesTimeout: Value[time.Duration]{true, "Aggregate-Issues-Timeout", 25, 3, 90 * time.Second},
		Subject:                Value[[]string]{true, "subject", 26, 3, []string{"registry", "repository"}},
	}
	if diff := cmp.Diff(filters, r.Filters); diff != "" {
		t.Errorf("filters (-want +got):\n%s", diff)
	}
	w := e.Config.(*webhook.Config)
	if w.URL.Reveal() != "https://example.com/hook-5ecre7" || !strings.EqualFold(w.Method, http.MethodPut) || w.Timeout != time.Hour {
		t.Errorf("target %+v", w)
	}
	headers := make(map[string][]string)
	for name, values := range w.Headers {
		for _, v := range values {
			headers[name] = append(headers[name], v.Reveal())
		}
	}
	if diff := cmp.Diff(map[string][]string{"X-Token": {"Bearer t0ken-5ecre7"}, "Accept": {"a, b"}, "X-Many": {"one", "two"}}, headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"HOOK", "TOKEN"}, c.Needs); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
	notes := []Note{{7, 3, "common", "DbVerifyInterval means nothing to this program: it can be removed"}}
	if diff := cmp.Diff(notes, c.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// TestSpellings: what an editor does to a file changes nothing but positions.
func TestSpellings(t *testing.T) {
	want := good(t, whole, true)
	for name, text := range map[string]string{
		"CRLF": strings.ReplaceAll(whole, "\n", "\r\n"), "BOM": "\ufeff" + whole, "start": "---" + whole, "end": whole + "...\n",
		"BOM, CRLF": "\ufeff" + strings.ReplaceAll(whole, "\n", "\r\n"),
	} {
		c := good(t, text, true)
		for _, config := range []*file{c, want} {
			config.Routes[0].Filters.PolicyOPA.V = nil
		}
		parts := func(c *file) []any { return []any{c.Common, c.Routes, c.Targets, c.Notes, c.Needs} }
		if diff := cmp.Diff(parts(want), parts(c), cmp.Transformer("reveal", sinks.Secret.Reveal)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAnchors(t *testing.T) {
	c := good(t, `
- &base
  name: &name one
  type: stdout
  enable: true
  Policy-Min-Vulnerability: high
  Ignore-Registry: &names [a, b]
- <<: *base
  name: two
  policy-min-vulnerability: low
  Ignore-Image-Name: *names
- <<: [{Policy-Show-All: true, subject: a}, *base, {subject: b}]
  name: three
`, true)
	if len(c.Routes) != 3 {
		t.Fatalf("%d entries", len(c.Routes))
	}
	two, three := c.Routes[1], c.Routes[2]
	if two.Name != "two" || c.Targets[1].Type != "stdout" || two.Filters.PolicyMinVulnerability.V != scan.Low || two.Line != 8 {
		t.Errorf("%+v", two)
	}
	if diff := cmp.Diff(two.Filters.IgnoreRegistry.V, two.Filters.IgnoreImageName.V); diff != "" {
		t.Error(diff)
	}
	if three.Filters.Subject.V[0] != "a" || !three.Filters.PolicyShowAll.V || three.Filters.PolicyMinVulnerability.V != scan.High {
		t.Errorf("%+v", three)
	}
}

// TestCheck: without Resolve, secrets may be missing; they are listed for enabled entries only.
func TestCheck(t *testing.T) {
	const text = `
- {name: a, type: webhook, enable: true, url: "$UNSET", headers: {X: "file:/no/such/file"}}
- {name: b, type: webhook, enable: true, url: "${HOOK}"}
- {name: c, type: webhook, enable: false, url: "$NEVER"}
- {name: d, type: webhook, enable: false}
`
	c := good(t, text, false)
	if diff := cmp.Diff([]string{"HOOK", "UNSET", "file:/no/such/file"}, c.Needs); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
	for i, want := range []string{"$UNSET", "https://example.com/hook-5ecre7", "$NEVER", ""} {
		if got := c.Targets[i].Config.(*webhook.Config).URL.Reveal(); got != want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	_, err := read(t.Context(), write(t, text), Options{Resolve: true})
	if problems, ok := errors.AsType[*Problems](err); !ok || len(problems.List) != 3 {
		t.Errorf("with an empty environment: %v", err)
	}
	_, err = read(t.Context(), write(t, "- {name: b, type: webhook, enable: true, url: \"${X}\"}\n"), Options{
		Lookup: func(string) (string, bool) { return "ftp://5ecre7", true },
	})
	if problems, ok := errors.AsType[*Problems](err); !ok || len(problems.List) != 1 || strings.Contains(err.Error(), "5ecre7") {
		t.Errorf("what can be resolved is validated: %v", err)
	}
}

func TestNotes(t *testing.T) {
	path := write(t, `
- name: a
  type: stdout
  Policy-Registry: $Optional list of registries
- name: b
  type: stdout
  enable: false
  Ignore-Registry: [x, $Optional more]
- type: common
  enable: false
- {name: c, type: webhook, enable: true, url: $HOOK, tls: {verify: false}}
`)
	env := func(name string) (string, bool) { return "0.0.0.0:8084", name == "AQUAALERT_URL" }
	c, err := read(t.Context(), path, Options{Lookup: env})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range c.Notes {
		got = append(got, n.String())
	}
	want := []string{
		"AQUAALERT_URL is set and means nothing: postee does not listen",
		"2:3: a: no enable: taken as true; the older product took it as false",
		"4:20: a: Policy-Registry: a placeholder ($Optional …), taken as absent",
		"8:24: b: Ignore-Registry: a placeholder ($Optional …), taken as absent",
		"9:3: common: enable: false means nothing here: the keys of this entry hold",
		"11:3: c: TLS verification is off: anybody on the way to the target can pose as it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Routes[0].Filters.PolicyRegistry.Set || !c.Targets[0].Enabled || c.Targets[1].Enabled {
		t.Errorf("%+v", c.Routes)
	}
}

func TestState(t *testing.T) {
	for state, want := range map[string]string{"none": "none", "/var/postee.db": "/var/postee.db", "postee.db": "DIR/postee.db", "": ""} {
		c := good(t, "- {type: common, state: "+state+"}\n", true)
		if want = strings.Replace(want, "DIR", filepath.Dir(c.Path), 1); c.Common.State != want {
			t.Errorf("%q: %q, want %q", state, c.Common.State, want)
		}
	}
	_, err := read(t.Context(), write(t, "- {type: common, state: ~/x}\n"), Options{})
	if err == nil || !strings.Contains(err.Error(), "state: ~ cannot be filled in because HOME is not set") {
		t.Error(err)
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	if _, err := read(t.Context(), filepath.Join(dir, "none.yaml"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := read(t.Context(), dir, Options{}); err == nil {
		t.Error("a folder is no file")
	}
	if _, err := read(t.Context(), write(t, strings.Repeat("#\n", maxFile)), Options{}); !errors.Is(err, errLarge) {
		t.Errorf("too large: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Load(ctx, dir, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestLater: a colleague's problems join the list, in the order of the file; what was understood is there beside problems.
func TestLater(t *testing.T) {
	c, err := read(t.Context(), write(t, "- {name: a, type: stdout, enable: true}\n- {name: a, type: stdout, enable: true}\n"), Options{})
	problems, ok := errors.AsType[*Problems](err)
	if !ok || c == nil || len(c.Routes) != 2 {
		t.Fatalf("%v, %v", c, err)
	}
	problems.Path = "cfg.yaml"
	problems.Add(Problem{Line: 1, Text: "first"})
	problems.Add(Problem{Line: 1, Text: "first"})
	const want = "cfg.yaml:1: first\n" +
		"cfg.yaml:2:4: a: name: \"a\" is the name of an entry on line 1 already\nhint: give one of them another name"
	if diff := cmp.Diff(want, problems.Err().Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var none *Problems
	if none.Err() != nil || (&Problems{}).Err() != nil {
		t.Error("no problems are no error")
	}
}
