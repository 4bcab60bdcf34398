package render

import (
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// Tree is what a message says, block by block, before a printer gives it a look. Text in it is data: each printer escapes it
// for its own language, so that nothing from a scan becomes a mention, a link, an element or an escape sequence.
type Tree []Block

// Block is a part of a message that stands by itself: [Heading], [Paragraph], [Facts] or [Table].
type Block interface{ block() }

// Heading begins a message (level 1) or a part of it (level 2, 3).
type Heading struct {
	Level int
	Spans []Span
	// Aside stands at the right edge of the same line on a terminal; other printers leave it out, since [Layout] says it there
	// in other blocks.
	Aside []Span
}

// Paragraph is running text in one line; printers break it where they must.
type Paragraph struct{ Spans []Span }

// Facts are pairs of a name and a value, short ones.
type Facts []Fact

// Fact is one of them.
type Fact struct {
	Name  string
	Value []Span
}

// Table has rows with the same columns. Printers without tables print a line a row.
type Table struct {
	// Kind is what the rows are, in the plural, for "… 49 more findings".
	Kind    string
	Columns []Column
	Rows    []Row
}

// Column is one column of a table.
type Column struct {
	// Title is its heading; printers may leave headings out where every column is obvious.
	Title string
	// Least is the fewest terminal columns in which it still says something, Most the greatest width that it may take.
	Least, Most int
	// Loose columns take what room is left, and go first when there is too little.
	Loose bool
	// Spare columns go after the loose ones when there is still too little room.
	Spare bool
	// Right aligns numbers.
	Right bool
}

// Row is one row: a cell for each column.
type Row struct {
	Cells [][]Span
	// Counts is how many findings of that severity the row stands for, in "… 49 more: 3 high, 46 low"; 0 in a table of something else,
	// whose rows are counted.
	Severity scan.Severity
	Counts   int
}

// Span is a run of text with one look.
type Span struct {
	Text  string
	Style Style
	// URL makes it a link, where the printer has links. Only http and https ones are followed.
	URL string
	// Severity colours it when Style has Severe; the word itself is in Text: colour is never alone.
	Severity scan.Severity
}

// Style is a set of looks.
type Style uint8

// The looks.
const (
	Bold Style = 1 << iota
	Dim
	Code
	Struck
	Severe
)

func (Heading) block()   {}
func (Paragraph) block() {}
func (Facts) block()     {}
func (Table) block()     {}

// room is how many bytes a tree will take, at so many a row.
func room(t Tree, row int) int {
	n := 1024
	for _, b := range t {
		n += 128
		if table, ok := b.(Table); ok {
			n += row * len(table.Rows)
		}
	}
	return n
}

// Blank reports whether spans have nothing to read.
func Blank(spans []Span) bool {
	for i := range spans {
		if strings.TrimSpace(spans[i].Text) != "" {
			return false
		}
	}
	return true
}

// None reports whether a cell is a number that is 0, and dim because it says nothing.
func None(spans []Span) bool {
	return len(spans) == 1 && spans[0].Text == "0" && spans[0].Style&Dim != 0
}
