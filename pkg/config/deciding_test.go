package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// decidingKeys are the keys of the whole program and of a route, with a value each, and whether it decides what is said of a document.
// Limits of the state, its place, and how long a message is tried have nothing to do with that.
var decidingKeys = map[string]struct {
	value   string
	decides bool
}{
	"name": {"other", true}, "type": {"slack", true}, "enable": {"false", true},
	"ignoreregistry": {"[one]", true}, "ignoreimagename": {"[one]", true}, "policyimagename": {"[one]", true}, "policyregistry": {"[one]", true},
	"policynoncompliant": {"true", true}, "policyshowall": {"true", true}, "policyonlyfixavailable": {"true", true},
	"policyminvulnerability": {"high", true}, "policyopa": {"[p.rego]", true}, "aggregateissuesnumber": {"3", true},
	"aggregateissuestimeout": {"1h", true}, "subject": {"[repository]", true},
	"input": {"input.image", true}, "inputfiles": {"[Policy-Non-Compliant.rego]", true}, "params": {"{a: 1}", true},
	"plugins": {"{unique-message-props: [digest]}", true}, "routes": {"", true}, "actions": {"[one]", true}, "outputs": {"[one]", true},
	"serializeactions": {"true", true}, "rules": {"", false}, "template": {"team.tmpl", true}, "templates": {"", true}, "regotemplatespath": {"", true}, "regofilterspath": {"", true},

	"aquaserver": {"https://aqua.example", true}, "maxdbsize": {"100", false}, "deleteolddata": {"30", false}, "maxage": {"3", false},
	"state": {"other.db", false}, "dbverifyinterval": {"1", false},
}

// deciding returns the hash of a configuration: an entry for the whole program and two routes, with a line more in each.
func deciding(t *testing.T, common, route, target string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cfg.yaml")
	text := fmt.Sprintf("- type: common\n%s\n- %s\n  url: %s\n- {name: last, type: stdout}\n", common, route, target)
	for name, text := range map[string]string{path: text, filepath.Join(filepath.Dir(path), "p.rego"): "package postee\nallow { true }\n", filepath.Join(filepath.Dir(path), "team.tmpl"): "{{.Title}}"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Load(t.Context(), path, Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s.Deciding()
}

// TestDecidingKeys: each key there is changes the hash of what decides, or is known not to decide.
func TestDecidingKeys(t *testing.T) {
	const route, url = "name: team\n  type: webhook", "https://one.example"
	before := deciding(t, "", route, url)
	if !bytes.Equal(before, deciding(t, "", route, url)) {
		t.Fatal("the hash of one configuration is not always the same")
	}
	if !bytes.Equal(before, deciding(t, "", route, "https://two.example")) {
		t.Error("the address of a target decides")
	}
	check := func(s slot, after func(line string) []byte) {
		key, listed := decidingKeys[fold(s.key)]
		if !listed {
			t.Errorf("does %s decide what is said of a document? Setup.Deciding has to have it then, and decidingKeys in any case", s.key)
			return
		}
		if changed := !bytes.Equal(before, after(s.key+": "+key.value)); changed != key.decides {
			t.Errorf("%s: %s changes the hash of what decides: %v", s.key, key.value, changed)
		}
	}
	for _, s := range slots(group{to: &commonKeys{}}) {
		check(s, func(line string) []byte { return deciding(t, "  "+line, route, url) })
	}
	for _, s := range slots(group{to: &Filters{}}) {
		check(s, func(line string) []byte { return deciding(t, "", route+"\n  "+line, url) })
	}
	for _, s := range slots(group{to: &header{}}) {
		check(s, func(line string) []byte {
			switch fold(s.key) {
			case "name":
				return deciding(t, "", line+"\n  type: webhook", url)
			case "type":
				return deciding(t, "", "name: team\n  "+line, url)
			}
			return deciding(t, "", route+"\n  "+line, url)
		})
	}
}
