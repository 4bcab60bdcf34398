package scan

import (
	"slices"
	"strings"
)

// Platform returns the variant of an image for a platform: "linux/amd64", "linux/arm/v7"; parts that are not known are left out.
func Platform(system, architecture, variant string) string {
	var parts []string
	for _, part := range [...]string{system, architecture, variant} {
		if part = strings.ToLower(strings.TrimSpace(part)); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

// MainID returns what the world calls a flaw that has several IDs, the CVE where there is one, and the others, without repeats.
func MainID(id string, aliases []string) (string, []string) {
	if id == "" {
		return "", nil // a row that does not say what it is
	}
	main := id
	for _, a := range aliases {
		if !isCVE(main) && isCVE(a) {
			main = a
		}
	}
	const few = 16 // are compared one by one
	var others []string
	var seen map[string]bool // of many
	if len(aliases) > few {
		seen = map[string]bool{}
	}
	for i := range len(aliases) + 1 {
		a := id
		if i > 0 {
			a = aliases[i-1]
		}
		if a == main || seen[a] || seen == nil && slices.Contains(others, a) {
			continue
		}
		if seen != nil {
			seen[a] = true
		}
		others = append(others, a)
	}
	return main, others
}

// isCVE reports whether an ID is one of the CVE list.
func isCVE(id string) bool { return strings.HasPrefix(id, "CVE-") }
