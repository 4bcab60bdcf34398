package render

// gap is the blank between two columns.
const gap = 2

// grid is a table's columns on a terminal: how wide each one is, 0 for one that is left out.
type grid struct {
	columns []Column
	widths  []int
	// loose is the column that takes what room is left, -1 when there is none.
	loose int
}

// table prints a table in columns that fit their contents and the width.
func (p *terminal) table(t Table) {
	g := p.measure(&t)
	if p.o.Width > 0 {
		g.shrink(p.o.Width - indent)
	}
	titles := make([][]Span, len(t.Columns))
	titled := false
	for i, c := range t.Columns {
		titles[i] = []Span{{Text: c.Title, Style: Dim}}
		titled = titled || c.Title != ""
	}
	if titled {
		p.row(&g, titles)
	}
	for i := range t.Rows {
		p.row(&g, t.Rows[i].Cells)
	}
}

// measure returns each column the width of its widest cell, within the column's bounds.
func (p *terminal) measure(t *Table) grid {
	g := grid{t.Columns, make([]int, len(t.Columns)), -1}
	for i, c := range t.Columns {
		if c.Loose {
			g.loose = i
		}
		for r := range t.Rows {
			if i < len(t.Rows[r].Cells) {
				g.widths[i] = max(g.widths[i], p.cellWidth(t.Rows[r].Cells[i]))
			}
		}
		if c.Most > 0 {
			g.widths[i] = min(g.widths[i], c.Most)
		}
		if g.widths[i] > 0 {
			g.widths[i] = max(g.widths[i], p.width(c.Title))
		}
	}
	return g
}

// taken is how many columns a row takes.
func (g *grid) taken() int {
	n := -gap
	for _, w := range g.widths {
		if w > 0 {
			n += w + gap
		}
	}
	return n
}

// shrink makes rows fit: first the loose column gives way, and goes before it says too little, for names and versions are worth
// more; then spare ones shrink to their least widths, then all others, widest first; then spare ones go, and at last all shrink together.
func (g *grid) shrink(width int) {
	if g.loose >= 0 {
		g.give(g.loose, g.columns[g.loose].Least, width)
		if g.taken() > width {
			g.widths[g.loose] = 0
		}
	}
	for i, c := range g.columns {
		if c.Spare {
			g.give(i, c.Least, width)
		}
	}
	for g.taken() > width && g.narrow(func(i int) int { return g.columns[i].Least }) {
	}
	for i, c := range g.columns {
		if c.Spare && g.taken() > width {
			g.widths[i] = 0
		}
	}
	for g.taken() > width && g.narrow(func(int) int { return 1 }) {
	}
}

// give takes from one column what is too much, down to least.
func (g *grid) give(i, least, width int) {
	if over := g.taken() - width; over > 0 {
		g.widths[i] = max(g.widths[i]-over, min(least, g.widths[i]))
	}
}

// narrow takes one from the column that is widest above its least; false when there is none.
func (g *grid) narrow(least func(int) int) bool {
	best, most := -1, 0
	for i, w := range g.widths {
		if spare := w - least(i); spare > most {
			best, most = i, spare
		}
	}
	if best >= 0 {
		g.widths[best]--
	}
	return best >= 0
}

// row prints one row. Nothing follows its last text. Without a width nothing is cut: what is too wide moves the rest.
func (p *terminal) row(g *grid, cells [][]Span) {
	owed := indent // blanks before the next text
	for i, spans := range cells {
		if i >= len(g.widths) || g.widths[i] == 0 {
			continue
		}
		taken := p.cellWidth(spans)
		if p.o.Width > 0 {
			taken = min(taken, g.widths[i])
		}
		missing := max(g.widths[i]-taken, 0)
		if g.columns[i].Right {
			owed, missing = owed+missing, 0
		}
		if taken > 0 {
			p.pad(owed)
			owed = taken - p.cell(spans, taken)
		}
		owed += missing + gap
	}
	p.out = append(p.out, '\n')
}

// cell prints spans within so many columns, and says how many it took: a wide character may leave one over.
func (p *terminal) cell(spans []Span, room int) (taken int) {
	for i := range spans {
		text := Clean(spans[i].Text)
		if p.o.Width > 0 {
			text = p.fit(text, room-taken)
		}
		taken += p.width(text)
		p.styled(spans[i], text)
	}
	return taken
}
