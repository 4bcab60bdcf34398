// Package jsonline writes JSON that may be looked at on a terminal: one value a line, in which every character that would change what a
// person sees is escaped. What a program reads from it stays the same.
package jsonline

import (
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Marshal returns a value as a line of JSON, with its line end. Invalid UTF-8 becomes U+FFFD.
func Marshal(v any) ([]byte, error) {
	p, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, err
	}
	return append(Escape(p), '\n'), nil
}

// AppendString appends a text as a string of JSON, as Marshal writes it.
func AppendString(p []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := jsontext.AppendQuote(nil, s) // what is not valid is replaced
			return append(p, Escape(quoted)...)
		}
	}
	return append(append(append(p, '"'), s...), '"')
}

// Escape escapes control characters (DEL and U+009B, which begins escape sequences, among them), characters that are invisible or
// change the direction of text, and separators of lines in JSON. It does so wherever the JSON goes, so that it is the same on a
// terminal and in a file. JSON has such characters in strings only.
func Escape(p []byte) []byte {
	clean := 0
	for clean < len(p) && p[clean] < 0x7f {
		clean++
	}
	if clean == len(p) {
		return p
	}
	out := append(make([]byte, 0, len(p)+64), p[:clean]...)
	for i := clean; i < len(p); {
		r, n := utf8.DecodeRune(p[i:])
		if hidden(r) {
			out = escape(out, r)
		} else {
			out = append(out, p[i:i+n]...)
		}
		i += n
	}
	return out
}

// hidden reports whether a terminal acts on a character, or shows nothing of it.
func hidden(r rune) bool {
	return r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// escape appends a character as JSON spells it in ASCII.
func escape(out []byte, r rune) []byte {
	if r > 0xffff {
		r -= 0x10000
		return escape(escape(out, 0xd800+r>>10), 0xdc00+r&0x3ff)
	}
	const digits = "0123456789abcdef"
	return append(out, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
