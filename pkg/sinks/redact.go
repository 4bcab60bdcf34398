package sinks

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden is what stands where a secret stood. Of a secret every run of window bytes is hidden, because targets cut what they
// repeat; one that is shorter, as a whole. shortest is the length from which a value is taken for a secret: a shorter one guards
// nothing, and taking it out would spoil every text.
const (
	hidden   = "***"
	window   = 8
	shortest = 6
)

// Redactor takes secrets out of texts that people will see. The zero value takes out nothing.
// It holds a function, because package fmt does not print what a function captures.
type Redactor struct{ secrets func() *spellings }

// NewRedactor hides the given values of six characters and more, in the spellings in which a server may repeat them.
func NewRedactor(secrets ...Secret) Redactor {
	var all spellings
	for _, s := range secrets {
		all.add(s.Reveal())
	}
	return all.redactor()
}

// spellings are texts to hide: runs of window bytes, with how many bytes at their beginning are ordinary; shorter texts; and
// beginnings that the end of a text may have cut.
type spellings struct {
	runs  map[string]int
	whole map[string]bool
	heads map[string]bool
}

// add takes values in, and how they look in URLs and in JSON.
func (all *spellings) add(values ...string) {
	for _, v := range values {
		all.addPart(v, nil)
	}
}

// addPart takes a value in. Where ordinary is given, it says which bytes of the value are no secret by themselves: a run that has only
// such bytes stays.
func (all *spellings) addPart(v string, ordinary []bool) {
	if all.runs == nil {
		*all = spellings{map[string]int{}, map[string]bool{}, map[string]bool{}}
	}
	if len(v) < shortest {
		return
	}
	all.addRuns(v, ordinary)
	if ordinary != nil {
		return
	}
	for _, spelt := range []string{
		url.QueryEscape(v), url.PathEscape(v), strings.ReplaceAll(v, "/", `\/`), strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v),
		strings.ReplaceAll(v, "&", `\u0026`), strings.ReplaceAll(v, "&", "&amp;"),
	} {
		if spelt != v {
			all.addRuns(spelt, nil)
		}
	}
}

// addRuns takes one spelling in.
func (all *spellings) addRuns(v string, ordinary []bool) {
	if len(v) < window {
		if !slices.Contains(ordinary, true) {
			all.whole[v] = true
		}
		return
	}
	isOrdinary := func(i int) bool { return ordinary != nil && ordinary[i] }
	spare := 0 // how many bytes up to here are ordinary, from the end back
	for i := len(v) - 1; i >= 0; i-- {
		if spare++; !isOrdinary(i) {
			spare = 0
		}
		if i+window <= len(v) && spare < window {
			run := v[i : i+window]
			if known, ok := all.runs[run]; !ok || spare < known {
				all.runs[run] = spare
			}
		}
		if i+shortest <= len(v) && !isOrdinary(i) && (i == 0 || isOrdinary(i-1)) {
			all.heads[v[i:i+shortest]] = true
			all.heads[v[i:min(i+shortest+1, len(v))]] = true
		}
	}
}

