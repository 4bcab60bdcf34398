package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// maxDepth is how deeply objects and arrays that are needed may be nested, the bound of the rest of the program too.
const maxDepth = 10_000

// Scalars up to cachedLength bytes as they stand in the document, quotation marks included, are kept once per document, at most
// cachedScalars of them: keys, severities, statuses and package names repeat by the thousand.
const (
	cachedLength  = 48
	cachedScalars = 4096
)

// errSyntax says that a document is no JSON. It has no words for what is wrong: those are syntaxError's.
var errSyntax = errors.New("no JSON")

// parseJSON makes a term of as much of exactly one JSON value as is needed, without a detour over Go's own types. Numbers keep their
// spelling. Names that stand twice in an object are an error, as they are to the rest of the program. Of what is not needed only the end
// is looked for: whoever has read the document before knows that it is JSON.
func parseJSON(raw []byte, n *need) (*ast.Term, error) {
	p := parser{raw: raw, known: map[string]*ast.Term{}, objects: map[objectKey]*ast.Term{}, arrays: map[arrayKey]*ast.Term{}}
	term, err := p.value(n)
	if err == nil && skipBlank(raw, p.pos) < len(raw) {
		err = errSyntax
	}
	switch {
	case errors.Is(err, errSyntax):
		return nil, syntaxError(raw)
	case err != nil:
		return nil, placed(err, int64(p.pos))
	}
	return term, nil
}

// syntaxError returns what is wrong with a document that is not exactly one JSON value.
func syntaxError(raw []byte) error {
	in := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowInvalidUTF8(true))
	_, err := in.ReadValue()
	if err == nil {
		err = errors.New("more than one JSON value")
		if _, tail := in.ReadToken(); tail != nil && !errors.Is(tail, io.EOF) {
			err = tail
		}
	}
	return placed(err, in.InputOffset())
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
	raw        []byte
	pos, depth int
	known      map[string]*ast.Term
	// objects and arrays are those that may come again.
	objects map[objectKey]*ast.Term
	arrays  map[arrayKey]*ast.Term
	// pairs and items are the elements of what is open: objects and arrays take theirs from the end when they close.
	pairs [][2]*ast.Term
	items []*ast.Term
}

// value reads as much of the next value as is needed.
func (p *parser) value(n *need) (*ast.Term, error) {
	if p.pos = skipBlank(p.raw, p.pos); p.pos == len(p.raw) {
		return nil, errSyntax
	}
	switch kind := p.raw[p.pos]; {
	case kind == '{' && (n.rest() != nil || n.keys != nil):
		return p.object(n)
	case kind == '[' && n.rest() != nil:
		return p.array(n.rest())
	case kind == '{':
		return ast.InternedEmptyObject, p.skip()
	case kind == '[':
		return ast.InternedEmptyArray, p.skip()
	}
	return p.scalar()
}

// skip goes behind the next value.
func (p *parser) skip() error {
	end := skipValue(p.raw, skipBlank(p.raw, p.pos))
	if end < 0 {
		return errSyntax
	}
	p.pos = end
	return nil
}

// open goes into an object or array.
func (p *parser) open() error {
	if p.depth == maxDepth {
		return errSyntax
	}
	p.pos++
	p.depth++
	return nil
}

// more goes to the next member or element. It is false behind the last one, where it leaves what is closed.
func (p *parser) more(first bool, closer byte) (bool, error) {
	i := skipBlank(p.raw, p.pos)
	p.pos = i
	switch {
	case i == len(p.raw):
		return false, errSyntax
	case p.raw[i] == closer:
		p.pos++
		p.depth--
		return false, nil
	case first:
		return true, nil
	case p.raw[i] != ',':
		return false, errSyntax
	}
	p.pos = i + 1
	return true, nil
}

// object reads the members of an object that are needed.
func (p *parser) object(n *need) (*ast.Term, error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	start := len(p.pairs)
	for first := true; ; first = false {
		more, err := p.more(first, '}')
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		name, below, err := p.name(n)
		if err == nil && below == nil {
			err = p.skip()
		}
		if err != nil {
			return nil, err
		}
		if below == nil {
			continue
		}
		value, err := p.value(below)
		if err != nil {
			return nil, err
		}
		p.pairs = append(p.pairs, ast.Item(name, value))
	}
	members := p.pairs[start:]
	if !distinct(members) {
		return nil, errSyntax
	}
	term := p.objectOf(members)
	clear(members)
	p.pairs = p.pairs[:start]
	return term, nil
}

// name reads the name of a member and the colon behind it, and returns what is needed of its value: nil for nothing.
func (p *parser) name(n *need) (*ast.Term, *need, error) {
	from := skipBlank(p.raw, p.pos)
	if from == len(p.raw) || p.raw[from] != '"' {
		return nil, nil, errSyntax
	}
	end, odd := stringEnd(p.raw, from+1)
	if end < 0 {
		return nil, nil, errSyntax
	}
	colon := skipBlank(p.raw, end+1)
	if colon == len(p.raw) || p.raw[colon] != ':' {
		return nil, nil, errSyntax
	}
	p.pos = colon + 1
	if below := n.rest(); below != nil {
		term, err := p.term(p.raw[from:end+1], odd)
		return term, below, err
	}
	if !odd {
		m := n.member(p.raw[from+1 : end])
		return m.name, m.need, nil
	}
	text, _ := jsontext.AppendUnquote(nil, p.raw[from:end+1])
	m := n.member(text)
	return m.name, m.need, nil
}

// array reads an array, of each element as much as is needed.
func (p *parser) array(n *need) (*ast.Term, error) {
	if err := p.open(); err != nil {
		return nil, err
	}
	start := len(p.items)
	for first := true; ; first = false {
		more, err := p.more(first, ']')
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		item, err := p.value(n)
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, item)
	}
	term := p.arrayOf(p.items[start:])
	clear(p.items[start:])
	p.items = p.items[:start]
	return term, nil
}

// scalar reads a string, number, boolean or null.
func (p *parser) scalar() (*ast.Term, error) {
	from, odd := p.pos, true
	if p.raw[from] == '"' {
		p.pos, odd = stringEnd(p.raw, from+1)
		if p.pos < 0 {
			return nil, errSyntax
		}
		p.pos++
	} else if p.pos = scalarEnd(p.raw, from); p.pos < 0 {
		return nil, errSyntax
	}
	return p.term(p.raw[from:p.pos], odd)
}

// term returns the term of a scalar; terms are shared, which is safe because nobody changes one. odd is that it has yet to be looked at
// whether it is JSON.
func (p *parser) term(raw jsontext.Value, odd bool) (*ast.Term, error) {
	if term, ok := p.known[string(raw)]; ok {
		return term, nil
	}
	if odd && !raw.IsValid(jsontext.AllowInvalidUTF8(true)) {
		return nil, errSyntax
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
	// The string is well-formed: all that can fail is its UTF-8, and that is replaced.
	text, _ := jsontext.AppendUnquote(nil, raw)
	return ast.String(text), nil
}
