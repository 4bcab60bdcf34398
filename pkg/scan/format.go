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
	recognise func(k Keys) bool
	// read fills in doc's reports and warnings from doc.Raw. The error is a *contradiction, or what the JSON decoder says.
	read func(doc *Document) error
}

// Generic is the format of documents that no other format recognises.
const Generic = "generic"

// formats is the table of formats, never written to. The first one that recognises a document reads it: an object with
// Trivy's and Aqua's keys is Trivy's when it says SchemaVersion 2.
var formats = [...]format{
	{"trivy", recogniseTrivy, readTrivy},
	{"trivy-kubernetes", recogniseTrivyKubernetes, readTrivyKubernetes},
	{"aqua", recogniseAqua, readAqua},
	{Generic, func(Keys) bool { return true }, readGeneric},
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
	i := slices.IndexFunc(formats[:], func(f format) bool { return f.recognise(Keys{doc.Raw, keys}) })
	chosen := &formats[i]
	if forced != nil && chosen != forced && chosen.name != Generic && !forced.recognise(Keys{doc.Raw, keys}) {
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
