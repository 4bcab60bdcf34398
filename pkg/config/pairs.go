package config

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
)

// pair is a key of a mapping and its value.
type pair struct {
	key, value *yaml.Node
	// name is the key as it is compared.
	name string
}

// follow returns what an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// pairs returns the keys of a mapping in order: its own, then those that it merges in (<<) and does not have itself.
// spelt returns the name under which a key is compared.
func (b *binder) pairs(n *yaml.Node, spelt func(string) string) []pair {
	c := collection{binder: b, spelt: spelt, have: make(map[string]bool)}
	c.add(n)
	return c.pairs
}

// collection is the keys of a mapping so far.
type collection struct {
	*binder
	spelt func(string) string
	have  map[string]bool
	pairs []pair
}

// add takes in a mapping's own keys, then what it merges; what is there already goes first.
func (c *collection) add(n *yaml.Node) {
	own := make(map[string]*yaml.Node)
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := follow(n.Content[i]), n.Content[i+1]
		if key.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if key.Kind != yaml.ScalarNode || strings.TrimSpace(key.Value) == "" {
			c.problem(n.Content[i], "a key must be text, found "+describe(key), "")
			continue
		}
		name := c.spelt(key.Value)
		if first := own[name]; first != nil {
			c.twice(n.Content[i], key, first)
			continue
		}
		own[name] = key
		if !c.have[name] {
			c.have[name] = true
			c.pairs = append(c.pairs, pair{key: at(key, n.Content[i]), value: value, name: name})
		}
	}
	for _, value := range merged {
		c.merge(value)
	}
}

// twice reports a key that is there already.
func (c *collection) twice(use, key, first *yaml.Node) {
	if key.Value == first.Value {
		c.problem(use, fmt.Sprintf("%s is here already, on line %d", quantity.Quote(key.Value), first.Line), "remove one of them")
		return
	}
	c.problem(use, fmt.Sprintf("%s is the same key as %s on line %d", quantity.Quote(key.Value), quantity.Quote(first.Value), first.Line),
		"remove one of them: case, - and _ make no difference")
}

// at returns a key at the place where it is used, when that is an alias.
func at(key, use *yaml.Node) *yaml.Node {
	if key == use {
		return key
	}
	moved := *key
	moved.Line, moved.Column = use.Line, use.Column
	return &moved
}

// merge takes in the mapping or the list of mappings after "<<:".
func (c *collection) merge(value *yaml.Node) {
	switch n := follow(value); n.Kind {
	case yaml.MappingNode:
		c.add(n)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if m := follow(item); m.Kind == yaml.MappingNode {
				c.add(m)
			} else {
				c.problem(item, "<<: expected a mapping, found "+describe(m), "")
			}
		}
	default:
		c.problem(value, "<<: expected a mapping or a list of mappings, found "+describe(n), "")
	}
}

// describe says what a node is, in words, without its value.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!timestamp":
		return "a date"
	}
	return "text"
}
