package scan

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// Canonical returns the one spelling that equal JSON values share: no white space, keys sorted bytewise, strings escaped as
// little as possible, numbers as they are spelt (1.0 is not 1). Invalid UTF-8 and lone surrogates become U+FFFD. Repeated
// keys, and anything that is not one JSON value, are an error. It works without recursion, in space proportional to raw.
func Canonical(raw []byte) ([]byte, error) {
	in := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowInvalidUTF8(true))
	t := tree{text: make([]byte, 0, len(raw))}
	for {
		if err := t.read(in); err != nil {
			return nil, err
		}
		if in.StackDepth() == 0 {
			break
		}
	}
	if _, err := in.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return t.write(), nil
}

// node is a value of the tree. A container's children stand in one piece of tree.nodes after it has been closed.
type node struct {
	key, value   [2]int // places in tree.text; a container has no value
	kind         jsontext.Kind
	first, count int // children
}

// tree holds a parsed value flat, so that its depth costs no stack.
type tree struct {
	text     []byte   // keys and scalars, each in its final spelling
	nodes    []node   // closed containers' children
	open     []node   // open containers
	children [][]node // the children so far of each open container
	root     node
	key      [2]int
	keyed    bool
}

// read takes one token.
func (t *tree) read(in *jsontext.Decoder) error {
	token, err := in.ReadToken()
	if err != nil {
		return err
	}
	depth := len(t.open)
	isKey := depth > 0 && t.open[depth-1].kind == '{' && !t.keyed
	switch kind := token.Kind(); {
	case kind == '}' || kind == ']':
		t.close()
	case isKey:
		t.key, t.keyed = t.put(token), true
	case kind == '{' || kind == '[':
		t.open = append(t.open, node{key: t.key, kind: kind})
		t.children = append(t.children, nil)
		t.keyed = false
	default:
		t.add(node{key: t.key, value: t.put(token), kind: kind})
	}
	return nil
}

// put writes a scalar or key into text and returns its place.
func (t *tree) put(token jsontext.Token) [2]int {
	start := len(t.text)
	if token.Kind() == '"' {
		// The decoder has replaced what was not Unicode: quoting cannot fail.
		t.text, _ = jsontext.AppendQuote(t.text, token.String())
	} else {
		t.text = append(t.text, token.String()...)
	}
	return [2]int{start, len(t.text)}
}

// add adds a finished value to the container around it.
func (t *tree) add(n node) {
	t.keyed = false
	if depth := len(t.children); depth > 0 {
		t.children[depth-1] = append(t.children[depth-1], n)
		return
	}
	t.root = n
}

// close finishes the innermost container, sorting an object's members.
func (t *tree) close() {
	last := len(t.open) - 1
	n, children := t.open[last], t.children[last]
	t.open, t.children = t.open[:last], t.children[:last]
	if n.kind == '{' {
		slices.SortFunc(children, func(a, b node) int { return bytes.Compare(t.unescaped(a.key), t.unescaped(b.key)) })
	}
	n.first, n.count = len(t.nodes), len(children)
	t.nodes = append(t.nodes, children...)
	t.add(n)
}

// unescaped returns a key as it is compared: what it says, not how it is escaped.
func (t *tree) unescaped(key [2]int) []byte {
	quoted := t.text[key[0]:key[1]]
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	plain, _ := jsontext.AppendUnquote(nil, quoted) // quoted by put
	return plain
}

// write returns the tree as text.
func (t *tree) write() []byte {
	type level struct {
		node
		done int
	}
	out := make([]byte, 0, len(t.text)+len(t.text)/4)
	var stack []level
	next := t.root
	for {
		if next.kind == '{' || next.kind == '[' {
			out = append(out, byte(next.kind))
			stack = append(stack, level{node: next})
		} else {
			out = append(out, t.text[next.value[0]:next.value[1]]...)
		}
		for len(stack) > 0 && stack[len(stack)-1].done == stack[len(stack)-1].count {
			out = append(out, byte(stack[len(stack)-1].kind)+2) // '{' and '}', '[' and ']' are two apart
			stack = stack[:len(stack)-1]
		}
		if len(stack) == 0 {
			return out
		}
		top := &stack[len(stack)-1]
		if top.done > 0 {
			out = append(out, ',')
		}
		next = t.nodes[top.first+top.done]
		top.done++
		if top.kind == '{' {
			out = append(append(out, t.text[next.key[0]:next.key[1]]...), ':')
		}
	}
}
