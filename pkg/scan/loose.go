package scan

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// LooseText is a string, for keys under which versions of a scanner write other things too: anything but a string is "".
type LooseText string

// UnmarshalJSONFrom reads any value.
func (t *LooseText) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '"' {
		return in.SkipValue()
	}
	value, err := in.ReadValue()
	*t = LooseText(unquoted(value))
	return err
}

// LooseText reads any value. The text is a part of the document, as that of Text is.
func (t *Tokens) LooseText() LooseText {
	if t.next() == '"' {
		return LooseText(t.textAt(t.pos))
	}
	t.Skip()
	return ""
}

// LooseStrings are strings in a list, or one alone, for keys under which versions of a scanner write either.
type LooseStrings struct {
	// List holds the strings that are not empty, in the order of the document.
	List []string
	// Odd reports whether there was anything but strings and null, which is left out.
	Odd bool
}

// UnmarshalJSONFrom reads any value.
func (l *LooseStrings) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	list := in.PeekKind() == '['
	if list {
		if _, err := in.ReadToken(); err != nil {
			return err
		}
	}
	for !list || in.PeekKind() != ']' {
		value, err := in.ReadValue()
		if err != nil {
			return err
		}
		if l.add(value); !list {
			return nil
		}
	}
	_, err := in.ReadToken()
	return err
}

// add takes a value in that stands in the list, or alone.
func (l *LooseStrings) add(value jsontext.Value) {
	switch value.Kind() {
	case '"':
		if s := unquoted(value); s != "" {
			l.List = append(l.List, s)
		}
	case 'n':
	default:
		l.Odd = true
	}
}

// LooseStrings reads any value.
func (t *Tokens) LooseStrings() (l LooseStrings) {
	if t.next() != '[' {
		l.add(t.Value())
		return l
	}
	for open := t.Array(); open && t.Element(); {
		l.add(t.Value())
	}
	return l
}

// LooseBool is true for true; anything else is false: "true", 1 and null too.
type LooseBool bool

// UnmarshalJSONFrom reads any value.
func (b *LooseBool) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	*b = in.PeekKind() == 't'
	return in.SkipValue()
}

// LooseBool reads any value.
func (t *Tokens) LooseBool() LooseBool {
	is := t.next() == 't'
	t.Skip()
	return LooseBool(is)
}

// LooseSwitch is what a document says of something that is on or off.
type LooseSwitch struct {
	// On is true for true; anything else is false.
	On bool
	// Given reports whether there was true or false.
	Given bool
}

// UnmarshalJSONFrom reads any value.
func (s *LooseSwitch) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	*s = looseSwitch(byte(in.PeekKind()))
	return in.SkipValue()
}

// LooseSwitch reads any value.
func (t *Tokens) LooseSwitch() LooseSwitch {
	s := looseSwitch(t.next())
	t.Skip()
	return s
}

// looseSwitch returns what a value says that begins with this byte.
func looseSwitch(first byte) LooseSwitch {
	return LooseSwitch{On: first == 't', Given: first == 't' || first == 'f'}
}

// LooseCount is a count, spelt as a number or in a string.
type LooseCount struct {
	// N is at most 2,147,483,647: what is larger becomes that.
	N int
	// Given reports whether there was a number that is not negative.
	Given bool
}

// UnmarshalJSONFrom reads any value.
func (c *LooseCount) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	value, err := in.ReadValue()
	if n := looseCount(value); err == nil && n.Given {
		*c = n
	}
	return err
}

// LooseCount reads any value.
func (t *Tokens) LooseCount() LooseCount { return looseCount(t.Value()) }

// looseCount returns the count that a value spells.
func looseCount(value []byte) LooseCount {
	const longest = 32 // no count has more digits
	f, err := strconv.ParseFloat(strings.Trim(string(value[:min(len(value), longest)]), `" `), 64)
	if err != nil || f < 0 || math.IsNaN(f) {
		return LooseCount{}
	}
	return LooseCount{N: int(min(f, math.MaxInt32)), Given: true}
}

// Sentence is the first sentence of a text, as [FirstSentence] cuts it; what is no string is "". It stands in for a title where a
// scanner writes descriptions only (Aqua, Grype).
type Sentence string

// UnmarshalJSONFrom reads any value. It does not unescape more of a string than it keeps: descriptions are most of a document.
func (s *Sentence) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '"' {
		return in.SkipValue()
	}
	value, err := in.ReadValue()
	if err != nil {
		return err
	}
	*s = Sentence(FirstSentence(unescaped(firstSentence(value[1 : len(value)-1]))))
	return nil
}

// Sentence reads any value. The sentence is a part of the document, as what Text returns is.
func (t *Tokens) Sentence() Sentence {
	if t.next() != '"' {
		t.Skip()
		return ""
	}
	text, escaped := t.contentAt(t.pos)
	if text = firstSentence(text); escaped && bytes.IndexByte(text, '\\') >= 0 {
		return Sentence(FirstSentence(unescaped(text)))
	}
	return Sentence(FirstSentence(view(text)))
}

// firstSentence returns the first sentence of a text with escapes. A full stop is never part of one.
func firstSentence(text []byte) []byte {
	if i := bytes.Index(text, []byte(". ")); i >= 0 {
		return text[:i+1]
	}
	return text
}

// maxTitle is the length of the longest title, in characters.
const maxTitle = 200

// FirstSentence returns a text up to its first full stop or the end of its line; what is longer than 200 characters is cut
// there, with an ellipsis.
func FirstSentence(text string) string {
	text = strings.TrimSpace(text)
	if i := lineLength(text); i < len(text) {
		text = strings.TrimSpace(text[:i])
	}
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i+1]
	}
	if count, cut := 0, 0; len(text) > maxTitle {
		for i := range text {
			if count == maxTitle-1 {
				cut = i
			}
			if count++; count > maxTitle {
				return text[:cut] + "…"
			}
		}
	}
	return text
}

// lineLength returns the length of the first line of a text, without its end.
func lineLength(text string) int {
	n := len(text)
	for _, end := range [...]byte{'\n', '\r'} {
		if i := strings.IndexByte(text[:n], end); i >= 0 {
			n = i
		}
	}
	return n
}

// unquoted reads a string that the decoder has accepted; what is not Unicode is replaced.
func unquoted(v jsontext.Value) string {
	s, _ := jsontext.AppendUnquote(nil, []byte(v))
	return view(s) // nobody else has it
}
