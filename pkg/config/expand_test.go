package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/sinks/jira"
)

func TestExpand(t *testing.T) {
	env := func(name string) (string, bool) {
		value, ok := map[string]string{"A": "one", "B_2": "$A ${A} file:/x", "EMPTY": ""}[name]
		return value, ok
	}
	for _, c := range []struct {
		value, want string
		names       []string
		err         string
	}{
		{"plain", "plain", nil, ""},
		{"", "", nil, ""},
		{"$A", "one", []string{"A"}, ""},
		{"$A ", "$A ", nil, ""},
		{"x$A", "x$A", nil, ""},
		{"x${A}y${A}", "xoneyone", []string{"A"}, ""},
		{"$$A", "$A", nil, ""},
		{"$$", "$", nil, ""},
		{"$${A}", "${A}", nil, ""},
		{"a$", "a$", nil, ""},
		{"$", "$", nil, ""},
		{"${A", "${A", nil, ""},
		{"${}", "${}", nil, ""},
		{"${a b}", "${a b}", nil, ""},
		{"$1", "$1", nil, ""},
		{"${B_2}", "$A ${A} file:/x", []string{"B_2"}, ""},
		{"$B_2", "$A ${A} file:/x", []string{"B_2"}, ""},
		{"$NONE", "", []string{"NONE"}, "$NONE is unset or empty"},
		{"$EMPTY", "", []string{"EMPTY"}, "$EMPTY is unset or empty"},
		{"${NONE}${A}${EMPTY}${NONE}", "", []string{"NONE", "A", "EMPTY"}, "$NONE, $EMPTY are unset or empty"},
		{"file:5ecre7", "", nil, "a reference to a file needs an absolute path, for example file:/run/secrets/hook"},
		{"file:${A}/x", "", []string{"A", "file:${A}/x"}, `"file:${A}/x" is no absolute path`},
		{"file:${NONE}/x", "", []string{"NONE", "file:${NONE}/x"}, "$NONE is unset or empty"},
		{"file:/no/such", "", []string{"file:/no/such"}, `"file:/no/such" cannot be read: no such file or directory`},
	} {
		got, names, err := Expand(c.value, env)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if got != c.want || message != c.err || !cmp.Equal(names, c.names) {
			t.Errorf("%q: %q, %q, %q; want %q, %q, %q", c.value, got, names, message, c.want, c.names, c.err)
		}
	}
}

func TestExpandFile(t *testing.T) {
	dir := t.TempDir()
	env := func(name string) (string, bool) { return dir, name == "DIR" }
	for text, want := range map[string]string{
		"secret": "secret", "secret\n": "secret", "secret\r\n": "secret", "secret\n\n": "secret\n", "a\nb\n": "a\nb",
		"secret\r": "secret\r", "$HOME": "$HOME", " x ": " x ",
		"": "ERROR is empty", "\n": "ERROR is empty", strings.Repeat("x", maxReferred+1): "ERROR cannot be read: the file is too large",
	} {
		path := filepath.Join(dir, "value")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, reference := range []string{"file:" + path, "file:${DIR}/value"} {
			got, names, err := Expand(reference, env)
			if err != nil {
				got = "ERROR" + strings.TrimPrefix(err.Error(), quantity.Quote(reference))
			}
			if got != want || names[len(names)-1] != reference {
				t.Errorf("%q from %s: %q, %q, want %q", text, reference, got, names, want)
			}
		}
	}
}

// FuzzExpand: a value without dollar signs stays, and what is missing is always named.
func FuzzExpand(f *testing.F) {
	f.Add("$A", "one")
	f.Add("x${A}$$", "")
	f.Add("file:${A}", "/dev/null")
	f.Fuzz(func(t *testing.T, value, a string) {
		if strings.HasPrefix(value, fileScheme) {
			t.Skip("reads files")
		}
		got, names, err := Expand(value, func(name string) (string, bool) { return a, name == "A" })
		if !strings.Contains(value, "$") && (got != value || len(names) > 0 || err != nil) {
			t.Errorf("%q: %q, %q, %v", value, got, names, err)
		}
		if err != nil && (len(names) == 0 || got != "") {
			t.Errorf("%q: %q, %q, %v", value, got, names, err)
		}
		escaped := strings.ReplaceAll(value, "$", "$$")
		if back, _, err := Expand(escaped, nil); err != nil || back != value {
			t.Errorf("%q escaped gives %q, %v", value, back, err)
		}
	})
}

// TestPasswordOfTheEnvironment: a password that is not in the file may stand in a variable of its own; where there is a token and no user,
// it is nobody's.
func TestPasswordOfTheEnvironment(t *testing.T) {
	env := func(name string) (string, bool) {
		return map[string]string{"JIRA_PASSWORD": "5ecre7", "OTHER": "0ther"}[name], true
	}
	for text, want := range map[string]string{
		"user: u":                     "5ecre7",
		"user: u\n  password: $OTHER": "0ther",
		"user: u\n  password:":        "5ecre7",
		"token: t0ken":                "5ecre7",
		"user: u\n  enable: false":    "",
	} {
		path := write(t, "- name: j\n  type: jira\n  url: https://jira.example.com\n  project_key: P\n  "+text+"\n")
		c, err := read(t.Context(), path, Options{Lookup: env, Resolve: true})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := c.Targets[0].Config.(*jira.Config).Password.Reveal(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
