package scan

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// looseStrings are strings in a list, or one alone. Anything else is noticed and left out, because versions of Aqua differ in what they write.
type looseStrings struct {
	list []string
	odd  bool
}

// UnmarshalJSONFrom reads any value.
func (l *looseStrings) UnmarshalJSONFrom(in *jsontext.Decoder) error {
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
				l.list = append(l.list, s)
			}
		case 'n':
		default:
			l.odd = true
		}
		if !list {
			return nil
		}
	}
	_, err := in.ReadToken()
	return err
}

// unquoted reads a string that the decoder has accepted; what is not Unicode is replaced.
func unquoted(v jsontext.Value) string {
	s, _ := jsontext.AppendUnquote(nil, []byte(v))
	return string(s)
}

// looseBool is true for true; anything else is false.
type looseBool bool

// UnmarshalJSONFrom reads any value.
func (b *looseBool) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	*b = in.PeekKind() == 't'
	return in.SkipValue()
}

// sentence is the first sentence of a text, at most maxTitle characters.
type sentence string

const maxTitle = 200

// UnmarshalJSONFrom reads a string without keeping what it does not need; descriptions are most of an Aqua document.
func (s *sentence) UnmarshalJSONFrom(in *jsontext.Decoder) error {
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
	*s = sentence(firstSentence(unquoted(text)))
	return nil
}

// firstSentence cuts a text behind its first full stop, or at maxTitle characters with an ellipsis.
func firstSentence(text string) string {
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

// looseItems are malware or sensitive files: names, or objects with a path.
type looseItems []looseItem

type looseItem struct{ name, path string }

// UnmarshalJSONFrom reads a list of names or objects; anything else is skipped.
func (l *looseItems) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '[' {
		return in.SkipValue()
	}
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() != ']' {
		item, err := readItem(in)
		if err != nil {
			return err
		}
		if item != (looseItem{}) {
			*l = append(*l, item)
		}
	}
	_, err := in.ReadToken()
	return err
}

func readItem(in *jsontext.Decoder) (looseItem, error) {
	switch in.PeekKind() {
	case '"':
		value, err := in.ReadValue()
		return looseItem{name: unquoted(value)}, err
	case '{':
		var fields struct {
			Name     looseText `json:"name"`
			Malware  looseText `json:"malware"`
			Type     looseText `json:"type"`
			Path     looseText `json:"path"`
			File     looseText `json:"file"`
			Filename looseText `json:"filename"`
		}
		err := json.UnmarshalDecode(in, &fields)
		f := func(texts ...looseText) string {
			for _, t := range texts {
				if t != "" {
					return string(t)
				}
			}
			return ""
		}
		return looseItem{name: f(fields.Name, fields.Malware, fields.Type), path: f(fields.Path, fields.File, fields.Filename)}, err
	}
	return looseItem{}, in.SkipValue()
}

// looseText is a string; anything else is "".
type looseText string

// UnmarshalJSONFrom reads any value.
func (t *looseText) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '"' {
		return in.SkipValue()
	}
	value, err := in.ReadValue()
	*t = looseText(unquoted(value))
	return err
}

// add puts the items into the report. place is where they are when they do not say it themselves.
func (l looseItems) add(r *Report, kind Kind, place string) {
	for _, item := range l {
		r.Findings = append(r.Findings, Finding{Kind: kind, ID: either(item.name, item.path), Location: either(item.path, place, item.name)})
	}
}

// aquaSummary holds the counts of vulnerability_summary, keyed as Aqua does; what is not a count is left out.
type aquaSummary struct {
	critical, high, medium, low, negligible, total count
	malwareFound, sensitiveFound                   count
}

// count is a number, and whether it was given.
type count struct {
	n     int
	given bool
}

// UnmarshalJSONFrom reads any value: the scanner's counts matter only where it lists no findings, and come as strings too.
func (s *aquaSummary) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	if in.PeekKind() != '{' {
		return in.SkipValue()
	}
	var fields struct {
		Critical   count `json:"critical"`
		High       count `json:"high"`
		Medium     count `json:"medium"`
		Low        count `json:"low"`
		Negligible count `json:"negligible"`
		Total      count `json:"total"`
		Malware    count `json:"malware"`
		Sensitive  count `json:"sensitive"`
	}
	err := json.UnmarshalDecode(in, &fields)
	*s = aquaSummary{fields.Critical, fields.High, fields.Medium, fields.Low, fields.Negligible, fields.Total, fields.Malware, fields.Sensitive}
	return err
}

// UnmarshalJSONFrom reads a count, spelt as a number or in a string; anything else was not given.
func (c *count) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	value, err := in.ReadValue()
	if err != nil {
		return err
	}
	const limit = math.MaxInt32 // no image has more; a longer number is a joke
	f, err := strconv.ParseFloat(strings.Trim(string(value[:min(len(value), 32)]), `" `), 64)
	if err == nil && f >= 0 {
		*c = count{n: int(min(f, limit)), given: true}
	}
	return nil
}

func (s *aquaSummary) malware() (int, bool)   { return s.malwareFound.n, s.malwareFound.given }
func (s *aquaSummary) sensitive() (int, bool) { return s.sensitiveFound.n, s.sensitiveFound.given }

// counts returns the summary by severity, nil when it counts nothing. What total has beyond the named severities is unknown.
func (s *aquaSummary) counts() *[SeverityCount]int {
	c := [SeverityCount]int{Critical: s.critical.n, High: s.high.n, Medium: s.medium.n, Low: s.low.n, Negligible: s.negligible.n}
	sum := 0
	for _, n := range c {
		sum += n
	}
	c[Unknown] = max(0, s.total.n-sum)
	if sum+c[Unknown] == 0 {
		return nil
	}
	return &c
}
