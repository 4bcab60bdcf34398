package render

import (
	"slices"
	"sort"
)

// longestList is how many rows of a table are shown where there is a limit at all: beyond that nobody reads on.
const longestList = 200

// leastRows is how many rows of each table are shown before whole blocks are left out.
const leastRows = 5

// Fit returns what of a tree fits into one text: all, or as many rows of each table as fit, worst first, or at last as many blocks. What
// is left out of a table is counted below it. The tree itself stays as it is, and may share nothing with what is returned but its blocks;
// whole reports whether nothing is left out. fits must hold for a tree when it holds for a longer one.
func Fit(t Tree, fits func(Tree) bool) (short Tree, whole bool) {
	if fits(t) {
		return slices.Clone(t), true
	}
	n := sort.Search(longestList-leastRows, func(n int) bool { return fits(Shorten(t, longestList-n)) })
	if short = Shorten(t, longestList-n); fits(short) {
		return short, false
	}
	n = sort.Search(len(short), func(n int) bool { return !fits(short[:n+1]) })
	for n > 0 && needsNext(short, n-1) {
		n--
	}
	return slices.Clone(short[:n]), false
}

// Clip cuts each run of text of a tree to so many characters, the last one being "…". The tree itself stays as it is.
func Clip(t Tree, most int) Tree {
	short := make(Tree, len(t))
	for i, b := range t {
		short[i] = cutBlock(b, most)
	}
	return short
}

// needsNext reports whether a block says too little without the next one: a heading, or a table whose left out rows that one counts.
func needsNext(t Tree, at int) bool {
	switch b := t[at].(type) {
	case Heading:
		return true
	case Table:
		if len(b.Rows) == leastRows && at+1 < len(t) {
			_, counted := t[at+1].(Paragraph)
			return counted
		}
	}
	return false
}