// addURL takes in what is secret in a URL: all but scheme, host and ordinary words of its path.
func (all *spellings) addURL(u *url.URL) {
	all.add("")
	if password, ok := u.User.Password(); ok {
		all.add(password, u.User.String(), base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	if name := u.User.Username(); len(name) >= shortest {
		all.whole[name] = true
	}
	for _, path := range []string{u.EscapedPath(), u.Path, strings.ReplaceAll(u.EscapedPath(), "/", `\/`)} {
		ordinary := ordinaryBytes(path)
		if u.RawQuery != "" {
			path += "?" + u.RawQuery
			ordinary = append(append(ordinary, true), ordinaryKeys(u.RawQuery)...)
		}
		all.addPart(path, ordinary)
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if !isOrdinary(segment) {
			all.add(segment)
		}
	}
	for key, values := range u.Query() {
		if !isOrdinary(key) {
			all.add(key)
		}
		all.add(values...)
	}
}

// ordinaryBytes says which bytes of a path are in segments that are no secret.
func ordinaryBytes(path string) []bool {
	ordinary := make([]bool, 0, len(path))
	for i, segment := range strings.SplitAfter(path, "/") {
		known := isOrdinary(strings.TrimRight(segment, `\/`)) || i == 0
		for j := range len(segment) {
			ordinary = append(ordinary, known || segment[j] == '/')
		}
	}
	return ordinary
}

// ordinaryKeys says which bytes of a query are ordinary keys, or the signs between.
func ordinaryKeys(query string) []bool {
	ordinary := make([]bool, 0, len(query))
	for pair := range strings.SplitAfterSeq(query, "&") {
		key, _, found := strings.Cut(pair, "=")
		for j := range len(pair) {
			ordinary = append(ordinary, found && j <= len(key) && isOrdinary(key) || pair[j] == '&')
		}
	}
	return ordinary
}

// isOrdinary reports whether a part of a URL is one that many URLs have, such as "services", "v2" or "incoming-hook", so that
// hiding it would only spoil texts.
func isOrdinary(part string) bool {
	if len(part) <= 3 {
		return true
	}
	for word := range strings.FieldsFuncSeq(part, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		letters := strings.Trim(strings.ToLower(word[:1])+word[1:], "abcdefghijklmnopqrstuvwxyz") == ""
		if len(word) > 12 || !letters && (word[0] != 'v' || len(word) > 3) {
			return false
		}
	}
	return len(part) <= 24
}

// redactor hides them all.
func (all spellings) redactor() Redactor {
	return Redactor{func() *spellings { return &all }}
}

// Text returns s without the secrets.
func (r Redactor) Text(s string) string {
	if r.secrets == nil {
		return s
	}
	all := r.secrets()
	var out strings.Builder
	done, end := 0, 0 // what is written already; the end of the secret that goes on
	start := -1
	hide := func() {
		if start >= 0 {
			from, to := wholeRunes(s, max(start, done), end)
			out.WriteString(s[done:max(from, done)] + hidden)
			done, start = to, -1
		}
	}
	for i := range len(s) {
		if spare, n := all.at(s[i:]); n > 0 {
			if start < 0 || i+spare > end {
				hide()
				start = i + spare
			}
			end = max(end, i+n)
		}
	}
	if hide(); done == 0 {
		return s
	}
	return out.String() + s[done:]
}

// at returns how many bytes of a secret a text begins with, 0 for none, and how many of them are to be spared.
func (all *spellings) at(s string) (spare, n int) {
	if len(s) >= window {
		if spare, ok := all.runs[s[:window]]; ok {
			return spare, window
		}
	}
	for n := min(window-1, len(s)); n >= shortest; n-- {
		if all.whole[s[:n]] {
			return 0, n
		}
	}
	return 0, 0
}

// wholeRunes widens a span to whole characters.
func wholeRunes(s string, from, to int) (wideFrom, wideTo int) {
	for from > 0 && from < len(s) && !utf8.RuneStart(s[from]) {
		from--
	}
	for to < len(s) && !utf8.RuneStart(s[to]) {
		to++
	}
	return from, to
}

// Quote returns the beginning of what a server answered: secrets hidden, one line, printable, at most 512 bytes.
func (r Redactor) Quote(body []byte) string {
	s := r.whole(r.Text(string(body)))
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "?"), func(c rune) bool {
		return unicode.IsSpace(c) || !unicode.IsPrint(c)
	}), " ")
	// What was no secret may read as one now that it stands on one line.
	s = r.Text(s)
	if len(s) <= maxQuote {
		return s
	}
	end := maxQuote - len("…")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// whole cuts off the beginning of a secret that the end of the text cuts through: it is too short to be recognised elsewhere.
func (r Redactor) whole(s string) string {
	if r.secrets == nil {
		return s
	}
	for n := shortest + 1; n >= shortest; n-- {
		if len(s) >= n && r.secrets().heads[s[len(s)-n:]] {
			return s[:len(s)-n]
		}
	}
	return s
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
