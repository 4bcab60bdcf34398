package sinks

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden is what stands where a secret stood; shortest is the length from which a value is taken for one. A shorter value
// guards nothing, and taking it out would spoil every text.
const (
	hidden   = "***"
	shortest = 6
)

// Redactor takes secrets out of texts that people will see. The zero value takes out nothing.
// It holds a function, because package fmt does not print what a function captures.
type Redactor struct{ secrets func() []string }

// NewRedactor hides the given values of six characters and more, in the spellings in which a server may repeat them.
func NewRedactor(secrets ...Secret) Redactor {
	var all spellings
	for _, s := range secrets {
		all.add(s.Reveal())
	}
	return all.redactor()
}

// spellings are texts to hide.
type spellings []string

// add takes values in, and how they look in URLs and in JSON.
func (all *spellings) add(values ...string) {
	for _, v := range values {
		if len(v) < shortest {
			continue
		}
		*all = append(*all, v, url.QueryEscape(v), url.PathEscape(v), strings.ReplaceAll(v, "/", `\/`),
			strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v), strings.ReplaceAll(v, "&", `\u0026`),
			strings.ReplaceAll(v, "&", "&amp;"))
	}
}

// redactor hides them all, the longest first, so that a URL goes as a whole before its parts do.
func (all spellings) redactor() Redactor {
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	list := []string(slices.Compact(all))
	return Redactor{func() []string { return list }}
}

// list returns the texts to hide.
func (r Redactor) list() []string {
	if r.secrets == nil {
		return nil
	}
	return r.secrets()
}

// Text returns s without the secrets.
func (r Redactor) Text(s string) string {
	for _, secret := range r.list() {
		s = strings.ReplaceAll(s, secret, hidden)
	}
	return s
}

// Quote returns the beginning of what a server answered: secrets hidden, one line, printable, at most 512 bytes.
func (r Redactor) Quote(body []byte) string {
	s := r.whole(r.Text(string(body)))
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(c rune) bool {
		return unicode.IsSpace(c) || !unicode.IsPrint(c)
	}), " ")
	if len(s) <= maxQuote {
		return s
	}
	end := maxQuote - len("…")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// whole cuts off a secret that the end of the text cuts through: as a fragment it would not be recognised.
func (r Redactor) whole(s string) string {
	cut := len(s)
	for _, secret := range r.list() {
		for n := min(len(secret)-1, len(s)); n >= shortest; n-- {
			if strings.HasSuffix(s, secret[:n]) {
				cut = min(cut, len(s)-n)
				break
			}
		}
	}
	return s[:cut]
}

// Error returns err with its text redacted. What it wraps can still be asked for by type.
func (r Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	return &redacted{r.Text(err.Error()), err}
}

// redacted keeps the error that it hides reachable for errors.As, out of reach of every printer.
type redacted struct {
	text  string
	cause error
}

// Error returns the redacted text.
func (e *redacted) Error() string { return e.text }

// Unwrap returns the original, for judging it.
func (e *redacted) Unwrap() error { return e.cause }

// GoString keeps %#v from printing the original.
func (e *redacted) GoString() string { return e.text }
