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

// plain reports whether s is printable ASCII: nothing to replace, and as wide as it is long. Nearly all text of scans is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
