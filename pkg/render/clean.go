package render

import (
	"strings"
	"unicode"
)

// Clean makes text from a scan harmless for one line of a terminal or a log: control characters (escape sequences), invisible
// and direction-changing ones and invalid UTF-8 become "�", line breaks and tabs a blank.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// CleanLines makes a text of several lines harmless for a terminal, as [Clean] does for one; line breaks stay.
func CleanLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = Clean(lines[i])
	}
	return strings.Join(lines, "\n")
}

// plain reports whether s is printable ASCII: nothing to replace, and as wide as it is long. Nearly all text of scans is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
