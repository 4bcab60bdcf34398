package policy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
)

// viewKey is the key of the normalised view in a document, documentKey that of a document that is no object, beside the view.
const (
	viewKey     = "postee"
	documentKey = "document"
)

// small is the length of a document that is read before anybody loses interest: within some milliseconds.
const small = 256 << 10

// errUnread says that there is no document to ask policies about, errUnneeded that it was made for others.
var (
	errUnread   = errors.New("the document cannot be read")
	errUnneeded = errors.New("the document was not made for this policy")
)

// View is a normalised view, which writes itself as JSON.
type View interface{ AppendJSON(p []byte) []byte }

// Input is a document as policies see it. What they need of it is read when the first of them asks, once, whoever asks, and costs
// nothing until then; any number of goroutines and policies may share it.
type Input struct {
	doc  *document
	view View
	laid bool

	once     sync.Once
	read     atomic.Bool
	term     *ast.Term
	shadowed bool
	err      error
}

// document is the part of inputs that they share: the raw document and what it says.
type document struct {
	raw   []byte
	needs *Needs
	once  sync.Once
	term  *ast.Term
	err   error
}

// NewInput is a document without a view, for policies that look at no more of it than needs. raw is JSON; it is kept, and must not
// change.
func NewInput(raw []byte, needs *Needs) *Input {
	if needs == nil {
		needs = newNeeds(&need{})
	}
	return &Input{doc: &document{raw: raw, needs: needs}}
}

// With returns an input with the same document and, under the key "postee", a view as its JSON says; the document itself is neither
// copied nor read again. A document that has that key keeps its own (see Shadowed); one that is no object becomes
// {"document": …, "postee": …}. It replaces an earlier view.
//
// view is called at once, unless no policy looks at the view, and is told which of its keys policies see: what is below others may be
// left out. What it returns is encoded when it is first needed and must not change.
func (in *Input) With(view func(seen func(key string) bool) View) *Input {
	laid := &Input{doc: in.doc, laid: true}
	if n := in.doc.needs.view; n != nil {
		laid.view = view(func(key string) bool { return n.of(key) != nil })
	}
	return laid
}

// Shadowed reports whether the document has a key "postee" of its own, so that policies do not see the view.
func (in *Input) Shadowed() bool {
	_, _ = in.value()
	return in.shadowed
}

// ReadAhead reads a document that is not large, so that policies find it read. A large one would count as memory that a policy takes which
// is asked about something else meanwhile.
func (in *Input) ReadAhead() {
	if len(in.doc.raw) <= small {
		_, _ = in.doc.value()
	}
}

// value returns the document with its view as a term, which nobody may change.
func (in *Input) value() (*ast.Term, error) {
	in.once.Do(func() {
		in.term, in.err = contained(func() (*ast.Term, error) {
			term, err := in.doc.value()
			if err == nil && in.laid {
				term, err = in.lay(term)
			}
			return term, err
		})
		in.read.Store(true)
	})
	return in.term, in.err
}

// await returns the value, or the context's error when the caller loses interest before it is read.
func (in *Input) await(ctx context.Context) (*ast.Term, error) {
	if in.read.Load() || len(in.doc.raw) <= small {
		return in.value()
	}
	// Reading costs in proportion to the document, and is no fault of a policy: it has the caller's time.
	unlimited := bound{timeout: math.MaxInt64, memory: math.MaxInt64, heap: heap}
	return within(ctx, unlimited, func(context.Context) (*ast.Term, error) { return in.value() })
}

// lay lays the view over the document: a new object, whose elements are the document's own.
func (in *Input) lay(doc *ast.Term) (*ast.Term, error) {
	key := ast.StringTerm(viewKey)
	object, isObject := doc.Value.(ast.Object)
	if in.shadowed = isObject && object.Get(key) != nil; in.shadowed {
		return doc, nil
	}
	var pairs [][2]*ast.Term
	if isObject {
		object.Foreach(func(k, v *ast.Term) { pairs = append(pairs, ast.Item(k, v)) })
	} else {
		pairs = append(pairs, ast.Item(ast.StringTerm(documentKey), doc))
	}
	if in.view != nil {
		view, err := parseJSON(in.view.AppendJSON(nil), in.doc.needs.view)
		if err != nil {
			return nil, fmt.Errorf("the normalised view cannot be read: %w", err)
		}
		pairs = append(pairs, ast.Item(key, view))
	}
	return ast.ObjectTerm(pairs...), nil
}

// value reads the document.
func (d *document) value() (*ast.Term, error) {
	d.once.Do(func() {
		d.term, d.err = contained(func() (*ast.Term, error) { return parseJSON(d.raw, d.needs.document(d.raw)) })
		if d.err != nil {
			d.err = fmt.Errorf("%w: %w", errUnread, d.err)
		}
	})
	return d.term, d.err
}
