package route

import (
	"path"
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"alpine", "library/alpine:3", true}, {"alpine*", "alpine:3.19", true}, {"alpine*", "my/alpine:3.19", false},
		{"*alpine*", "my/alpine:3.19", true}, {"*/team/*:1", "registry/a/team/b/c:1", true}, {"a?c", "abc", true}, {"a?c", "aéc", true},
		{"a?c", "ac", false}, {"*", "", true}, {"?", "", false}, {"**a**", "bab", true}, {"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false},
		{"*?", "é", true}, {"?*?", "é", false}, {"", "anything", true}, {"[a]", "[a]", true}, {"a.c", "abc", false},
	} {
		if got := (Patterns{strings.ToUpper(c.pattern)}).lower().match([]string{c.name}) >= 0; got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.name, got)
		}
	}
	if got := (Patterns{"x", "*b*", "a"}).match([]string{"abc"}); got != 1 {
		t.Errorf("the first that matches is number %d", got)
	}
}

// TestGlobStepsInProportion matches ever longer names with patterns that make the most of them.
func TestGlobStepsInProportion(t *testing.T) {
	for _, pattern := range []string{"*a*a*a*b", "*" + strings.Repeat("a", 20) + "b", strings.Repeat("*a", 20) + "b", "*?a?*b", "?*?*?b"} {
		_, small := globSteps(pattern, strings.Repeat("a", 1000))
		_, large := globSteps(pattern, strings.Repeat("a", 8000))
		if large > 9*small+100 {
			t.Errorf("%s: %d steps for 1,000 characters, %d for 8,000", pattern, small, large)
		}
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("*a?b*", "xxaybz")
	f.Add(strings.Repeat("*a", 50), strings.Repeat("a", 500))
	f.Fuzz(func(t *testing.T, pattern, name string) {
		got := glob(pattern, name)
		if strings.ContainsAny(pattern, `[\/`) || strings.Contains(name, "/") {
			return // path.Match returns those a meaning of their own
		}
		if want, err := path.Match(pattern, name); err == nil && got != want {
			t.Errorf("glob(%q, %q) = %v", pattern, name, got)
		}
	})
}
