package slack

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postee/postee/pkg/render"
)

// Signs that look like the ones to which Slack gives a meaning and for which it has no escape.
const (
	notAsterisk   = '∗' // U+2217
	notUnderscore = '＿' // U+FF3F
	notTilde      = '∼' // U+223C
	notBacktick   = 'ˋ' // U+02CB
	notColon      = '꞉' // U+A789
	notBar        = '¦' // U+00A6
)

// setting is where a text stands: what has a meaning differs.
type setting struct {
	// code stands between backticks, where nothing else has a meaning.
	code bool
	// label is a link's text: it ends at a bar.
	label bool
	// tight are the signs of the emphasis around it: they must not be in it, not even inside a word.
	tight string
	// behind is the text that follows at once: with its beginning, the end may name an emoji.
	behind string
}

// appendText adds s to b as text that means nothing to Slack: one line, printable, escaped.
func appendText(b []byte, s string, in setting) []byte {
	previous := ' '
	for len(s) > 0 {
		if n := idle(s); n > 0 {
			previous = rune(s[n-1])
			b, s = append(b, s[:n]...), s[n:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		b = appendRune(b, r, in, previous, s)
		previous = r
	}
	return b
}

// idle returns the length of the beginning of s that means nothing anywhere: ASCII, which nearly all text is.
func idle(s string) int {
	const low, high uint64 = 1<<'&' | 1<<'<' | 1<<'>' | 1<<'*' | 1<<':', 1<<('`'-64) | 1<<('|'-64) | 1<<('_'-64) | 1<<('~'-64)
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c < 64 && low>>c&1 != 0 || c >= 64 && high>>(c-64)&1 != 0 {
			return i
		}
	}
	return len(s)
}

// appendRune adds one character, which stands between the one before it and the rest of the text.
func appendRune(b []byte, r rune, in setting, previous rune, next string) []byte {
	switch {
	case r == '&':
		return append(b, "&amp;"...)
	case r == '<':
		return append(b, "&lt;"...)
	case r == '>':
		return append(b, "&gt;"...)
	case r == '`':
		r = notBacktick
	case r == '|' && in.label:
		r = notBar
	case r < utf8.RuneSelf && r >= ' ' && r != 0x7f:
		if !in.code {
			r = plain(r, in, previous, next)
		}
	case unicode.IsSpace(r):
		r = ' '
	case !unicode.IsPrint(r):
		r = unicode.ReplacementChar
	}
	return utf8.AppendRune(b, r)
}

// plain replaces a sign where it would begin or end emphasis or name an emoji. Inside a word, as in lib_a or 1.0~rc1, it has
// no meaning and stays as it is, so that names and versions can be copied.
func plain(r rune, in setting, previous rune, next string) rune {
	var other rune
	switch r {
	case '*':
		other = notAsterisk
	case '_':
		other = notUnderscore
	case '~':
		other = notTilde
	case ':':
		if emoji(next, in.behind) {
			return notColon
		}
		return r
	default:
		return r
	}
	following, _ := utf8.DecodeRuneInString(next)
	if !strings.ContainsRune(in.tight, r) && render.Basic(previous) && render.Basic(following) {
		return r
	}
	return other
}

// word reports whether r belongs to a word: beside one, signs of emphasis have no effect.
func word(r rune) bool {
	return render.Basic(r) || r >= utf8.RuneSelf && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// longestEmoji is how far an emoji's name is looked for, in bytes.
const longestEmoji = 100

// emoji reports whether s, which follows a colon, goes on like the name of an emoji: "tada:". behind follows s.
func emoji(s, behind string) bool {
	letters := false
	for i := 0; i < len(s)+len(behind) && i < longestEmoji; i++ {
		var c byte
		if i < len(s) {
			c = s[i]
		} else {
			c = behind[i-len(s)]
		}
		switch {
		case c == ':':
			return letters
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c >= utf8.RuneSelf:
			letters = true
		case '0' <= c && c <= '9', strings.IndexByte("_+-'", c) >= 0:
		default:
			return false
		}
	}
	return false
}

// clip cuts s to a number of characters, ending in "…" when it was longer; 0 is no limit.
func clip(s string, limit int) string {
	if limit <= 0 || len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n == limit-1 {
			if utf8.RuneCountInString(s[i:]) > 1 {
				return s[:i] + "…"
			}
			return s
		}
		n++
	}
	return s
}
