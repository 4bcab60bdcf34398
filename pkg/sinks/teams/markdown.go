package teams

import (
	"strings"
	"unicode/utf8"

	"github.com/postee/postee/pkg/render"
)

// Signs that look like the ones to which some client of Teams gives a meaning.
const (
	notAmpersand   = '＆' // U+FF06
	notAsterisk    = '∗' // U+2217
	notAt          = '＠' // U+FF20
	notBackslash   = '∖' // U+2216
	notBacktick    = 'ˋ' // U+02CB
	notBrace       = '｛' // U+FF5B
	notBracket     = '［' // U+FF3B
	notClosing     = '］' // U+FF3D
	notColon       = '꞉' // U+A789
	notDot         = '․' // U+2024
	notHash        = '＃' // U+FF03
	notHyphen      = '‐' // U+2010
	notLess        = '‹' // U+2039
	notMore        = '›' // U+203A
	notParenthesis = '）' // U+FF09
	notPlus        = '＋' // U+FF0B
	notTilde       = '∼' // U+223C
	notUnderscore  = '＿' // U+FF3F
)

// clean makes text from a scan a text in one line that is no template, expression, mention or address either. It is all that a text
// without Markdown needs.
func clean(s string) string {
	s = render.Clean(s)
	if !strings.ContainsAny(s, "{<:.@") {
		return s
	}
	b, previous := make([]byte, 0, len(s)), rune(0)
	for i, r := range s {
		rest := s[i+utf8.RuneLen(r):]
		other := inert(r, previous, rest)
		if other == r {
			next, _ := utf8.DecodeRuneInString(rest)
			other = address(b, r, previous, next, rest)
		}
		b, previous = utf8.AppendRune(b, other), r
	}
	return string(b)
}

// inert replaces what some client or flow reads in any text: {{DATE(…)}}, ${…}, @{…}, <at>.
func inert(r, previous rune, rest string) rune {
	switch {
	case r == '{' && (previous == '{' || previous == '$' || previous == '@'):
		return notBrace
	case r == '<' && rest != "" && (render.Basic(rune(rest[0])) || strings.IndexByte("/!?", rest[0]) >= 0):
		return notLess
	}
	return r
}

// text writes text that means nothing in Markdown. A label is the text of a link; next follows it.
func (w *writer) text(s string, label bool, next rune) {
	previous := rune(0)
	if len(w.b) > 0 {
		previous, _ = utf8.DecodeLastRune(w.b)
	}
	whole := s + string(next)
	for i, r := range s {
		behind := whole[i+utf8.RuneLen(r):]
		if !render.Basic(r) && r != ' ' {
			w.b = utf8.AppendRune(w.b, w.harmless(r, previous, behind, label))
		} else {
			w.b = append(w.b, byte(r))
		}
		previous = r
	}
}

// harmless replaces a character that would have an effect behind what is written so far.
func (w *writer) harmless(r, previous rune, behind string, label bool) rune {
	if other := inert(r, previous, behind); other != r || r >= utf8.RuneSelf {
		return other
	}
	next, _ := utf8.DecodeRuneInString(behind)
	switch {
	case strings.Trim(string(w.b), "*") == "" && atStart(r) != r: // bold begins with the line
		return atStart(r)
	case r == '.' && next == ' ' && number(w.b):
		return notDot
	case r == ')' && next == ' ' && number(w.b):
		return notParenthesis
	case r == '[' && label:
		return notBracket
	case r == ']' && label:
		return notClosing
	}
	return w.sign(r, previous, next, behind)
}

// atStart replaces a sign that at the beginning of a line makes a heading, a quotation or a list.
func atStart(r rune) rune {
	switch r {
	case '#':
		return notHash
	case '>':
		return notMore
	case '-':
		return notHyphen
	case '+':
		return notPlus
	}
	return r
}

// number reports whether a line is a number so far: with a dot, it would be a list.
func number(b []byte) bool {
	return strings.Trim(string(b), "*0123456789") == ""
}

// sign replaces a sign where it would have an effect, and leaves it where it has none, as in lib_a or 1.0~rc1, so that names and
// versions can be copied.
func (w *writer) sign(r, previous, next rune, behind string) rune {
	switch r {
	case '*':
		return notAsterisk
	case '`':
		return notBacktick
	case '_':
		if w.look&old != 0 || !render.Basic(previous) || !render.Basic(next) {
			return notUnderscore
		}
	case '~':
		if previous == '~' || next == '~' {
			return notTilde
		}
	case ']':
		if next == '(' || next == '[' || next == ':' {
			return notClosing
		}
	case '&':
		if render.Basic(next) || next == '#' {
			return notAmpersand
		}
	case '\\':
		if next > ' ' && next < utf8.RuneSelf && !render.Basic(next) {
			return notBackslash
		}
	case ':', '.', '@':
		return address(w.b, r, previous, next, behind)
	}
	return r
}

// address replaces a sign by which clients find addresses that nobody wrote as a link. before is the text so far, behind what follows
// and may go on.
func address(before []byte, r, previous, next rune, behind string) rune {
	switch {
	case r == ':' && (strings.HasPrefix(behind, "//") || behind == "/" || strings.EqualFold(string(before[max(len(before)-6, 0):]), "mailto")):
		return notColon
	case r == '.' && len(before) >= 3 && strings.EqualFold(string(before[len(before)-3:]), "www"):
		return notDot
	case r == '@' && render.Basic(previous) && render.Basic(next) && (next < '0' || next > '9'):
		return notAt
	}
	return r
}
