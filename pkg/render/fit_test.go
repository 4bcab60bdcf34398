package render

import (
	"fmt"
	"strings"
	"testing"
)

// long is a tree with a heading and a table of so many rows.
func long(rows int) Tree {
	t := Table{Kind: "findings", Columns: []Column{{Title: "ID"}}}
	for i := range rows {
		t.Rows = append(t.Rows, Row{Cells: [][]Span{words(fmt.Sprintf("CVE-%06d", i))}})
	}
	return Tree{Heading{Level: 1, Spans: words("title")}, t, Paragraph{words("behind")}}
}

// TestFit: as many rows as fit, not one less, then whole blocks; and what is left out is counted.
func TestFit(t *testing.T) {
	for _, c := range []struct{ rows, limit, shown int }{{3, 1 << 20, 3}, {1000, 1 << 20, 1000}, {1000, 4000, 200}, {1000, 1000, -1}, {1000, 100, 0}} {
		fits := func(t Tree) bool { return len(Markdown(t)) <= c.limit }
		tree := long(c.rows)
		short, whole := Fit(tree, fits)
		text := string(Markdown(short))
		shown := strings.Count(text, "CVE-")
		if !fits(short) || whole != (shown == c.rows) || c.shown >= 0 && shown != c.shown || len(tree[1].(Table).Rows) != c.rows {
			t.Errorf("%d rows in %d bytes: %d are shown, whole is %v", c.rows, c.limit, shown, whole)
		}
		if shown > 0 && !whole {
			if !strings.Contains(text, fmt.Sprintf("%d more findings", c.rows-shown)) {
				t.Errorf("%d rows in %d bytes: the rest is not counted:\n%s", c.rows, c.limit, text)
			}
			if shown < longestList && fits(Shorten(tree, shown+1)) {
				t.Errorf("%d rows in %d bytes: one more than %d fits", c.rows, c.limit, shown)
			}
		}
	}
	if short, whole := Fit(long(10), func(Tree) bool { return false }); len(short) > 0 || whole {
		t.Error("what does not fit is there")
	}
}
