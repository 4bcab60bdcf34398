package scan

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// warnReplaced says what was done to text that is not Unicode.
const warnReplaced = "holds text that is not valid Unicode: shown with replacement characters"

// Decode decodes the whole document into a T, in one pass. It is strict: keys are case-sensitive and must not be repeated, and a
// value of another kind than its field's is an error, which names the path once a [Format]'s Read has returned it; a key that is
// missing, null or not of T is none. Where scanners disagree about a kind, fields have loose types: [LooseText] and its like.
// Invalid UTF-8 and lone surrogates are replaced, with a warning; that they are there is found out by failing first, so that
// sound documents are not searched for them.
func Decode[T any](doc *Document) (*T, error) {
	v := new(T)
	err := json.Unmarshal(doc.Raw, v)
	if err == nil || !isSyntactic(err) || errors.Is(err, jsontext.ErrDuplicateName) {
		return v, err
	}
	v = new(T)
	if err = json.Unmarshal(doc.Raw, v, jsontext.AllowInvalidUTF8(true)); err == nil {
		if !slices.Contains(doc.Warnings, warnReplaced) { // one that is decoded twice is warned of once
			doc.Warnf(warnReplaced)
		}
	}
	return v, err
}

func isSyntactic(err error) bool {
	var syntactic *jsontext.SyntacticError
	return errors.As(err, &syntactic)
}

// contradiction is a document that claims a format but is not built like it.
type contradiction struct {
	path, expected, found string
	offset                int64
}

// Error returns the path and both kinds: "Results: expected an array, found a string".
func (c *contradiction) Error() string {
	return fmt.Sprintf("%s: expected %s, found %s", c.path, c.expected, c.found)
}

// describe returns the position of a reader's error in the document, and the error in terms of the document instead of Go's types.
func describe(err error) (int64, error) {
	var own *contradiction
	var syntactic *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &own):
		return own.offset, err
	case errors.As(err, &syntactic):
		return syntactic.ByteOffset, syntaxReason(syntactic)
	case errors.As(err, &semantic):
		c := &contradiction{path: dotted(semantic.JSONPointer), expected: expected(semantic.GoType), found: kindName(semantic.JSONKind)}
		return semantic.ByteOffset, c
	}
	return 0, err
}

// syntaxReason returns what is wrong with the JSON.
func syntaxReason(e *jsontext.SyntacticError) error {
	switch {
	case errors.Is(e, jsontext.ErrDuplicateName):
		return fmt.Errorf("duplicate key %s: which one holds is not defined", quoteExcerpt([]byte(e.JSONPointer.LastToken())))
	case errors.Is(e, io.ErrUnexpectedEOF):
		return errCut
	}
	if e.JSONPointer == "" {
		return fmt.Errorf("invalid JSON: %w", e.Err)
	}
	return fmt.Errorf("invalid JSON at %s: %w", dotted(e.JSONPointer), e.Err)
}

// dotted returns a JSON pointer spelt as people do: Results[0].Vulnerabilities.
func dotted(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if token != "" && strings.Trim(token, "0123456789") == "" {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	if b.Len() == 0 {
		return "the document"
	}
	return printable([]byte(b.String()), 120)
}

// expected returns what a field of type t is written as, with its article.
func expected(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return "something else"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Bool:
		return "a boolean"
	}
	return "a number"
}
