package scan

import (
	"fmt"
	"slices"
	"strings"
)

// Format is one dialect of scan document: how to tell it from others, and how to read it. Package formats has the table of
// them; the order matters, because the first one that recognises a document reads it.
type Format struct {
	// Name is what --input-format takes and [Document.Format] gets: lower case, words joined by hyphens.
	Name string
	// Recognise reports whether a document is of this format, by its top-level keys. It is asked of every document, so that it
	// must not decode much.
	Recognise func(k Keys) bool
	// WholeArray reports whether a top-level array whose first element has these keys is one document, which Recognise is then
	// asked about ([Keys.Element]); any other array is a list of documents. Nil is never.
	WholeArray func(first Keys) bool
	// Read makes the reports of doc.Raw, at least one, and adds warnings. The document may be of another format when the user
	// forces this one on it. An error of [Decode] is returned as it is: its place in the document is found out by the caller,
	// which also warns of artifacts without a name and applies Options.Covers and Options.Partial.
	Read func(doc *Document) error
	// Components sets Components of the reports that Read has made, in a pass of its own. It is called only when
	// Options.Components is set; nil when such documents list none.
	Components func(doc *Document) error
}

// Generic is the name of the format of documents that no other format recognises, and the Artifact.Type of what has no name.
const Generic = "generic"

// auto is the name that stands for no format: it is found by the document's keys.
const auto = "auto"

// FormatNames returns what Options.Format takes with these formats: "auto", the formats in their order, "generic".
func FormatNames(formats []Format) []string {
	names := []string{auto}
	for i := range formats {
		names = append(names, formats[i].Name)
	}
	return append(names, Generic)
}

// formatTable is the formats of a run, generic as the last, and the one that is forced on every document, if any.
type formatTable struct {
	formats []Format
	forced  *Format
}

// newFormatTable returns the table of a run. The error is an unknown Options.Format; it lists the names there are.
func newFormatTable(o *Options) (formatTable, error) {
	t := formatTable{formats: append(slices.Clone(o.Formats), genericFormat())}
	if o.Format == "" || o.Format == auto {
		return t, nil
	}
	i := slices.IndexFunc(t.formats, func(f Format) bool { return f.Name == o.Format })
	if i < 0 {
		return t, fmt.Errorf("unknown input format %q: one of %s", o.Format, strings.Join(t.names(), ", "))
	}
	t.forced = &t.formats[i]
	return t, nil
}

// names returns FormatNames of the table.
func (t *formatTable) names() []string { return FormatNames(t.formats[:len(t.formats)-1]) }

// choose returns the forced format, or the one that recognises the document. It is an error when a document is of another
// format than the forced one; generic can be forced on any, and any on a generic one.
func (t *formatTable) choose(k Keys) (*Format, error) {
	chosen := &t.formats[slices.IndexFunc(t.formats, func(f Format) bool { return f.Recognise(k) })]
	if t.forced == nil {
		return chosen, nil
	}
	if chosen != t.forced && chosen.Name != Generic && !t.forced.Recognise(k) {
		return nil, fmt.Errorf("this is no %s document: by its keys it is %s; --input-format auto finds that out", t.forced.Name, chosen.Name)
	}
	return t.forced, nil
}

// wholeArray reports whether an array with this first element is one document.
func (t *formatTable) wholeArray(first Keys) bool {
	return slices.ContainsFunc(t.formats, func(f Format) bool { return f.WholeArray != nil && f.WholeArray(first) })
}

// Fill reads doc.Raw as a document of the format and fills in Format, Reports and Warnings. It is what [Read] does with each
// document of the stream. The error comes with its place in doc.Raw, in bytes from 0.
func (f *Format) Fill(doc *Document, o Options) (at int64, err error) {
	doc.Format = f.Name
	if err := f.Read(doc); err != nil {
		return describe(err)
	}
	if o.Components && f.Components != nil {
		if err := f.Components(doc); err != nil {
			return describe(err)
		}
	}
	for i := range doc.Reports {
		r := &doc.Reports[i]
		doc.nameArtifact(&r.Artifact)
		r.Covers |= o.Covers
		if o.Partial {
			r.Covers = 0
		}
	}
	return 0, nil
}

// announceGeneric returns the warning that a document has no format that is known, so that a misspelt scanner option is noticed.
func (t *formatTable) announceGeneric(doc *Document, k Keys) string {
	const most = 12
	var names []string
	for _, s := range k.spans[:min(len(k.spans), most)] {
		names = append(names, printable(k.raw[s.start:s.end], 40))
	}
	if len(k.spans) > most {
		names = append(names, "…")
	}
	list := "top-level keys: " + strings.Join(names, ", ")
	if len(k.spans) == 0 {
		list = "no top-level keys"
	}
	if doc.Raw[0] == '[' {
		list = "an array"
	}
	return fmt.Sprintf("%s: no known scan format (%s): taken as generic, without findings; --input-format NAME says what it is (%s)", doc.Source, list, strings.Join(t.names(), ", "))
}
