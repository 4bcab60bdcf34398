package render

import (
	"fmt"

	"github.com/postee/postee/pkg/scan"
)

// upgrades says what to do: the upgrades that mend the most. One is a sentence, several are a table.
func (p *page) upgrades() {
	list := Upgrades(p.section)
	if len(list) == 0 {
		return
	}
	if len(list) == 1 && list[0].Sure {
		u := &list[0]
		text := fmt.Sprintf(" to %s (fixes %s)", u.To, severities(&u.By))
		p.add(Paragraph{[]Span{{Text: "Do:", Style: Bold}, {Text: " upgrade "}, {Text: u.Package, Style: Bold}, {Text: " " + u.From + text}}})
		return
	}
	t := upgradeTable(list)
	for i, title := range [...]string{"Package", "Installed", "Upgrade to", "Fixes", "Of these"} {
		t.Columns[i].Title = title
	}
	p.add(Heading{Level: p.level + 1, Spans: words("Do: upgrade " + plural(len(list), "package"))})
	p.add(limited(t, p.options.Upgrades)...)
}

// upgradeTable lists upgrades, without headings.
func upgradeTable(list []Upgrade) Table {
	t := Table{Kind: "upgrades", Columns: []Column{
		{Least: 8, Most: 36}, {Least: 7, Most: 30}, {Least: 8, Most: 40}, {Least: 3, Most: 6, Right: true}, {Least: 10, Most: 60, Loose: true},
	}}
	made := newCells(len(list), len(t.Columns))
	for i := range list {
		u := &list[i]
		t.Rows = append(t.Rows, Row{Severity: u.Worst, Cells: made.row(
			Span{Text: u.Package, Style: Bold}, Span{Text: u.From}, Span{Text: "→ " + u.To}, Span{Text: fmt.Sprint(u.Fixes)},
			Span{})})
		t.Rows[i].Cells[4] = severitySpans(&u.By)
	}
	return t
}

// severitySpans lists counts, worst first, each in its colour.
func severitySpans(n *[scan.SeverityCount]int) []Span {
	var spans []Span
	for i := range n {
		severity := scan.Critical - scan.Severity(i)
		if n[severity] == 0 {
			continue
		}
		if len(spans) > 0 {
			spans = append(spans, Span{Text: ", "})
		}
		spans = append(spans, Span{Text: fmt.Sprintf("%d %s", n[severity], severity), Style: Severe, Severity: severity})
	}
	return spans
}

// limited is a table of at most so many rows (0 for all), and what was left out.
func limited(t Table, rows int) Tree {
	if rows <= 0 || len(t.Rows) <= rows {
		return Tree{t}
	}
	rest := t.Rows[rows:]
	t.Rows = t.Rows[:rows:rows]
	return Tree{t, Paragraph{[]Span{{Text: more(t.Kind, rest), Style: Dim}}}}
}
