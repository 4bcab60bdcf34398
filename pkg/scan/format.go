package scan

import (
	"fmt"
	"slices"
	"strings"
)

// format is one dialect of scan document.
type format struct {
	name string
	// recognise tells by the document's top-level keys whether it is one; nil for the last resort.
	recognise func(k topKeys) bool
	// read fills in doc's reports and warnings from doc.Raw. The error is a *contradiction, or what the JSON decoder says.
	read func(doc *Document) error
}

// genericName is the format of documents that no other format recognises.
const genericName = "generic"

// formats is the table of formats, never written to. The first one that recognises a document reads it: an object with
// Trivy's and Aqua's keys is Trivy's when it says SchemaVersion 2.
var formats = [...]format{
	{"trivy", recogniseTrivy, readTrivy},
	{"trivy-kubernetes", recogniseTrivyKubernetes, readTrivyKubernetes},
	{"aqua", recogniseAqua, readAqua},
	{genericName, func(topKeys) bool { return true }, readGeneric},
}

// Formats lists the names that Options.Format takes, "auto" first.
func Formats() []string {
	names := []string{"auto"}
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// formatNamed finds a format by name; nil for "auto" and "".
func formatNamed(name string) (*format, error) {
	if name == "" || name == "auto" {
		return nil, nil
	}
	for i := range formats {
		if formats[i].name == name {
			return &formats[i], nil
		}
	}
	return nil, fmt.Errorf("unknown input format %q: one of %s", name, strings.Join(Formats(), ", "))
}

// decodeDocument reads doc.Raw in the forced format, or in the one that recognises it. The error comes with its place in
// doc.Raw, in bytes.
func decodeDocument(doc *Document, keys []span, forced *format) (int64, error) {
	i := slices.IndexFunc(formats[:], func(f format) bool { return f.recognise(topKeys{doc.Raw, keys}) })
	chosen := &formats[i]
	if forced != nil && chosen != forced && chosen.name != genericName && !forced.recognise(topKeys{doc.Raw, keys}) {
		return 0, fmt.Errorf("this is no %s document: by its keys it is %s; --input-format auto finds that out", forced.name, chosen.name)
	}
	if forced != nil {
		chosen = forced
	}
	doc.Format = chosen.name
	if err := chosen.read(doc); err != nil {
		return describe(err)
	}
	return 0, nil
}

// topKeys are a document's top-level keys, as the framer saw them. A key that is written with escapes is not found: no scanner does so.
type topKeys struct {
	raw   []byte
	spans []span
}

// has reports whether the key is there.
func (k topKeys) has(name string) bool { return k.value(name) != nil }

// value returns the document from the first byte of the key's value on; nil without the key.
func (k topKeys) value(name string) []byte {
	for _, s := range k.spans {
		if s.end-s.start == len(name) && string(k.raw[s.start:s.end]) == name && s.value > 0 {
			return k.raw[s.value:]
		}
	}
	return nil
}

// first returns the first byte of the key's value, which tells its kind; 0 without the key.
func (k topKeys) first(name string) byte {
	if v := k.value(name); len(v) > 0 {
		return v[0]
	}
	return 0
}

// number returns the key's value as it is spelt, up to the byte that ends a number; nil without the key.
func (k topKeys) number(name string) []byte {
	v := k.value(name)
	for i, c := range v {
		if c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' && (c < '0' || c > '9') {
			return v[:i]
		}
	}
	return v
}

// announceGeneric says once per source that a document has no format that is known, so that a misspelt scanner option is noticed.
func announceGeneric(doc *Document, keys []span) string {
	const most = 12
	var names []string
	for _, s := range keys[:min(len(keys), most)] {
		names = append(names, printable(doc.Raw[s.start:s.end], 40))
	}
	if len(keys) > most {
		names = append(names, "…")
	}
	list := "top-level keys: " + strings.Join(names, ", ")
	if len(keys) == 0 {
		list = "no top-level keys"
	}
	if doc.Raw[0] == '[' {
		list = "an array"
	}
	return fmt.Sprintf("%s: no known scan format (%s): taken as generic, without findings; --input-format NAME says what it is (%s)", doc.Source, list, strings.Join(Formats(), ", "))
}
