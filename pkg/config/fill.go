package config

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/sinks"
)

// placeholder begins the values of the older product's sample that nobody filled in.
const placeholder = "$Optional "

// fill puts a value into a place of any kind that a configuration has. It reports whether there was one: what is blank is absent,
// and what is wrong is a problem.
func (b *binder) fill(s slot, use *yaml.Node) bool {
	n := follow(use)
	if b.absent(s, n, use) {
		return false
	}
	switch place := s.to.Addr().Interface().(type) {
	case *sinks.Secret:
		return b.text(s, n, use, func(text string) error { *place = sinks.NewSecret(text); return nil })
	case *sequence:
		return b.sequence(s, n, use, place)
	case *Code:
		return b.code(s, n, use, place)
	case *Params:
		return b.params(s, n, use, place)
	case *time.Duration:
		return b.scalar(s, n, use, "a duration", func(text string) (err error) { *place, err = quantity.Duration(text); return err })
	case encoding.TextUnmarshaler:
		return b.scalar(s, n, use, "text", func(text string) error { return place.UnmarshalText([]byte(text)) })
	}
	switch s.to.Kind() {
	case reflect.Pointer:
		value := reflect.New(s.to.Type().Elem())
		inner := s
		inner.to = value.Elem()
		if !b.fill(inner, use) {
			return false
		}
		s.to.Set(value)
		return true
	case reflect.String:
		return b.text(s, n, use, func(text string) (err error) {
			if s.file && b.read != nil {
				text, err = b.read(text)
			}
			s.to.SetString(text)
			return err
		})
	case reflect.Bool:
		return b.boolean(s, n, use)
	case reflect.Int, reflect.Int64:
		return b.scalar(s, n, use, "a number", func(text string) error { return setInt(s.to, text) })
	case reflect.Slice:
		return b.list(s, n, use)
	case reflect.Map:
		return b.verbatim(s, n, use)
	case reflect.Struct:
		return b.nested(s, n, use)
	}
	b.problem(use, s.said+": cannot be set in a file", "this is a mistake in the program: please report it")
	return false
}

// absent reports whether a value counts as not given: blank, or the placeholder of the older product's sample. A value that is
// blank because YAML took its first character for a sign of its own is a problem.
func (b *binder) absent(s slot, n, use *yaml.Node) bool {
	standard := []string{"!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!merge", "!!seq", "!!map"}
	if !slices.Contains(standard, n.ShortTag()) {
		b.problem(use, s.said+": expected a plain value, found a YAML tag (!)", "a value that begins with ! must be in quotes")
		return true
	}
	if n.Kind != yaml.ScalarNode {
		return false
	}
	switch {
	case n.ShortTag() == "!!null" || strings.TrimSpace(n.Value) == "":
		if n.Anchor != "" {
			b.problem(use, s.said+": expected a value, found an anchor (&) for nothing", "a value that begins with & must be in quotes")
		}
		return true
	case strings.HasPrefix(n.Value, placeholder):
		b.note(use, s.said+": a placeholder ($Optional …), taken as absent")
		return true
	}
	return false
}

// scalar returns a single value to set, whose error is a problem. wanted says in words what is expected.
func (b *binder) scalar(s slot, n, use *yaml.Node, wanted string, set func(string) error) bool {
	if n.Kind != yaml.ScalarNode {
		b.problem(use, s.said+": expected "+wanted+", found "+describe(n), "")
		return false
	}
	if err := set(n.Value); err != nil {
		b.problem(use, s.said+": "+err.Error(), "")
		return false
	}
	return true
}

// text returns a single value to set in its YAML spelling, references resolved.
func (b *binder) text(s slot, n, use *yaml.Node, set func(string) error) bool {
	if n.Kind != yaml.ScalarNode || !s.expands || b.expand == nil {
		return b.scalar(s, n, use, "text", set)
	}
	resolved, err := b.expand(n.Value)
	if err != nil {
		hint := ""
		if !strings.HasPrefix(n.Value, fileScheme) {
			hint = "set it; a dollar sign that is no reference is written $$"
		}
		b.problem(use, s.said+": "+err.Error(), hint)
		return false
	}
	return b.scalar(s, n, use, "text", func(string) error { return set(resolved) })
}

// boolean reads the spellings of YAML 1.1, which the older product read.
func (b *binder) boolean(s slot, n, use *yaml.Node) bool {
	return b.scalar(s, n, use, "true or false", func(text string) error {
		switch strings.ToLower(text) {
		case "true", "yes", "on", "y":
			s.to.SetBool(true)
		case "false", "no", "off", "n":
			s.to.SetBool(false)
		default:
			return &wrong{"true or false", text}
		}
		return nil
	})
}

