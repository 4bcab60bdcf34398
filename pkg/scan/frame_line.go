package scan

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// maxPeek is how much of a line is looked at to tell a log line from JSON, in bytes.
const maxPeek = 4 << 10

// blanks are skipped between documents.
const blanks = " \t\r\n\x00"

const byteOrderMark = "\xef\xbb\xbf"

// skipBlank goes to the next byte that is neither white space, nor NUL, nor part of a byte order mark.
func (f *framer) skipBlank() (byte, bool) {
	for {
		for f.pos < len(f.buf) {
			switch c := f.buf[f.pos]; c {
			case '\n':
				f.lineStart = true
				f.pos++
			case ' ', '\t', '\r':
				f.pos++
			case 0:
				f.nuls = true
				f.pos++
			case byteOrderMark[0]:
				if !f.peek(len(byteOrderMark)) || string(f.buf[f.pos:f.pos+len(byteOrderMark)]) != byteOrderMark {
					return c, true
				}
				f.pos += len(byteOrderMark)
			default:
				return c, true
			}
			if !f.anchored {
				f.keep = f.pos
			}
		}
		if !f.more() {
			return 0, false
		}
	}
}

// peek makes sure that n bytes from f.pos on are at hand. It is false when the source has fewer.
func (f *framer) peek(n int) bool {
	for len(f.buf)-f.pos < n {
		if !f.more() {
			return false
		}
	}
	return true
}

// peekLine returns the rest of the line at f.pos, without its end, as far as maxPeek.
func (f *framer) peekLine() []byte {
	for {
		rest := f.buf[f.pos:]
		rest = rest[:min(len(rest), maxPeek)]
		if n := bytes.IndexByte(rest, '\n'); n >= 0 {
			return rest[:n]
		}
		if len(rest) == maxPeek || !f.more() {
			return rest
		}
	}
}

// logBracket reports whether the bracket at f.pos begins a log line, "[INFO] …" or "[2026-11-22 …] …", rather than an array.
func (f *framer) logBracket() bool {
	if f.peek(2) && bytes.IndexByte([]byte("{[]\"\r\n"), f.buf[f.pos+1]) >= 0 {
		return f.buf[f.pos+1] == ']' && f.textBehindBrackets()
	}
	line := bytes.Trim(f.peekLine()[1:], blanks)
	if len(line) == 0 || bytes.IndexByte([]byte("{[]\""), line[0]) >= 0 {
		return false
	}
	end := bytes.IndexAny(line, " \t,]")
	if end < 0 {
		end = len(line)
	}
	if !jsontext.Value(line[:end]).IsValid() {
		return true
	}
	rest := bytes.Trim(line[end:], blanks)
	return len(rest) > 0 && rest[0] != ',' && string(rest) != "]"
}

// textBehindBrackets reports whether "[]" is followed by words on its line.
func (f *framer) textBehindBrackets() bool {
	rest := bytes.Trim(f.peekLine()[2:], blanks)
	return len(rest) > 0 && (unicode.IsLetter(rune(rest[0])) || unicode.IsDigit(rune(rest[0])))
}

// line deals with text outside a document: a lone scalar is an error, anything else is a log line.
func (f *framer) line() (frame, bool) {
	text := bytes.Trim(f.peekLine(), blanks)
	value := jsontext.Value(text)
	if len(text) < maxPeek && bytes.IndexByte([]byte(`"-0123456789tfn`), text[0]) >= 0 && value.IsValid() {
		f.number++
		f.documents = true
		fr := frame{offset: f.offset(), number: f.number, err: fmt.Errorf("expected an object, found %s", kindName(value.Kind()))}
		f.keep = f.pos
		f.skipLine()
		return fr, true
	}
	f.noteText(text)
	f.skipText()
	return frame{}, false
}

// Excerpt returns a short, printable quotation of text from a document, for warnings and errors.
func Excerpt(text string) string { return quoteExcerpt([]byte(text[:min(len(text), 4*40)])) }

// quoteExcerpt returns a short, printable quotation of input.
func quoteExcerpt(text []byte) string { return strconv.Quote(printable(text, 40)) }

// printable returns input as printable characters, at most limit of them.
func printable(text []byte, limit int) string {
	s := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '.'
		}
		return r
	}, string(text[:min(len(text), 4*limit)]))
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit]) + "…"
	}
	return s
}

// kindName returns what sort of value it is, with its article.
func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "an array"
	}
	return "something else"
}
