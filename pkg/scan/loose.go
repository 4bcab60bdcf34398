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
		kind := in.PeekKind()
		value, err := in.ReadValue()
		if err != nil {
			return err
		}
		switch kind {
		case '"':
			if s := unquoted(value); s != "" {
				l.List = append(l.List, s)
			}
		case 'n':
		default:
			l.Odd = true
		}
		if !list {
			return nil
		}
	}
	_, err := in.ReadToken()
	return err
}

// LooseBool is true for true; anything else is false: "true", 1 and null too.
type LooseBool bool

// UnmarshalJSONFrom reads any value.
func (b *LooseBool) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	*b = in.PeekKind() == 't'
	return in.SkipValue()
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
	kind := in.PeekKind()
	*s = LooseSwitch{On: kind == 't', Given: kind == 't' || kind == 'f'}
	return in.SkipValue()
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
	if err != nil {
		return err
	}
	const longest = 32 // no count has more digits
	f, err := strconv.ParseFloat(strings.Trim(string(value[:min(len(value), longest)]), `" `), 64)
	if err == nil && f >= 0 {
		*c = LooseCount{N: int(min(f, math.MaxInt32)), Given: true}
	}
	return nil
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
	text := []byte(value)
	if i := bytes.Index(text, []byte(". ")); i >= 0 {
		text = append(text[:i+1:i+1], '"') // a full stop is never part of an escape
	}
	*s = Sentence(FirstSentence(unquoted(text)))
	return nil
}

// maxTitle is the length of the longest title, in characters.
const maxTitle = 200

// FirstSentence returns a text up to its first full stop or the end of its line; what is longer than 200 characters is cut
// there, with an ellipsis.
func FirstSentence(text string) string {
	text = strings.TrimSpace(text)
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
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

// unquoted reads a string that the decoder has accepted; what is not Unicode is replaced.
func unquoted(v jsontext.Value) string {
	s, _ := jsontext.AppendUnquote(nil, []byte(v))
	return string(s)
}
