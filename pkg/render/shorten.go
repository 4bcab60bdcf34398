package render

import (
	"fmt"

	"github.com/postee/postee/pkg/scan"
)

// Shorten keeps so many rows of each table, and says below it what is left out: "… 49 more: 5 high, 31 medium". Rows of 0 or
// less keep all. t itself stays as it is.
func Shorten(t Tree, rows int) Tree {
	return shorten(t, rows, "")
}

// shorten is Shorten with a hint behind what is left out: how to see it.
func shorten(t Tree, rows int, hint string) Tree {
	short := make(Tree, 0, len(t)+1)
	for _, b := range t {
		table, ok := b.(Table)
		if !ok || rows <= 0 || len(table.Rows) <= rows {
			short = append(short, b)
			continue
		}
		cut := limited(table, rows)
		if note, ok := cut[1].(Paragraph); ok && hint != "" {
			note.Spans = append(note.Spans, Span{Text: hint, Style: Dim})
			cut[1] = note
		}
		short = append(short, cut...)
	}
	return short
}

// more says what rows were left out. A row counts as many findings as it stands for.
func more(kind string, rest []Row) string {
	var n [scan.SeverityCount]int
	for i := range rest {
		n[min(rest[i].Severity, scan.Critical)] += rest[i].Counts
	}
	if sum := total(&n); sum > 0 {
		return fmt.Sprintf("… %d more: %s", sum, severities(&n))
	}
	return fmt.Sprintf("… %d more %s", len(rest), kind)
}