// setInt reads a whole number that is not negative: no key has a use for one below zero.
func setInt(to reflect.Value, text string) error {
	n, err := strconv.ParseInt(text, 10, to.Type().Bits())
	if err != nil || n < 0 {
		return &wrong{"a whole number from 0", text}
	}
	to.SetInt(n)
	return nil
}

// wrong is a value that is not what was expected.
type wrong struct{ expected, found string }

// Error says both.
func (e *wrong) Error() string {
	return "expected " + e.expected + ", found " + quantity.Quote(e.found)
}

// list reads a YAML list, or one value; a text is then split at its commas. A secret is never split: it may contain some.
func (b *binder) list(s slot, n, use *yaml.Node) bool {
	items := []*yaml.Node{use}
	switch {
	case n.Kind == yaml.SequenceNode:
		items = n.Content
	case n.Kind == yaml.MappingNode:
		b.problem(use, s.said+": expected a list, found a mapping", "")
		return false
	case s.to.Type().Elem().Kind() == reflect.String:
		items = split(n, use)
	}
	values := reflect.MakeSlice(s.to.Type(), 0, len(items))
	for _, item := range items {
		one := s
		one.to = reflect.New(s.to.Type().Elem()).Elem()
		if b.fill(one, item) {
			values = reflect.Append(values, one.to)
		}
	}
	if values.Len() == 0 {
		return false
	}
	s.to.Set(values)
	return true
}

// split takes one text apart at its commas. The parts stand where the text is used.
func split(n, use *yaml.Node) []*yaml.Node {
	var items []*yaml.Node
	for _, part := range strings.Split(n.Value, ",") {
		item := *n
		item.Tag, item.Value = "!!str", strings.TrimSpace(part)
		item.Line, item.Column = use.Line, use.Column
		items = append(items, &item)
	}
	return items
}

// verbatim reads a mapping whose keys are the user's own. A list in it is never made by splitting: a header's value has commas.
func (b *binder) verbatim(s slot, n, use *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		b.problem(use, s.said+": expected a mapping, found "+describe(n), "")
		return false
	}
	values := reflect.MakeMap(s.to.Type())
	for _, p := range b.pairs(n, strings.TrimSpace) {
		one := slot{key: s.key, said: s.said + "." + plain(p.key.Value), to: reflect.New(s.to.Type().Elem()).Elem(), expands: s.expands}
		if b.fill(one, p.value) {
			values.SetMapIndex(reflect.ValueOf(p.name), one.to)
		}
	}
	if values.Len() == 0 {
		return false
	}
	s.to.Set(values)
	return true
}

// nested reads a mapping that is a struct.
func (b *binder) nested(s slot, n, use *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		b.problem(use, s.said+": expected a mapping, found "+describe(n), "")
		return false
	}
	b.bind(b.pairs(n, fold), s.said+".", false, group{s.to.Addr().Interface(), s.expands})
	return true
}

// sequence takes in a list whose elements are looked at later.
func (b *binder) sequence(s slot, n, use *yaml.Node, place *sequence) bool {
	if n.Kind != yaml.SequenceNode {
		b.problem(use, s.said+": expected a list, found "+describe(n), "")
		return false
	}
	place.items = n.Content
	return true
}

// params reads values of any shape.
func (b *binder) params(s slot, n, use *yaml.Node, place *Params) bool {
	if n.Kind != yaml.MappingNode {
		b.problem(use, s.said+": expected a mapping, found "+describe(n), "")
		return false
	}
	restore := datesAsText(n, make(map[*yaml.Node]bool))
	err := n.Decode(place)
	for _, date := range restore {
		date.Tag = timestampTag
	}
	if err != nil {
		b.problem(use, s.said+": these values cannot be read: keys must be text, and values what JSON has too", "")
		return false
	}
	return true
}

// timestampTag is what YAML calls a value that looks like a date, or a date and time.
const timestampTag = "!!timestamp"

// datesAsText makes dates below a node the texts that they are in JSON, which has no dates, and returns them. seen are nodes that were visited.
func datesAsText(n *yaml.Node, seen map[*yaml.Node]bool) (dates []*yaml.Node) {
	if n == nil || seen[n] {
		return nil
	}
	seen[n] = true
	if n.Kind == yaml.ScalarNode && n.Tag == timestampTag {
		n.Tag = "!!str"
		return []*yaml.Node{n}
	}
	for _, inner := range append([]*yaml.Node{n.Alias}, n.Content...) {
		dates = append(dates, datesAsText(inner, seen)...)
	}
	return dates
}

// code reads a text, and where it stands: a block begins on the line below its sign.
func (b *binder) code(s slot, n, use *yaml.Node, place *Code) bool {
	return b.scalar(s, n, use, "text", func(text string) error {
		*place = Code{Text: text}
		if use == n && n.Style&yaml.LiteralStyle != 0 {
			place.Line = n.Line + 1
		}
		return nil
	})
}
