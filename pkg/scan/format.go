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
	// Read makes the reports of doc.Raw, at least one, and adds warnings. What holds nothing of a scan is an error. An error of
	// [Decode] is returned as it is: its place in the document is found out by the caller, which also finds names for artifacts
	// without one, or warns of them, and applies Options.Covers and Options.Partial.
	Read func(doc *Document) error
	// Components sets Components of the reports that Read has made, in a pass of its own. It is called only when
	// Options.Components is set; nil when such documents list none.
	Components func(doc *Document) error
}

// Generic is the name of the format of any JSON, which is read only on request (see [Options]), and the Artifact.Type of what has no
// name.
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

// formatTable is the formats of a run, generic as the last, the one that is forced on every document, if any, and whether generic
// takes what no other recognises.
type formatTable struct {
	formats []Format
	forced  *Format
	generic bool
}

// newFormatTable returns the table of a run. The error is an unknown Options.Format; it lists the names there are.
func newFormatTable(o *Options) (formatTable, error) {
	t := formatTable{formats: append(slices.Clone(o.Formats), genericFormat()), generic: o.Generic}
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

// known returns the names of the formats that recognise something.
func (t *formatTable) known() []string {
	names := t.names()
	return names[1 : len(names)-1]
}

// recognised reports whether a document is of one of these.
func (t *formatTable) recognised(k Keys) bool {
	return slices.ContainsFunc(t.formats[:len(t.formats)-1], func(f Format) bool { return f.Recognise(k) })
}

// choose returns the forced format, or the one that recognises the document. It is an error when none does, unless generic is asked
// for, and when the forced one does not: a document that is not understood must not look like a scan without findings.
func (t *formatTable) choose(k Keys) (*Format, error) {
	if t.forced != nil && t.forced.Recognise(k) {
		return t.forced, nil
	}
	chosen := &t.formats[slices.IndexFunc(t.formats, func(f Format) bool { return f.Recognise(k) })]
	switch {
	case chosen.Name == Generic && (t.forced != nil || !t.generic):
		err := t.unknown(k)
		if t.forced != nil {
			err = fmt.Errorf("this is no %s document: %w", t.forced.Name, err)
		}
		return nil, err
	case t.forced != nil:
		return nil, fmt.Errorf("this is no %s document: by its keys it is %s; --input-format auto finds that out", t.forced.Name, chosen.Name)
	}
	return chosen, nil
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
		doc.nameArtifact(&r.Artifact, r, &o)
		r.Covers |= o.Covers
		if o.Partial {
			r.Covers, r.CoversIfChanged = 0, 0
		}
		r.CoversIfChanged &^= r.Covers
	}
	return 0, nil
}

// announceGeneric returns the warning that a document has no format that is known, so that a misspelt scanner option is noticed.
func (t *formatTable) announceGeneric(doc *Document, k Keys) string {
	return fmt.Sprintf("%s: no known scan format (%s): taken as generic, without findings; --input-format NAME says what it is (%s)",
		doc.Source, keysText(k), strings.Join(t.names(), ", "))
}
