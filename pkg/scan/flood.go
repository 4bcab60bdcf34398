package scan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
)

// listedErrors is how many errors of one source are listed, and of how many of its documents the warnings: a few kilobytes of gzip
// hold millions of broken documents, and nobody reads on.
const listedErrors = 20

// Flood counts the errors of one source after another, and keeps back those that are too many.
type Flood struct {
	source string
	errors int
	warned int
}

// Begin is called with the source of whatever comes next: PATH, or PATH#N. When another source ends with it, it returns the error
// that stands for those that were kept back, or nil.
func (f *Flood) Begin(source string) *InputError { return f.begin(pathOf(source)) }

// begin is Begin with a path.
func (f *Flood) begin(path string) *InputError {
	if path == f.source {
		return nil
	}
	rest := f.End()
	f.source = path
	return rest
}

// End ends the source, and returns the error that stands for those that were kept back; nil when there are none.
func (f *Flood) End() *InputError {
	more := f.errors - listedErrors
	source := f.source
	*f = Flood{}
	if more <= 0 {
		return nil
	}
	text := humanize.Comma(int64(more)) + " more errors"
	if more == 1 {
		text = "1 more error"
	}
	return &InputError{Source: source, Offset: -1, Err: errors.New(text), Count: more}
}

// Error counts an error, and reports whether it is to be listed.
func (f *Flood) Error() bool {
	f.errors++
	return f.errors <= listedErrors
}

// thin takes the warnings of a document away when those of many others of its source were given already. The last one that is given
// says so.
func (f *Flood) thin(doc *Document) {
	if len(doc.Warnings) == 0 {
		return
	}
	switch f.warned++; {
	case f.warned == listedErrors:
		doc.Warnf("the warnings of further documents of this input are not shown")
	case f.warned > listedErrors:
		doc.Warnings = nil
	}
}

// pathOf returns the path of PATH#N.
func pathOf(source string) string {
	i := strings.LastIndexByte(source, '#')
	if i < 0 || i == len(source)-1 || strings.Trim(source[i+1:], "0123456789") != "" {
		return source
	}
	return source[:i]
}

// numbered returns the source of a document: PATH#N, or PATH when no document began.
func numbered(path string, number int) string {
	if number == 0 {
		return path
	}
	return fmt.Sprintf("%s#%d", path, number)
}
