package scan

import (
	"strings"
	"testing"
)

func TestFirstSentence(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"One. Two.":              "One.",
		"Version 1.2 is bad":     "Version 1.2 is bad",
		"Line\nnext":             "Line",
		strings.Repeat("é", 200): strings.Repeat("é", 200),
		strings.Repeat("é", 201): strings.Repeat("é", 199) + "…",
	} {
		if got := FirstSentence(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
