package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestHostile: files that were made to cost much are refused, or read, in little time. The bound is far above what any of them
// needs, and far below what a file costs that goes wrong; how fast the machine is at the moment, a harmless file tells.
func TestHostile(t *testing.T) {
	const entry = "- name: a\n  type: stdout\n  enable: true\n"
	merges := "- &a0 {x: 1}\n"
	for i := range 60 {
		merges += fmt.Sprintf("- &a%d {<<: [*a%d, *a%d]}\n", i+1, i, i)
	}
	for name, text := range map[string]string{
		"lists":        strings.Repeat("[", 200_000),
		"mappings":     strings.Repeat("{a: ", 200_000),
		"items":        strings.Repeat("- ", 200_000),
		"entries":      strings.Repeat("- {}\n", 100_000),
		"merges":       merges,
		"merge itself": "- &a {<<: [*a, *a]}\n",
		"unknown keys": entry + repeat("  some-unknown-key-number-%: 1\n", 20_000),
		"same keys":    entry + strings.Repeat("  some-key: 1\n", 20_000),
		"long key":     entry + "  " + strings.Repeat("k", 900) + ": 1\n  ? " + strings.Repeat("k", 500_000) + "\n  : 1\n",
		"long list":    entry + "  Policy-Registry: \"" + strings.Repeat("a,", 200_000) + "\"\n",
		"comments":     strings.Repeat("#\n", 200_000) + entry,
		"blank lines":  strings.Repeat("\n", 500_000) + entry,
		"anchors":      entry + repeat("  k%: &a% 1\n", 20_000),
		"documents":    strings.Repeat("---\n", 100_000),
		"signs":        strings.Repeat("? ", 100_000),
		"quotes":       entry + "  url: \"" + strings.Repeat("\\", 300_000),
	} {
		start := time.Now()
		_, err := read(t.Context(), write(t, text), Options{Lookup: lookup})
		took := time.Since(start)
		if errors.Is(err, errLarge) {
			t.Errorf("%s is not read at all", name)
		}
		first, _, _ := strings.Cut(fmt.Sprint(err), "\n")
		t.Logf("%s: %v: %.150s", name, took, first)
		if took < 2*time.Second {
			continue
		}
		if slowly := harmless(t); took > 200*slowly {
			t.Errorf("%s: %v, and a harmless file %v", name, took, slowly)
		}
	}
}

// harmless is how long a file of nothing but comments takes now: a tenth of a second on a slow machine that does nothing else.
func harmless(t *testing.T) time.Duration {
	t.Helper()
	path := write(t, strings.Repeat("#\n", 200_000)+"- name: a\n  type: stdout\n  enable: true\n")
	start := time.Now()
	if _, err := read(t.Context(), path, Options{Lookup: lookup}); err != nil {
		t.Error(err)
	}
	return time.Since(start)
}

// repeat writes a text n times, with a number in place of each %.
func repeat(text string, n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(strings.ReplaceAll(text, "%", strconv.Itoa(i)))
	}
	return out.String()
}
