package config

import "strings"

// fold returns a key as it is compared: project_key, project-key and ProjectKey are one.
func fold(key string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == '-' || r == '_' {
			return -1
		}
		return r
	}, key))
}

// suggest returns the key that was probably meant, "" when none is near. Few letters differ, or the key was broken off.
func suggest(key string, known []string) string {
	const longest, prefix = 48, 6
	typed := fold(key)
	if typed == "" || len(typed) > longest {
		return ""
	}
	best, nearest := "", max(1, len(typed)/3)+1
	begins, shared := "", prefix
	for _, k := range known {
		folded := fold(k)
		if d := distance(typed, folded); d < nearest {
			best, nearest = k, d
		}
		if n := common(typed, folded); n > shared && n*4 >= len(typed)*3 {
			begins, shared = k, n
		}
	}
	if best == "" {
		return begins
	}
	return best
}

// common is the length of what a and b begin with.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that make b of a.
func distance(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
