package render

import (
	"fmt"
	"unicode/utf8"
)

// Split divides a tree into parts that fit, at the borders of blocks and rows. Each part begins with the tree's first heading,
// which has "part i of n" when there are several; a table that goes on has its columns again, below the heading it stood under.
// A block or row that does not fit by itself is cut, and ends in "…". Every row is in exactly one part.
//
// fits must hold for a tree when it holds for a longer one; it is asked about as many trees as there are parts, times the
// logarithm of their size.
func Split(t Tree, fits func(Tree) bool) []Tree {
	if fits(t) {
		return []Tree{t}
	}
	s := newSplitter(t)
	var parts []Tree
	guess := len(s.units)
	for from := s.first; from < len(s.units); {
		to := s.reach(from, guess, fits)
		if to == from {
			parts = append(parts, s.cut(from, fits))
			to = from + 1
		} else {
			parts = append(parts, s.part(from, to, 0))
			guess = to - from
		}
		from = to
	}
	if len(parts) == 0 { // nothing but a heading
		parts = append(parts, s.cut(0, fits))
	}
	for i := range parts {
		s.number(parts[i], i+1, len(parts))
	}
	return parts
}

// unit is what is never divided: a block, or a row of a table.
type unit struct {
	block int
	row   int // -1 for a whole block
}

// splitter knows a tree by its units.
type splitter struct {
	tree  Tree
	units []unit
	// first is the first unit behind the tree's first heading, which every part has.
	first int
}

func newSplitter(t Tree) *splitter {
	s := &splitter{tree: t}
	for i, b := range t {
		table, ok := b.(Table)
		if !ok || len(table.Rows) == 0 {
			s.units = append(s.units, unit{i, -1})
			continue
		}
		for r := range table.Rows {
			s.units = append(s.units, unit{i, r})
		}
	}
	if len(t) > 0 {
		if _, ok := t[0].(Heading); ok {
			s.first = 1
		}
	}
	return s
}

// unnumbered stands for "part i of n" while nobody knows n: no number is longer.
const unnumbered = 99999

// part makes a tree of the units from to to. most bounds the characters of each span; 0 does not.
func (s *splitter) part(from, to, most int) Tree {
	title := Heading{Level: 1}
	if s.first == 1 {
		title = s.tree[0].(Heading)
	}
	title.Spans = append(title.Spans[:len(title.Spans):len(title.Spans)], Span{})
	t := Tree{title}
	if from < len(s.units) && s.units[from].row > 0 {
		if h, ok := s.heading(s.units[from].block); ok {
			t = append(t, h)
		}
	}
	for i := from; i < to; {
		u := s.units[i]
		if u.row < 0 {
			t = append(t, s.tree[u.block])
			i++
		} else {
			table := s.tree[u.block].(Table)
			n := min(to-i, len(table.Rows)-u.row)
			table.Rows = table.Rows[u.row : u.row+n : u.row+n]
			t = append(t, table)
			i += n
		}
	}
	for i := range t {
		if most > 0 {
			t[i] = cutBlock(t[i], most)
		}
	}
	s.number(t, unnumbered, unnumbered)
	return t
}

// heading is the one that a table stands under, unless it is the tree's first.
func (s *splitter) heading(block int) (Heading, bool) {
	for i := block - 1; i > 0; i-- {
		if h, ok := s.tree[i].(Heading); ok {
			return h, true
		}
	}
	return Heading{}, false
}

// reach finds how far a part that begins at from can go: from itself when not even one unit fits. guess is how many units the
// last part had.
func (s *splitter) reach(from, guess int, fits func(Tree) bool) int {
	good, bad := from, len(s.units)+1
	for step := max(guess, 1); good < len(s.units); step *= 2 {
		to := min(from+step, len(s.units))
		if !fits(s.part(from, to, 0)) {
			bad = to
			break
		}
		good = to
	}
	for bad-good > 1 && bad <= len(s.units) {
		middle := good + (bad-good)/2
		if fits(s.part(from, middle, 0)) {
			good = middle
		} else {
			bad = middle
		}
	}
	// A heading belongs to what follows it.
	for to := good; good < len(s.units) && to > from; to-- {
		if _, ok := s.tree[s.units[to-1].block].(Heading); !ok {
			return to
		}
	}
	return good
}

// cut makes a part of one unit that does not fit, with as many characters of each span as fit.
func (s *splitter) cut(at int, fits func(Tree) bool) Tree {
	good, bad := 1, s.longest(at)
	for bad-good > 1 {
		middle := good + (bad-good)/2
		if fits(s.part(at, at+1, middle)) {
			good = middle
		} else {
			bad = middle
		}
	}
	return s.part(at, at+1, good)
}

// longest is the length of the longest span of a unit, in bytes.
func (s *splitter) longest(at int) int {
	n := 2
	measure := func(spans []Span) []Span {
		for i := range spans {
			n = max(n, len(spans[i].Text)+1)
		}
		return spans
	}
	if s.first == 1 {
		eachSpans(s.tree[0], measure)
	}
	u := s.units[at]
	if table, ok := s.tree[u.block].(Table); ok && u.row >= 0 {
		table.Rows = table.Rows[u.row : u.row+1]
		eachSpans(table, measure)
		return n
	}
	eachSpans(s.tree[u.block], measure)
	return n
}

// number writes "part i of n" behind the first heading, in the span that part keeps for it; the only part has none.
func (s *splitter) number(t Tree, i, n int) {
	h := t[0].(Heading)
	last := len(h.Spans) - 1
	text := fmt.Sprintf("part %d of %d", i, n)
	if s.first == 1 {
		text = ", " + text
	}
	if h.Spans = h.Spans[:last:last]; n > 1 {
		h.Spans = append(h.Spans, Span{Text: text, Style: Dim})
	}
	t[0] = h
}

// cutBlock cuts each span of a block to so many characters, the last one being "…".
func cutBlock(b Block, most int) Block {
	return eachSpans(b, func(spans []Span) []Span {
		short := make([]Span, len(spans))
		for i, span := range spans {
			span.Text = cutText(span.Text, most)
			short[i] = span
		}
		return short
	})
}

// cutText cuts text to so many characters, the last one being "…".
func cutText(text string, most int) string {
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	n := 0
	for i := range text {
		if n++; n == most {
			return text[:i] + "…"
		}
	}
	return text
}

// eachSpans makes a block anew with what change gives for each run of spans in it.
func eachSpans(b Block, change func([]Span) []Span) Block {
	switch b := b.(type) {
	case Heading:
		b.Spans, b.Aside = change(b.Spans), change(b.Aside)
		return b
	case Paragraph:
		return Paragraph{change(b.Spans)}
	case Facts:
		facts := make(Facts, len(b))
		for i, f := range b {
			facts[i] = Fact{cutName(f.Name), change(f.Value)}
		}
		return facts
	case Table:
		rows := make([]Row, len(b.Rows))
		for i, r := range b.Rows {
			cells := make([][]Span, len(r.Cells))
			for k, c := range r.Cells {
				cells[k] = change(c)
			}
			r.Cells = cells
			rows[i] = r
		}
		b.Rows = rows
		return b
	}
	return b
}

// cutName bounds the name of a fact, which is one of ours and short.
func cutName(name string) string { return cutText(name, 40) }
