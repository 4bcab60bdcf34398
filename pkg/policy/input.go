package policy

import (
	"errors"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"
)

// viewKey is the key of the normalised view in a document.
const viewKey = "postee"

// errUnread says that there is no document to ask policies about.
var errUnread = errors.New("the document cannot be read")

// Input is a document as policies see it. It is read when the first policy asks, once, whoever asks, and costs nothing until
// then; any number of goroutines and policies may share it.
type Input struct {
	doc  *document
	view any
	laid bool

	once     sync.Once
	term     *ast.Term
	shadowed bool
	err      error
}

// document is the part of inputs that they share: the raw document and what it says.
type document struct {
	raw  []byte
	once sync.Once
	term *ast.Term
	err  error
}

// NewInput is a document without a view. raw is JSON; it is kept, and must not change.
func NewInput(raw []byte) *Input { return &Input{doc: &document{raw: raw}} }

// With returns an input with the same document and, under the key "postee", view as its JSON says; the document itself is neither
// copied nor read again. A document that has that key keeps its own (see Shadowed); one that is no object becomes
// {"document": …, "postee": …}. view is encoded when it is first needed and must not change; it replaces an earlier one.
func (in *Input) With(view any) *Input { return &Input{doc: in.doc, view: view, laid: true} }

// Shadowed reports whether the document has a key "postee" of its own, so that policies do not see the view.
func (in *Input) Shadowed() bool {
	_, _ = in.value()
	return in.shadowed
}

// value returns the document with its view as a term, which nobody may change.
func (in *Input) value() (*ast.Term, error) {
	in.once.Do(func() {
		// Should what follows panic, this error stays: the next policy must not meet an empty input.
		in.err = errUnread
		term, err := in.doc.value()
		if err == nil && in.laid {
			term, err = in.lay(term)
		}
		in.term, in.err = term, err
	})
	return in.term, in.err
}

// lay lays the view over the document: a new object, whose elements are the document's own.
func (in *Input) lay(doc *ast.Term) (*ast.Term, error) {
	key := ast.StringTerm(viewKey)
	object, isObject := doc.Value.(ast.Object)
	if in.shadowed = isObject && object.Get(key) != nil; in.shadowed {
		return doc, nil
	}
	raw, err := json.Marshal(in.view, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, fmt.Errorf("the normalised view cannot be encoded: %w", err)
	}
	view, err := parseJSON(raw)
	if err != nil {
		return nil, fmt.Errorf("the normalised view cannot be read: %w", err)
	}
	if !isObject {
		return ast.ObjectTerm(ast.Item(ast.StringTerm("document"), doc), ast.Item(key, view)), nil
	}
	pairs := make([][2]*ast.Term, 0, object.Len()+1)
	object.Foreach(func(k, v *ast.Term) { pairs = append(pairs, ast.Item(k, v)) })
	return ast.ObjectTerm(append(pairs, ast.Item(key, view))...), nil
}

// value reads the document.
func (d *document) value() (*ast.Term, error) {
	d.once.Do(func() {
		d.err = errUnread
		term, err := parseJSON(d.raw)
		if err != nil {
			err = fmt.Errorf("%w: %w", errUnread, err)
		}
		d.term, d.err = term, err
	})
	return d.term, d.err
}
