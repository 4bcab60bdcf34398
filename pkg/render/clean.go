package render

import (
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// Clean makes text from a scan harmless for one line of a terminal or a log: control characters (escape sequences, line
// breaks), invisible and direction-changing ones become "�", and invalid UTF-8 too.
func Clean(s string) string {
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

// fit cuts s to a width in columns, ending in "…" when it was longer; 0 is no limit.
func fit(s string, width int) string {
	if width <= 0 {
		return s
	}
	return runewidth.Truncate(s, width, "…")
}

// pad fills s with blanks up to a width in columns.
func pad(s string, width int) string {
	if missing := width - runewidth.StringWidth(s); missing > 0 {
		return s + strings.Repeat(" ", missing)
	}
	return s
}
