package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// convert converts a text, and returns the result and the notes, one a line.
func convert(t *testing.T, text string) (converted, notes string) {
	t.Helper()
	made, list, err := Convert(t.Context(), write(t, text), Options{Lookup: lookup})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, n := range list {
		notes += n.String() + "\n"
	}
	return string(made), notes
}

// showing returns what a text comes to, in a folder.
func showing(t *testing.T, folder string, text []byte) string {
	t.Helper()
	path := filepath.Join(folder, "cfg.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := Show(t.Context(), path, "none", Options{Lookup: lookup})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	shown, err := h.YAML()
	if err != nil {
		t.Fatal(err)
	}
	return string(shown)
}

// TestConvertedHoldsTheSame: every list of entries in the project comes to the same as what it is converted to.
func TestConvertedHoldsTheSame(t *testing.T) {
	lists := 0
	for name, text := range configurations(t) {
		folder := t.TempDir()
		path := filepath.Join(folder, "old.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		made, notes, err := Convert(t.Context(), path, Options{Lookup: lookup})
		if errors.Is(err, ErrMapping) || errors.Is(err, ErrNoEntry) || lossy(notes) {
			continue
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lists++
		if diff := cmp.Diff(showing(t, folder, text), showing(t, folder, made)); diff != "" {
			t.Errorf("%s (-list +converted):\n%s", name, diff)
		}
	}
	if lists < 30 {
		t.Errorf("only %d lists", lists)
	}
}

// lossy reports whether something that decides what is said was left out, as the notes say.
func lossy(notes []Note) bool {
	return slices.ContainsFunc(notes, func(n Note) bool { return strings.Contains(n.Text, "left out: put the file") })
}

// TestConvertKeepsComments: every comment of the example is in what it is converted to, and every reference.
func TestConvertKeepsComments(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(top, "cfg.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	made, notes := convert(t, string(text))
	if notes != "" {
		t.Errorf("notes: %s", notes)
	}
	comments := 0
	for line := range strings.Lines(string(text)) {
		if _, comment, ok := strings.Cut(line, "# "); ok {
			comments++
			if !strings.Contains(made, "# "+strings.TrimSpace(comment)+"\n") {
				t.Errorf("lost: %s", comment)
			}
		}
	}
	if comments < 80 || !strings.Contains(made, "url: https://hooks.internal.example/${INTERNAL_PATH}\n") {
		t.Errorf("%d comments\n%s", comments, made)
	}
}

// TestConvert: what is written out or left out is said, and nothing that was said by a comment is lost.
func TestConvert(t *testing.T) {
	made, notes := convert(t, `# first
---
# about all
- name: tenant # mine
  type: common # whole
  DbVerifyInterval: 1 # old
  Max_DB_Size: 7
  subject:
    - registry
    - repository
# about one
- &one
  Name: "a, b"
  TYPE: webhook
  URL: $HOOK # secret
  Policy_Registry: x, y
  tls: &tls {verify: true}
  input: |
    # rego
    input.image
      != "x"
# about two
- <<: *one
  name: c
  enable: no
  tls: {<<: *tls, ca_file: /x}
`)
	if diff := cmp.Diff(`# first
# about all
# mine
# whole
# old
max-db-size: 7
subject:
  - registry
  - repository

routes:
  - # about one
    Name: "a, b"
    actions: ['a, b']
    Policy_Registry: x, y
    input: |
      # rego
      input.image
        != "x"

  # about two
  - name: c
    actions: [c]
    Policy_Registry: x, y
    input: |
      # rego
      input.image
        != "x"

actions:
  - name: a, b
    TYPE: webhook
    URL: $HOOK # secret
    tls: {verify: true}
    enable: true

  - name: c
    enable: no
    tls: {<<: {verify: true}, ca_file: /x}
    TYPE: webhook
    URL: $HOOK # secret
`, made); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(`4:3: common: name is left out: nothing asks for the name of this entry
6:3: common: DbVerifyInterval is left out: it means nothing to this program
12:3: a, b: enable: true is written out: the older product took an entry without it as switched off
23:3: c: what it merges in or refers to (<<, *) is written out
`, notes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestConvertTemplates: a file that an entry names becomes a template of the entry's name.
func TestConvertTemplates(t *testing.T) {
	const list = "- {name: a, type: stdout, enable: true, template: team.tmpl}\n- {name: b, type: stdout, enable: true, Template: team.rego}\n"
	made, notes := convert(t, list)
	want := `routes:
  - name: a
    actions: [a]
    template: a

  - name: b
    actions: [b]
    Template: b

actions:
  - name: a
    type: stdout
    enable: true

  - name: b
    type: stdout
    enable: true

templates:
  - name: a
    go-template: team.tmpl

  - name: b
    rego-file: team.rego
`
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if notes != "" {
		t.Errorf("%s", notes)
	}
	folder := t.TempDir()
	shown := showing(t, folder, []byte(list))
	for _, line := range []string{"    template: a\n", "    rego-file: " + filepath.Join(folder, "team.rego") + "\n", "    go-template: " + filepath.Join(folder, "team.tmpl") + "\n"} {
		if !strings.Contains(shown, line) {
			t.Errorf("no %s in %s", line, shown)
		}
	}
	const others = "routes: [{name: r, actions: a, template: x}, {name: s, actions: a, template: y}, {name: t, actions: a, template: x}]\n" +
		"actions: [{name: a, type: stdout, enable: true}]\ntemplates: [{name: x, legacy-scan-renderer: html}, {name: y, body: input.image}, {name: z, go-template: z}]"
	shown = showing(t, folder, []byte(others))
	if _, made, _ := strings.Cut(shown, "\ntemplates:\n"); made != "  - name: x\n    legacy-scan-renderer: html\n\n  - name: y\n    body: input.image\n" {
		t.Errorf("%s", shown)
	}
}

// TestConvertRefuses: what is no list of entries, or one with mistakes.
func TestConvertRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"routes: [{name: a, actions: b}]\nactions: [{name: b, type: stdout, enable: true}]": ErrMapping,
		"- {type: common, state: none}": ErrNoEntry,
	} {
		if _, _, err := Convert(t.Context(), write(t, text), Options{}); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, _, err := Convert(t.Context(), write(t, "- {name: a, type: slak}"), Options{})
	if _, ok := errors.AsType[*Problems](err); !ok {
		t.Errorf("%v", err)
	}
}
