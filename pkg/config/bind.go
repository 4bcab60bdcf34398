package config

import (
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/postee/postee/pkg/quantity"
	"github.com/postee/postee/pkg/sinks"
)

// binder puts the values of mappings into structs, and collects what is wrong.
type binder struct {
	// entry is what messages call the entry.
	entry    string
	problems *Problems
	notes    *[]Note
	// top says where the keys belong that hold for the whole program.
	top string
	// expand resolves the references in a text of a target; nil leaves them.
	expand func(string) (string, error)
	// read returns the text of a file that a value names; nil leaves the name.
	read func(path string) (string, error)
	// lookup finds variables of the environment that stand in for keys which are not there (the tag env); nil is that none does.
	lookup func(string) (string, bool)
	// wrong are the keys whose values are a problem: folded, behind the keys that they stand under and dots.
	wrong []string
}

// group is a struct to bind onto.
type group struct {
	// to points to the struct.
	to any
	// expands says that references in its texts are resolved.
	expands bool
}

// slot is a place for the value of one key.
type slot struct {
	// key is the key as documents spell it; said is how the user wrote it, after the keys that it stands under.
	key, said string
	to        reflect.Value
	expands   bool
	// file says that the value names a file, whose text takes its place.
	file bool
	// env names the variable that holds the value where the key is not there; "" is none.
	env string
	// doc says what the key means. words are all that it takes, and DURATION for any duration; nil is that there is no such list.
	// standard is what holds where the key is not there, as the file would say it; "" is nothing that one could write.
	doc, standard string
	words         []string
}

// marked is a slot's place that remembers where its value came from.
type marked interface {
	inner() reflect.Value
	mark(key string, line, column int)
}

// retired is a key that the older product had and that means nothing here.
type retired struct{}

// slots lists the places of a struct, embedded ones included, in the order of its fields.
func slots(g group) []slot {
	var list []slot
	v := reflect.Indirect(reflect.ValueOf(g.to))
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag, ok := field.Tag.Lookup("cfg")
		if !ok || tag == "-" {
			continue
		}
		key, option, _ := strings.Cut(tag, ",")
		if option == "inline" {
			list = append(list, slots(group{v.Field(i).Addr().Interface(), g.expands})...)
			continue
		}
		s := slot{key: key, to: v.Field(i), expands: g.expands && option == "", file: option == "file", env: field.Tag.Get("env"),
			doc: field.Tag.Get("doc"), standard: field.Tag.Get("default")}
		if words := field.Tag.Get("enum"); words != "" {
			s.words = strings.Split(words, ",")
		}
		list = append(list, s)
	}
	return list
}

// bind puts the pairs into the structs. A key that none of them has is a problem, unless open. under is the key that the
// mapping is the value of, with a dot, "" for an entry.
func (b *binder) bind(pairs []pair, under string, open bool, groups ...group) {
	known := make(map[string]slot)
	var names []string
	for _, g := range groups {
		for _, s := range slots(g) {
			known[fold(s.key)] = s
			names = append(names, s.key)
		}
	}
	for _, p := range pairs {
		s, ok := known[p.name]
		switch {
		case ok:
			s.said = under + p.key.Value
			before := len(b.problems.List)
			b.put(s, p)
			if len(b.problems.List) > before {
				b.wrong = append(b.wrong, fold(under+s.key))
			}
		case !open:
			b.unknown(p, under, names)
		}
	}
	b.fromEnvironment(known)
}

// fromEnvironment fills secrets that have no value in the file, and a variable of the environment for one.
func (b *binder) fromEnvironment(known map[string]slot) {
	for _, s := range known {
		place, ok := s.to.Addr().Interface().(*sinks.Secret)
		if s.env == "" || b.lookup == nil || !ok || !place.Empty() {
			continue
		}
		if value, _ := b.lookup(s.env); value != "" {
			*place = sinks.NewSecret(value)
		}
	}
}

// maxHints is the number of problems after which no more time is spent on guesses.
const maxHints = 100

// unknown reports a key that nothing knows, with the one that was probably meant.
func (b *binder) unknown(p pair, under string, names []string) {
	hint := ""
	if len(b.problems.List) > maxHints {
		names = nil
	}
	if near := suggest(p.key.Value, names); near != "" {
		hint = "did you mean " + near + "?"
	} else if b.entry != commonType && has(slots(group{to: &commonKeys{}}), p.name) {
		hint = b.top
	}
	b.problem(p.key, "unknown key "+quantity.Quote(under+p.key.Value), hint)
}

// has reports whether one of the slots has the folded key.
func has(list []slot, name string) bool {
	return slices.ContainsFunc(list, func(s slot) bool { return fold(s.key) == name })
}

// put puts one value into its place.
func (b *binder) put(s slot, p pair) {
	switch place := s.to.Addr().Interface().(type) {
	case *retired:
		b.note(p.key, s.said+" means nothing to this program: it can be removed")
	case marked:
		s.to = place.inner()
		if b.fill(s, p.value) {
			place.mark(p.key.Value, p.key.Line, p.key.Column)
		}
	default:
		b.fill(s, p.value)
	}
}

// problem reports a mistake at a node.
func (b *binder) problem(n *yaml.Node, text, hint string) {
	b.problems.Add(Problem{Line: n.Line, Column: n.Column, Entry: b.entry, Text: text, Hint: hint})
}

// note reports something worth knowing at a node.
func (b *binder) note(n *yaml.Node, text string) {
	*b.notes = append(*b.notes, Note{Line: n.Line, Column: n.Column, Entry: b.entry, Text: text})
}

// isWrong reports whether the value of a key is a problem already.
func (b *binder) isWrong(key string) bool { return slices.Contains(b.wrong, fold(key)) }

// locate returns the node of a key, which may stand behind others and dots; where it is not there, the nearest that it belongs
// under, at last the entry.
func (b *binder) locate(key string, pairs []pair, entry *yaml.Node) *yaml.Node {
	for _, p := range pairs {
		if p.name == fold(key) {
			return p.key
		}
	}
	outer, inner, nested := strings.Cut(key, ".")
	for _, p := range pairs {
		if n := follow(p.value); nested && p.name == fold(outer) && n.Kind == yaml.MappingNode {
			quiet := &binder{problems: &Problems{}, notes: new([]Note)} // what is wrong with them was said when they were bound
			return b.locate(inner, quiet.pairs(n, fold), p.key)
		} else if p.name == fold(outer) {
			return p.key
		}
	}
	return entry
}

// locateItem returns the node of an element in the list under a key, the key where that is no list.
func (b *binder) locateItem(v *Value[[]string], element string, pairs []pair) *yaml.Node {
	for _, p := range pairs {
		if p.name != fold(v.Key) {
			continue
		}
		for _, item := range follow(p.value).Content {
			if strings.TrimSpace(follow(item).Value) == element {
				return item
			}
		}
		return p.key
	}
	return nil
}
