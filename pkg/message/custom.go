package message

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Custom is what a template made of a scan: it takes the place of the built-in layout. It is in the target's own language (HTML for a
// mail, blocks for Slack, markup for Jira), which the target checks, and nobody translates.
type Custom struct {
	// Title replaces the built-in title when it is not "".
	Title string `json:"title,omitzero"`
	// Body is the message: a text, or with JSON an object or array.
	Body string `json:"body"`
	JSON bool   `json:"json,omitzero"`
	// Builtin says that it is the built-in layout, in the dialect that the configuration names: for a target that has no dialect of its
	// own.
	Builtin bool `json:"builtin,omitzero"`
	// Fields are what else the template says, by name, in the order of the names: columns of a record. Each value is JSON.
	Fields []Field `json:"fields,omitzero"`
}

// Field is a name with a value.
type Field struct {
	Name string `json:"name"`
	// Value is a JSON value as text: "2", "\"network\"".
	Value string `json:"value"`
}

// Custom returns what templates made of the message, nil where they made nothing of some section. Of several sections the bodies stand
// one after the other, in one array where each is JSON; fields are those of the first that has them, and the title is the built-in one.
func (m *Message) Custom() *Custom {
	for i := range m.Sections {
		if c := m.Sections[i].Custom; c != nil && c.Builtin {
			return nil
		}
	}
	return m.Dialect()
}

// Dialect returns the same for a target that has no dialect of its own: the built-in layout in the one that the configuration names is a
// template's then.
func (m *Message) Dialect() *Custom {
	if len(m.Sections) == 0 || m.Whole != nil {
		return m.Whole
	}
	for i := range m.Sections {
		if m.Sections[i].Custom == nil {
			return nil
		}
	}
	if len(m.Sections) == 1 {
		return m.Sections[0].Custom
	}
	all := &Custom{JSON: true}
	for i := range m.Sections {
		c := m.Sections[i].Custom
		all.JSON = all.JSON && c.JSON
		if all.Fields == nil {
			all.Fields = c.Fields
		}
	}
	var bodies []string
	for i := range m.Sections {
		body := m.Sections[i].Custom.Body
		if all.JSON {
			body = elements(body)
		}
		if body != "" {
			bodies = append(bodies, body)
		}
	}
	if all.JSON {
		all.Body = "[" + strings.Join(bodies, ",") + "]"
	} else {
		all.Body = strings.Join(bodies, "\n")
	}
	return all
}

// elements returns what stands in an array, and any other value whole.
func elements(value string) string {
	value = strings.TrimSpace(value)
	if jsontext.Value(value).Kind() == '[' && strings.HasSuffix(value, "]") {
		return strings.TrimSpace(value[1 : len(value)-1])
	}
	return value
}
