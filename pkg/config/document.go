package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
)

// Limits of a file. A configuration of a thousand targets is far below them.
const (
	maxFile = 1 << 20
	// maxNodes counts keys and values once every alias stands for what it names.
	maxNodes = 100_000
)

// document decodes the one YAML document that the text must be. A problem has no entry.
func document(text []byte) (*yaml.Node, *Problem) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if p := notUTF8(text); p != nil {
		return nil, p
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	root, err := decode(decoder)
	if errors.Is(err, io.EOF) {
		return nil, &Problem{Line: 1, Text: "the file is empty", Hint: "docs/configuration.md shows a small one"}
	}
	if err != nil {
		return nil, syntax(text, err)
	}
	next, err := decode(decoder)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, syntax(text, err)
	}
	if err == nil {
		return nil, &Problem{
			Line: next.Line, Column: next.Column, Text: "a second YAML document begins here",
			Hint: "one file is one document: remove the --- between them",
		}
	}
	if p := (measure{}).check(root); p != nil {
		return nil, p
	}
	return root, nil
}

// decode reads one document. The decoder is not ours, and the file may be anybody's: what it stumbles over is an error.
func decode(d *yaml.Decoder) (root *yaml.Node, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			root, err = nil, errors.New("yaml: the decoder cannot cope with it")
		}
	}()
	var n yaml.Node
	if err := d.Decode(&n); err != nil {
		return nil, err
	}
	return &n, nil
}

// notUTF8 finds what is not UTF-8.
func notUTF8(text []byte) *Problem {
	if utf8.Valid(text) {
		return nil
	}
	line, start, at := 1, 0, 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
		if r == '\n' {
			line, start = line+1, at
		}
	}
	return &Problem{
		Line: line, Column: utf8.RuneCount(text[start:at]) + 1, Text: fmt.Sprintf("byte 0x%02x is not UTF-8", text[at]),
		Hint: "save the file as UTF-8",
	}
}

// syntax says where the text stops being YAML, and for the mistakes that are made most, why.
func syntax(text []byte, err error) *Problem {
	lines := strings.Split(string(text), "\n")
	if p := flat(lines); p != nil {
		return p
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if number, rest, ok := strings.Cut(rest, ": "); ok {
			line, _ = strconv.Atoi(number)
			message = rest
		}
	}
	if strings.HasPrefix(message, "unknown anchor") {
		// Its name is not repeated: a password that begins with * is taken for an alias.
		return &Problem{
			Line: unknownAlias(lines, message), Text: "an alias (*) that stands for nothing",
			Hint: "a value that begins with * must be in quotes",
		}
	}
	p := &Problem{Line: line, Text: "not YAML: " + message}
	for i, l := range lines {
		if strings.HasPrefix(strings.TrimLeft(l, " "), "\t") && strings.TrimSpace(l) != "" {
			p.Line, p.Hint = i+1, "YAML is indented with spaces: replace the tab"
			break
		}
	}
	return p
}

// unknownAlias finds the line of the alias that the decoder complained about; it names none.
func unknownAlias(lines []string, message string) int {
	_, name, _ := strings.Cut(message, "'")
	name, _, _ = strings.Cut(name, "'")
	for i, l := range lines {
		if strings.Contains(l, "*"+name) {
			return i + 1
		}
	}
	return 0
}

// flat finds keys that stand directly beneath "- name: …" without the indentation that makes them the entry's: what is left
// of a list when it was copied from a page that lost its spaces.
func flat(lines []string) *Problem {
	dash, owner := -1, ""
	for i, line := range lines {
		body := strings.TrimLeft(line, " ")
		indent := len(line) - len(body)
		body = strings.TrimRight(body, " \r")
		item, isItem := strings.CutPrefix(body, "- ")
		switch {
		case body == "" || body[0] == '#' || body == "---":
		case isItem && (dash < 0 || dash == indent):
			dash, owner = indent, keyOf(strings.TrimSpace(item))
		case dash == indent && owner != "" && keyOf(body) != "":
			return &Problem{
				Line: i + 1, Column: indent + 1,
				Text: quantity.Quote(keyOf(body)) + " stands beneath " + quantity.Quote("- "+owner) + " without indentation",
				Hint: "put two spaces before it, and before every other key of the entry",
			}
		}
	}
	return nil
}

// keyOf returns the key of a line "key: value", "" when it is none.
func keyOf(body string) string {
	key, value, ok := strings.Cut(body, ":")
	if !ok || value != "" && value[0] != ' ' || strings.ContainsAny(key, " \t\"'{}[],#") {
		return ""
	}
	return key
}

// measure is the size of each node that has a name, aliases expanded; 0 while it is being found out.
type measure map[*yaml.Node]int

// check refuses aliases that multiply beyond measure, and those that contain themselves.
func (m measure) check(root *yaml.Node) *Problem {
	size, cycle := m.size(root)
	switch {
	case cycle != nil:
		return &Problem{Line: cycle.Line, Column: cycle.Column, Text: "an alias (*) stands inside of what it stands for"}
	case size > maxNodes:
		return &Problem{
			Line: 1, Text: fmt.Sprintf("more than %d keys and values, aliases (*) expanded", maxNodes),
			Hint: "split the file, or use fewer aliases of aliases",
		}
	}
	return nil
}

// size counts a node and all in it, up to just above the limit.
func (m measure) size(n *yaml.Node) (size int, cycle *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		size, seen := m[n.Alias]
		if seen && size == 0 {
			return 0, n
		}
		if seen {
			return size, nil
		}
		return m.size(n.Alias)
	}
	if n.Anchor != "" {
		m[n] = 0
	}
	total := 1
	for _, child := range n.Content {
		size, cycle := m.size(child)
		if cycle != nil {
			return 0, cycle
		}
		total = min(total+size, maxNodes+1)
	}
	if n.Anchor != "" {
		m[n] = total
	}
	return total, nil
}
