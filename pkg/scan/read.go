package scan

import (
	"context"
	"crypto/sha256"
	"io"
	"strconv"
)

// Options say how to read. With only Formats set it reads as the command does without flags.
type Options struct {
	// Formats are the formats to read, the first that recognises a document wins; formats.All() has those there are. What none
	// recognises is an error, unless Generic is set.
	Formats []Format
	// Format forces one of them, or "generic", by name (see [FormatNames]); "" and "auto" find it by the document's keys.
	Format string
	// Generic makes any JSON that no format recognises a document of the format "generic"; the first of a source is announced. The
	// caller sets it when somebody wants such documents: a route that lists the format.
	Generic bool
	// Named says that the caller names the artifact of the run. Otherwise two documents that may be about two things under one
	// relative path are an error: the second of them.
	Named bool
	// Job names artifacts that go by a place.
	Job Job
	// Components makes the reader list what is installed too (see [Report.Components]), which takes another pass over the
	// document.
	Components bool
	// Known reports for each of some documents, by the SHA-256 of its bytes, whether the caller knows what reading it would tell: such a
	// document is handed over unread (see [Document.Unread]). Several goroutines may ask at once. Nil knows none.
	Known func(ctx context.Context, sums [][sha256.Size]byte) []bool
	// ByTypes reads every document by the types of its format, none by tokens: the long way, which tokens are a short cut of.
	ByTypes bool
	// MaxDocument is the largest document in bytes; 0 is DefaultMaxDocument.
	MaxDocument int64
	// Stdin is what "-" reads.
	Stdin io.Reader
	// Covers is added to what each report proves; Partial makes every report prove nothing.
	Covers  Coverage
	Partial bool
}

// Item is a document, what went wrong in its place, or a warning: exactly one of Doc, Err and Warning is set.
type Item struct {
	Doc *Document
	Err *InputError
	// Warning is about the source, whose name it begins with, rather than about a document: log lines that were skipped, or
	// a first document of no known format, which follows as the next item.
	Warning string
	// Release returns the document's share of the memory budget back; the consumer calls it once when it no longer
	// needs the document. It is nil when there is no document.
	Release func()
}

// InputError is input that could not be read or understood. The rest of the input is not affected.
type InputError struct {
	// Source is PATH#N of the document, or PATH when no document began.
	Source string
	// Offset is the byte position in the decoded source, -1 when it means nothing.
	Offset int64
	// Err is the reason.
	Err error
	// Count is above 0 where this stands for so many errors of the source that are not listed.
	Count int
}

// Number is how many errors this stands for: one, where it does not say otherwise.
func (e *InputError) Number() int { return max(1, e.Count) }

// Error returns place and reason: "report.json#3: offset 20481: unexpected end of JSON".
func (e *InputError) Error() string {
	if e.Offset < 0 {
		return e.Source + ": " + e.Err.Error()
	}
	return e.Source + ": offset " + strconv.FormatInt(e.Offset, 10) + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *InputError) Unwrap() error { return e.Err }
