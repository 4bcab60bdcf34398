package config

import (
	"bytes"
	"encoding/json"

	"github.com/postee/postee/pkg/sinks/all"
)

// Schema returns a JSON Schema (draft-07) of both forms of the file, for editors: which keys there are, what they mean, and which values
// they take. It is made of the struct tags that the binder reads. It never calls a good file wrong; what it cannot see, such as a key
// that is missing, a name that is taken or a reference to nothing, is for [Load] to find.
func Schema() ([]byte, error) {
	s := schema{definitions: make(map[string]any)}
	mapping := s.object(s.mappingShape())
	mapping["type"] = "object"
	list := node{"type": "array", "items": s.typed([]keyed{{&header{}, "entry"}, {&Filters{}, "route"}}, true)}
	root := node{
		"$schema": "http://json-schema.org/draft-07/schema#", "title": "The configuration of postee",
		"oneOf": []any{list, mapping}, "definitions": s.definitions,
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(root)
	return out.Bytes(), err
}

// schema collects the definitions of values: each is under the name of the struct that has it, a dot, and the key.
type schema struct{ definitions map[string]any }

// keyed is a struct whose keys an object has. name is what its definitions are called.
type keyed struct {
	to   any
	name string
}

// node is one schema.
type node = map[string]any

// mappingShape returns the keys at the top of the mapping form.
func (s *schema) mappingShape() []keyed {
	s.definitions["route"] = s.object([]keyed{{&routeKeys{}, "routes"}, {&Filters{}, "route"}})
	s.definitions["action"] = s.typed([]keyed{{&header{}, "action"}}, false)
	s.definitions["template"] = s.object([]keyed{{&templateKeys{}, "templates"}})
	s.definitions["rule"] = s.object([]keyed{{&ruleKeys{}, "rules"}})
	return []keyed{{&commonKeys{}, commonType}, {&mappingKeys{}, "top"}}
}

// elements returns the definitions of what is in the lists at the top of the mapping form.
func elements() map[string]string {
	return map[string]string{"routes": "route", "actions": "action", "outputs": "action", "templates": "template", "rules": "rule"}
}

// object returns a mapping that has the keys of some structs and no others. Keys in other spellings are patterns, so that they are no mistake;
// an editor proposes the documented spelling.
func (s *schema) object(structs []keyed) node {
	properties, patterns := node{}, node{}
	for _, g := range structs {
		for _, slot := range slots(group{g.to, false}) {
			key, name := slot.key, g.name+"."+slot.key
			if _, top := g.to.(*mappingKeys); top {
				patterns["^[xX]-"] = node{}
			}
			if g.name == commonType {
				key = hyphenated(key)
			}
			s.definitions[name] = s.described(slot, name)
			reference := node{"$ref": "#/definitions/" + name}
			patterns[spellings(slot.key)] = reference
			if _, old := slot.to.Addr().Interface().(*retired); !old { // which nobody should be led to
				properties[key] = reference
			}
		}
	}
	return node{"type": []string{"object", "null"}, "properties": properties, "patternProperties": patterns, "additionalProperties": false}
}

// typed returns a mapping whose type says which keys it has, beside those of some structs.
func (s *schema) typed(structs []keyed, withCommon bool) node {
	types := all.Types()
	var cases []any
	add := func(name string, own keyed, others []keyed) {
		is := node{"required": []string{"type"}, "properties": node{"type": node{"type": "string", "pattern": "^\\s*" + caseless(name) + "\\s*$"}}}
		cases = append(cases, node{"if": is, "then": s.object(append(others[:len(others):len(others)], own))})
	}
	for _, name := range types {
		target, err := all.New(name)
		if err == nil {
			add(name, keyed{target, name}, structs)
		}
	}
	if withCommon {
		types = append(types, commonType)
		add(commonType, keyed{&commonKeys{}, commonType}, structs[:1])
	}
	// The keys of the header are proposed before there is a type, too.
	properties := s.object(structs[:1])["properties"]
	kinds := choice(types)
	kinds["description"] = "The type of the target."
	s.definitions[structs[0].name+".type"] = kinds
	return node{"type": []string{"object", "null"}, "properties": properties, "allOf": cases}
}

// described returns the schema of a key's value with what the tags say of it.
func (s *schema) described(slot slot, name string) node {
	n := s.value(slot.to, slot.words, name)
	n["description"] = slot.doc
	if holdsSecret(slot.to.Type()) {
		n["writeOnly"] = true
		n["description"] = slot.doc + " A secret: $NAME takes it from the environment, file:/path from a file."
	}
	if slot.standard != "" {
		n["default"] = standardValue(slot)
	}
	return n
}
