package all

import (
	"slices"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/sinks"
)

// TestTable: every type is found by its names in any case, and those that a URL describes need nothing else.
func TestTable(t *testing.T) {
	seen := make(map[string]bool)
	for _, k := range kinds() {
		for _, name := range []string{k.name, k.also} {
			if seen[strings.ToLower(name)] {
				t.Errorf("%q is the name of two types", name)
			}
			if name == "" {
				continue
			}
			seen[strings.ToLower(name)] = true
			if config, err := New(strings.ToUpper(name)); err != nil || config == nil {
				t.Errorf("%s: %v", name, err)
			}
			config, err := To(strings.ToUpper(name), sinks.NewSecret("https://h/x"))
			if byURL := slices.Contains(URLTypes(), k.name); (err == nil) != byURL {
				t.Errorf("%s with a URL: %v", name, err)
			} else if byURL && len(config.Validate()) > 0 {
				t.Errorf("%s needs more than a URL: %v", name, config.Validate())
			}
		}
		if !slices.Contains(Types(), k.name) {
			t.Errorf("%s is not among the types %q", k.name, Types())
		}
	}
}

// TestUnknown: the errors name all that there is.
func TestUnknown(t *testing.T) {
	if _, err := New("smoke"); err == nil || err.Error() != `unknown type of target "smoke": this version knows `+strings.Join(Types(), ", ") {
		t.Error(err)
	}
	if _, err := To("stdout", sinks.NewSecret("https://h")); err == nil || err.Error() != `unknown type of target "stdout": a URL can be given for `+strings.Join(URLTypes(), ", ") {
		t.Error(err)
	}
}
