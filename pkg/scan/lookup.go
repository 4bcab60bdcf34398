package scan

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Lookup returns the value at a dotted path of a JSON document ("metadata.labels.team", "items.0.name"): a string unescaped,
// anything else as it is spelt. It is "" and false when there is nothing, or null.
func Lookup(raw []byte, path string) (string, bool) {
	dec := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	for _, step := range strings.Split(path, ".") {
		if !descend(dec, step) {
			return "", false
		}
	}
	value, err := dec.ReadValue()
	if err != nil || value.Kind() == 'n' {
		return "", false
	}
	if value.Kind() != '"' {
		return string(value), true
	}
	text, err := jsontext.AppendUnquote(nil, value)
	return string(text), err == nil || len(text) > 0
}

// descend moves to the value of a key, or to an element of an array by its number from 0.
func descend(dec *jsontext.Decoder, step string) bool {
	switch open, err := dec.ReadToken(); {
	case err != nil:
		return false
	case open.Kind() == '{':
		for dec.PeekKind() == '"' {
			key, err := dec.ReadToken()
			if err != nil {
				return false
			}
			if key.String() == step {
				return true
			}
			if dec.SkipValue() != nil {
				return false
			}
		}
	case open.Kind() == '[':
		index, err := strconv.Atoi(step)
		if err != nil || index < 0 {
			return false
		}
		for ; index > 0; index-- {
			if k := dec.PeekKind(); k == ']' || k == 0 || dec.SkipValue() != nil {
				return false
			}
		}
		k := dec.PeekKind()
		return k != ']' && k != 0
	}
	return false
}

// SubjectBy returns a name for the report that is made of parts of it instead of the artifact's own name: registry, repository, tag, digest and name of
// the artifact, or dotted paths of the document. Where it has none of them, the artifact's own subject stands.
func (r *Report) SubjectBy(parts []string) string {
	var values []string
	for _, part := range parts {
		value, named := r.named(part)
		if !named {
			value, _ = Lookup(r.Raw, part)
		}
		if value != "" {
			values = append(values, value)
		}
	}
	if len(values) == 0 {
		return r.Artifact.Subject()
	}
	return boundedSubject(strings.Join(values, "/"))
}

// Values returns what the report has at dotted paths of the document; where that has none, image, registry, repository, tag, digest and
// name are those of the artifact. One that there is not is nil.
func (r *Report) Values(paths []string) []*string {
	values := make([]*string, len(paths))
	for i, path := range paths {
		value, there := Lookup(r.Raw, path)
		if !there {
			if strings.EqualFold(path, "image") {
				path = "name"
			}
			value, _ = r.named(path)
		}
		if there || value != "" {
			values[i] = &value
		}
	}
	return values
}

// named returns what the artifact has under a name; named is false for one that is none of these.
func (r *Report) named(part string) (value string, named bool) {
	registry, repository, tag := r.Artifact.Image()
	switch strings.ToLower(part) {
	case "registry":
		return registry, true
	case "repository":
		return repository, true
	case "tag":
		return tag, true
	case "digest":
		return r.Artifact.Digest, true
	case "name":
		return r.Artifact.Name, true
	}
	return "", false
}
