package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLoad: whatever the file holds, it is understood or refused with positions; nothing panics, hangs or shows a secret.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(top, "testdata", "config", "*.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, filepath.Join(top, "cfg.example.yaml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(whole)
	f.Add("- &a [*a]")
	f.Add("- {<<: [{<<: {a: b}}], ? &x y : *x}")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, fileScheme) {
			t.Skip("reads files")
		}
		c, err := newLoader("cfg.yaml", "/etc/cfg.yaml", Options{Lookup: lookup, Resolve: true}).load([]byte(text))
		if err == nil {
			check(t, c)
			return
		}
		problems, ok := errors.AsType[*Problems](err)
		if !ok || len(problems.List) == 0 {
			t.Fatal(err)
		}
		for _, line := range strings.Split(err.Error(), "\n") {
			if !strings.HasPrefix(line, "cfg.yaml:") && !strings.HasPrefix(line, "hint: ") || !utf8.ValidString(line) || len(line) > 1000 {
				t.Errorf("a line of its own: %q", line)
			}
		}
		if value, _ := lookup("TOKEN"); strings.Contains(err.Error(), value) && !strings.Contains(text, value) {
			t.Errorf("a secret in %s", err)
		}
	})
}

// FuzzConvert: whatever list can be used, what it is converted to can be used as well, and comes to the same; nothing that is shown is a
// secret.
func FuzzConvert(f *testing.F) {
	text, err := os.ReadFile(filepath.Join(top, "cfg.example.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(whole)
	f.Add("# a\n- &a {name: \"a, b\", type: stdout, Policy-Registry: [x], x: } # b\n- <<: *a\n  name: c\n  input: |\n    - x\n    # y\n# d\n")
	f.Add("- {name: ? , type: webhook, url: $TOKEN, headers: {a: [b-${TOKEN}, 5ecre7]}, params: {a: {<<: {b: c}}}}")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, fileScheme) {
			t.Skip("reads files")
		}
		path := write(t, text)
		made, notes, err := Convert(t.Context(), path, Options{Lookup: lookup})
		if err != nil && strings.Contains(err.Error(), "a mistake in the program") {
			t.Fatalf("%v\n%s", err, made)
		}
		if err != nil || lossy(notes) {
			return
		}
		before, after := showing(t, filepath.Dir(path), []byte(text)), showing(t, filepath.Dir(path), made)
		if before != after {
			t.Errorf("%s\nbecomes\n%s", before, after)
		}
		if value, _ := lookup("TOKEN"); strings.Contains(after, value) && !strings.Contains(text, value) {
			t.Errorf("a secret in %s", after)
		}
	})
}

// check holds a configuration against what is promised of it.
func check(t *testing.T, c *file) {
	names := make(map[string]bool)
	for _, e := range c.Targets {
		if e.Name == "" || names[e.Name] || strings.ContainsAny(e.Name, "()\n\x00") || e.Line < 1 || e.Config == nil {
			t.Errorf("%+v", e)
		}
		names[e.Name] = true
		if problems := e.Config.Validate(); e.Enabled && len(problems) > 0 {
			t.Errorf("%s: %v", e.Name, problems)
		}
	}
	routes := make(map[string]bool)
	for _, r := range c.Routes {
		if r.Name == "" || routes[r.Name] || len(r.Actions) == 0 {
			t.Errorf("%+v", r)
		}
		routes[r.Name] = true
		for _, action := range r.Actions {
			if !names[action] {
				t.Errorf("%s tells %s, which is not there", r.Name, action)
			}
		}
	}
}
