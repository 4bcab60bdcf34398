package scan

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Part is a value inside a document that knows where it stands, for formats whose documents hold several reports, or one inside of
// something else: an element of a list, or a member of an object, is decoded as a Part, and its bytes become [Report.Raw] as they are.
type Part[T any] struct {
	// Value is the decoded value.
	Value T

	start, end int64
}

// UnmarshalJSONFrom reads the value and remembers its place.
func (p *Part[T]) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	in.PeekKind() // reads as far as the value
	p.start = in.InputOffset()
	for _, c := range in.UnreadBuffer() {
		if c != ',' && c != ':' && c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			break
		}
		p.start++
	}
	err := json.UnmarshalDecode(in, &p.Value)
	p.end = in.InputOffset()
	return err
}

// Raw returns the value's bytes: a sub-slice of the document's, which must be the one that [Decode] was given.
func (p *Part[T]) Raw(doc *Document) []byte { return doc.Raw[p.start:p.end:p.end] }
