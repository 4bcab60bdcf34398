package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// Scalars up to cachedLength bytes as they stand in the document, quotation marks included, are kept once per document, at most
// cachedScalars of them: keys, severities, statuses and package names repeat by the thousand.
const (
	cachedLength  = 48
	cachedScalars = 4096
)

// parseJSON makes a term of exactly one JSON value, without a detour over Go's own types. Numbers keep their spelling. Names
// that stand twice in an object are an error, as they are to the rest of the program.
func parseJSON(raw []byte) (*ast.Term, error) {
	p := parser{
		in:    jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowInvalidUTF8(true)),
		known: map[string]*ast.Term{},
	}
	term, err := p.value()
	if err == nil {
		if _, tail := p.in.ReadToken(); tail == nil {
			err = errors.New("more than one JSON value")
		} else if !errors.Is(tail, io.EOF) {
			err = tail
		}
	}
	if err != nil {
		return nil, placed(err, p.in.InputOffset())
	}
	return term, nil
}

// placed says at which byte a document stops being one; offset is where reading stopped. The library's own words for it are
// left out.
func placed(err error, offset int64) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		err, offset = e.Err, e.ByteOffset
	}
	return fmt.Errorf("offset %d: %w", offset, err)
}

// parser turns JSON into terms.
type parser struct {
	in    *jsontext.Decoder
	known map[string]*ast.Term
	// pairs and items are the elements of what is open: objects and arrays take theirs from the end when they close.
	pairs [][2]*ast.Term
	items []*ast.Term
}

// value reads the next value. Depth is bounded by the decoder, at 10,000.
func (p *parser) value() (*ast.Term, error) {
	switch p.in.PeekKind() {
	case '{':
		return p.object()
	case '[':
		return p.array()
	}
	return p.scalar()
}

// object reads an object.
func (p *parser) object() (*ast.Term, error) {
	if _, err := p.in.ReadToken(); err != nil {
		return nil, err
	}
	start := len(p.pairs)
	for p.in.PeekKind() != '}' {
		name, err := p.scalar()
		if err != nil {
			return nil, err
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		p.pairs = append(p.pairs, ast.Item(name, value))
	}
	term := ast.NewTerm(ast.NewObject(p.pairs[start:]...))
	clear(p.pairs[start:])
	p.pairs = p.pairs[:start]
	_, err := p.in.ReadToken()
	return term, err
}

// array reads an array.
func (p *parser) array() (*ast.Term, error) {
	if _, err := p.in.ReadToken(); err != nil {
		return nil, err
	}
	start := len(p.items)
	for p.in.PeekKind() != ']' {
		item, err := p.value()
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, item)
	}
	term := ast.NewTerm(ast.NewArray(slices.Clone(p.items[start:])...))
	clear(p.items[start:])
	p.items = p.items[:start]
	_, err := p.in.ReadToken()
	return term, err
}

// scalar reads a string, number, boolean or null; terms are shared, which is safe because nobody changes one.
func (p *parser) scalar() (*ast.Term, error) {
	raw, err := p.in.ReadValue()
	if err != nil {
		return nil, err
	}
	if term, ok := p.known[string(raw)]; ok {
		return term, nil
	}
	value, err := scalar(raw)
	if err != nil {
		return nil, err
	}
	term := ast.NewTerm(value)
	if len(raw) <= cachedLength && len(p.known) < cachedScalars {
		p.known[string(raw)] = term
	}
	return term, nil
}

// scalar is the value of one valid JSON scalar.
func scalar(raw jsontext.Value) (ast.Value, error) {
	switch raw.Kind() {
	case 'n':
		return ast.NullValue, nil
	case 't', 'f':
		return ast.Boolean(raw[0] == 't'), nil
	case '0':
		// What calculates with numbers takes more than in proportion to their digits; OPA's own bound is at 30,000.
		if err := checkDigits(string(raw)); err != nil {
			return nil, err
		}
		return ast.Number(raw), nil
	}
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return ast.String(inner), nil
	}
	// The decoder has found the string well-formed: all that can fail is its UTF-8, and that is replaced.
	text, _ := jsontext.AppendUnquote(nil, raw)
	return ast.String(text), nil
}
