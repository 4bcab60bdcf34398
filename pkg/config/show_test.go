package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
)

// TestShowHidesSecrets: no secret of any target is shown, nor how long it is; what it refers to is.
func TestShowHidesSecrets(t *testing.T) {
	for _, kind := range all.Types() {
		target, _ := all.New(kind)
		keys(target, "", func(path string, s slot) {
			if !holdsSecret(s.to.Type()) {
				return
			}
			shown := func(value string) string {
				text := fmt.Sprintf("%q", value)
				if _, isOne := s.to.Addr().Interface().(*sinks.Secret); !isOne {
					text = "{X-Name: " + text + "}"
				}
				if outer, inner, nested := strings.Cut(path, "."); nested {
					text = fmt.Sprintf("{%s: {%s: %s}}", outer, inner, text)
				} else {
					text = fmt.Sprintf("{%s: %s}", path, text)
				}
				return showing(t, t.TempDir(), []byte(fmt.Sprintf("- {name: a, type: %s, enable: true, <<: %s}", kind, text)))
			}
			short, long := shown("5ecre7"), shown("http://5ecre7-5ecre7")
			if strings.Contains(long, "5ecre7") || !strings.Contains(long, hidden) || after(short) != after(long) {
				t.Errorf("%s: %s is shown: %s", kind, path, long)
			}
			for value, want := range map[string]string{
				"$HOOK": "$HOOK", "${HOOK}": "${HOOK}", "file:/run/secrets/hook": "file:/run/secrets/hook", "file:5ecre7": hidden, "$$HOOK": hidden,
				"http://5ecre7/${HOOK}/$x/${OTHER}": hidden + "' # with $HOOK, $OTHER",
			} {
				if got := shown(value); !strings.Contains(got, want) || strings.Contains(got, "5ecre7") {
					t.Errorf("%s: %s is %q, and shown as %s", kind, path, value, got)
				}
			}
		})
	}
}

// after returns what stands after the folder in what is shown, which is another each time.
func after(shown string) string {
	_, rest, _ := strings.Cut(shown, "\nroutes:")
	return rest
}

// TestShownHoldsTheSame: what is shown is a file in the mapping form that comes to the same.
func TestShownHoldsTheSame(t *testing.T) {
	texts := configurations(t)
	if len(texts) < 60 {
		t.Errorf("only %d texts", len(texts))
	}
	for name, text := range texts {
		folder := t.TempDir()
		once := showing(t, folder, text)
		if strings.Contains(once, "routes: []") || strings.Contains(once, ".rego\n\nactions:") {
			continue // a file with nothing in it is a mistake, and a template that is a file of Rego has no place in the mapping form
		}
		again := showing(t, folder, []byte(once))
		for _, comment := range []string{"# with $", " more switched off\n"} { // which the second time has nothing to say
			once, again = without(once, comment), without(again, comment)
		}
		if diff := cmp.Diff(once, again); diff != "" {
			t.Errorf("%s (-once +again):\n%s", name, diff)
		}
	}
}

// without returns a text without the lines that contain a comment; of a line that has something before it, the comment only.
func without(text, comment string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !strings.Contains(line, comment) {
			out.WriteString(line)
		} else if before, _, _ := strings.Cut(line, " # "); before != line {
			out.WriteString(before + "\n")
		}
	}
	return strings.TrimLeft(out.String(), "\n")
}

// TestShow: defaults are filled in, what is off is left out, and what plugins say is where the other form says it.
func TestShow(t *testing.T) {
	text := `
delete-old-data: 36h
routes:
- name: a
  outputs: [b, c]
  actions: [d]
  Policy-Min-Vulnerability: unknown
  plugins: {aggregate-message-number: 3, aggregate-message-timeout: 90m, unique-message-props: [digest], unique-message-timeout: 2s}
- {name: off, actions: c}
actions:
- {name: b, type: JIRA, enable: true, url: http://h, ticket: {mode: update, reopen: 48h}, unknowns: {"3.5": 7}}
- {name: c, type: slack, enable: false, url: $NOWHERE}
- {name: d, type: stdout, enable: true}
`
	folder := t.TempDir()
	want := `# 1 more switched off
delete-old-data: 36h
max-age: 7d
state: none
subject: [registry, repository, tag]
rego-filters-path: ` + filepath.Join(folder, "rego-filters") + `
rego-templates-path: ` + filepath.Join(folder, "rego-templates") + `

routes:
  - name: a
    actions: [d, b]
    serialize-actions: false
    Policy-Non-Compliant: false
    Policy-Show-All: false
    Policy-Only-Fix-Available: false
    Policy-Min-Vulnerability: unknown
    Aggregate-Issues-Number: 3
    Aggregate-Issues-Timeout: 1h30m
    subject: [registry, repository, tag]
    plugins:
      unique-message-props: [digest]
      unique-message-timeout: 2s

actions:
  - name: b
    type: jira
    enable: true
    timeout: 30s
    url: '***'
    issuetype: Task
    unknowns:
      "3.5": "7"
    deployment: auto
    ticket:
      mode: update
      reopen: 2d

  - name: d
    type: stdout
    enable: true
    format: table
`
	if diff := cmp.Diff(want, showing(t, folder, []byte(text))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestShownQuantities: what is written is what was read.
func TestShownQuantities(t *testing.T) {
	for _, d := range []time.Duration{0, 1, time.Millisecond, 90 * time.Second, time.Hour, 90 * time.Minute, 24 * time.Hour, 36 * time.Hour, 10 * time.Minute, 61 * time.Second} {
		if got, err := quantity.Duration(duration(d)); err != nil || got != d {
			t.Errorf("%v: %s: %v, %v", d, duration(d), got, err)
		}
	}
	for _, n := range []int64{0, 1, 1000, 1024, 1536, 1 << 20, 1000 << 20, 3 << 29, 1 << 50} {
		if got, err := quantity.Size(size(n)); err != nil || got != n {
			t.Errorf("%d: %s: %v, %v", n, size(n), got, err)
		}
	}
}

// TestStarter: the file to begin with can be used as it is, and is written nowhere twice.
func TestStarter(t *testing.T) {
	c := good(t, string(Starter()), true)
	if s, err := c.setup(t.Context()); err != nil || len(s.Routes) != 1 || len(s.Targets) != 1 || len(s.Notes) > 0 {
		t.Errorf("%+v, %v", s, err)
	}
	path := filepath.Join(t.TempDir(), "a", "b", "cfg.yaml")
	if err := WriteStarter(path); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteStarter(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Errorf("written over: %s", text)
	}
}

// TestDatesOfParams: a date in params is the text that was written, wherever it stands.
func TestDatesOfParams(t *testing.T) {
	got := showing(t, t.TempDir(), []byte("- {name: a, type: stdout, params: {day: &d 2026-01-02, list: [*d, {at: 2026-01-02 03:04:05}]}}"))
	for _, want := range []string{`day: "2026-01-02"`, `- "2026-01-02"`, `at: "2026-01-02 03:04:05"`} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
