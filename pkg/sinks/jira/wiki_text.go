package jira

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postee/postee/pkg/render"
)

// Signs that look like the ones for which there is no escape, or none that every renderer of wiki markup knows.
const (
	notAmpersand = '＆' // U+FF06: &lt; would be a sign of its own
	notBackslash = '∖' // U+2216: before a sign it is an escape, before another one a line break
	notBar       = '¦' // U+00A6: tables end their cells at a bar, escaped or not
	notBrace     = '｛' // U+FF5B: the beginning of a macro, which some readers of tables see behind a backslash too
	notColon     = '꞉' // U+A789: as in addresses, and in :P
	notDot       = '․' // U+2024: h1. and bq.
	notHash      = '＃' // U+FF03: # at the beginning of a line
)

// text writes text that means nothing in wiki markup. Where a sign has no effect, as in lib_a or 1.0~rc1, it stays as it is.
//
// What renderers read and how it is escaped: BackslashEscapeRendererComponent and PhraseRendererComponent of atlassian-renderer, and the
// parser of @atlaskit/editor-wikimarkup-transformer.
func (w *wikiWriter) text(s string) {
	previous := ' '
	if len(w.b) > w.start {
		previous, _ = utf8.DecodeLastRune(w.b)
	}
	for i, r := range s {
		behind := s[i+utf8.RuneLen(r):]
		if render.Basic(r) || r == ' ' || r >= utf8.RuneSelf {
			w.b = utf8.AppendRune(w.b, r)
		} else {
			w.sign(r, previous, behind)
		}
		previous = r
	}
}

// sign writes a sign of ASCII behind what is written so far.
func (w *wikiWriter) sign(r, previous rune, behind string) {
	next, _ := utf8.DecodeRuneInString(behind)
	if behind == "" {
		next = ' '
	}
	if other := replaced(r, w.b[w.start:], next, behind); other != r {
		w.b = utf8.AppendRune(w.b, other)
		return
	}
	if escaped(r, previous, next, behind) {
		w.b = append(w.b, '\\')
	}
	w.b = append(w.b, byte(r))
}

// escaped reports whether a sign would take effect without a backslash.
func escaped(r, previous, next rune, behind string) bool {
	switch r {
	case '{', '}', '[', ']', '!':
		return true
	case '-', '_', '*', '+', '^', '~':
		return !word(previous) || !word(next)
	case '?':
		return previous == '?' || next == '?'
	case '(':
		return smiles(previous) || strings.IndexByte(behind[:min(len(behind), longestEmoticon)], ')') >= 0
	case ')':
		return smiles(previous)
	}
	return false
}

// longestEmoticon is how many characters follow the bracket of (flagoff).
const longestEmoticon = 8

// smiles reports whether a bracket behind r may be a mouth.
func smiles(r rune) bool { return r == ':' || r == ';' || r == '-' }

// replaced returns what stands in place of a sign that no backslash keeps from taking effect. line is what is written of the line so far.
func replaced(r rune, line []byte, next rune, behind string) rune {
	switch r {
	case '|':
		return notBar
	case '{':
		if render.Basic(next) {
			return notBrace
		}
	case '\\':
		if !render.Basic(next) {
			return notBackslash
		}
	case '&':
		if name, _, found := strings.Cut(behind[:min(len(behind), longestEntity)], ";"); found && name != "" && !strings.Contains(name, " ") {
			return notAmpersand
		}
	case '#':
		if len(bytes.Trim(line, string(notHash)+"\\*-")) == 0 {
			return notHash
		}
	case '.':
		if begins(line) {
			return notDot
		}
	case ':':
		if strings.HasPrefix(behind, "//") || behind == "/" || scheme(line) || grins(behind) {
			return notColon
		}
	}
	return r
}

// begins reports whether a line ends in what with a dot makes a heading or quotation; inside of marks, readers see a new line.
func begins(line []byte) bool {
	at := len(line) - 2
	if at < 0 || at > 0 && render.Basic(rune(line[at-1])) {
		return false
	}
	return string(line[at:]) == "bq" || line[at] == 'h' && '1' <= line[at+1] && line[at+1] <= '6'
}

// longestEntity is how many characters of an entity follow the ampersand.
const longestEntity = 10

// scheme reports whether a line ends in a scheme of addresses that needs no slashes.
func scheme(line []byte) bool {
	for _, s := range []string{"mailto", "news", "file", "skype", "callto", "tel"} {
		if len(line) >= len(s) && strings.EqualFold(string(line[len(line)-len(s):]), s) {
			return true
		}
	}
	return false
}

// grins reports whether what follows a colon makes it an emoticon of letters.
func grins(behind string) bool {
	behind = strings.TrimPrefix(behind, "-")
	if behind == "" || strings.IndexByte("PpD", behind[0]) < 0 {
		return false
	}
	next, _ := utf8.DecodeRuneInString(behind[1:])
	return len(behind) == 1 || !word(next)
}

// word reports whether r belongs to a word: beside one on either side, a sign is no mark.
func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
