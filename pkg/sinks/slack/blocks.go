package slack

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/postee/postee/pkg/render"
)

// Limits of Slack, and what is kept free of them. Slack counts what it stores, in an encoding of its own (see weigh): all
// are weights, which are never smaller than numbers of characters.
const (
	// maxBlocks is what a message may have.
	maxBlocks = 50
	// maxHeader bounds a header block, maxSection the text of a section, maxFields the fields of one.
	maxHeader  = 150
	maxSection = 3000
	maxFields  = 10
	// maxMessage bounds all blocks together: chat.postMessage refuses from about 13,000 on, and says nowhere from where exactly.
	maxMessage = 12000
	// perBlock and perField are more than the JSON around a text weighs.
	perBlock, perField = 110, 60
)

// What lines may weigh at most: together, the ones that cannot be divided fit into a message.
const (
	maxHeading, maxParagraph, maxFact, maxRow = 900, 1500, 400, 1500
)

// page collects the blocks of one message.
type page struct {
	rows *memory
	// build makes blocks; otherwise they are only counted.
	build bool
	list  []slack.Block
	// blocks and weight are those of the finished blocks.
	blocks, weight int
	// text is the section under way, and textWeight what it weighs.
	text       []byte
	textWeight int
}

// memory remembers the lines of rows by their first cell: [render.Split] asks about each row several times.
type memory struct {
	lines map[*[]render.Span]line
	w     writer
}

// fits reports whether a tree fits into one message.
func fits(t render.Tree, rows *memory) bool {
	p := page{rows: rows}
	p.tree(t)
	return !p.over()
}

// blocksOf returns the blocks of a tree.
func blocksOf(t render.Tree, rows *memory) []slack.Block {
	p := page{rows: rows, build: true}
	p.tree(t)
	return p.list
}

// over reports whether the page is too full for one message.
func (p *page) over() bool {
	return p.blocks > maxBlocks || p.weight+p.textWeight > maxMessage
}

// tree prints all blocks, or, when nothing is built, as many as it takes to know that they are too many.
func (p *page) tree(t render.Tree) {
	for _, b := range t {
		if !p.build && p.over() {
			return
		}
		switch b := b.(type) {
		case render.Heading:
			p.heading(b)
		case render.Paragraph:
			p.paragraph(b)
		case render.Facts:
			p.facts(b)
		case render.Table:
			p.table(b)
		}
	}
	p.flush()
}

// heading prints the first level as a header block where that can say it: in plain text, without anything to escape. Any
// other is a bold line above what follows.
func (p *page) heading(h render.Heading) {
	if h.Level <= 1 {
		p.flush()
		if text, ok := header(h.Spans); ok {
			p.add(weigh(text), func() slack.Block {
				noEmoji := false
				return slack.NewHeaderBlock(&slack.TextBlockObject{Type: slack.PlainTextType, Text: text, Emoji: &noEmoji})
			})
			return
		}
	}
	spans := make([]render.Span, len(h.Spans))
	for i, s := range h.Spans {
		s.Style |= render.Bold
		spans[i] = s
	}
	if len(p.text) > 0 || p.textWeight > 0 {
		p.line(line{})
	}
	p.line(lineOf([][]render.Span{spans}, nil, maxHeading))
}

// header returns spans as the text of a header block.
func header(spans []render.Span) (string, bool) {
	var b []byte
	for _, s := range spans {
		if len(b)+len(s.Text) > maxHeader || s.URL != "" {
			return "", false
		}
		b = appendText(b, s.Text, setting{code: true})
	}
	for _, c := range b {
		if c == '&' { // something was escaped
			return "", false
		}
	}
	return string(b), len(b) > 0 && utf8.RuneCount(b) <= maxHeader && !render.Blank(spans)
}

// paragraph prints a line; one that is dim throughout is Slack's small grey text.
func (p *page) paragraph(g render.Paragraph) {
	if render.Blank(g.Spans) {
		return
	}
	l := lineOf([][]render.Span{g.Spans}, nil, maxParagraph)
	for _, s := range g.Spans {
		if s.Style&render.Dim == 0 {
			p.line(l)
			return
		}
	}
	p.flush()
	p.add(l.weight+perField, func() slack.Block { return slack.NewContextBlock("", mrkdwn(l.text)) })
}

// facts prints pairs as fields, which Slack sets in two columns.
func (p *page) facts(facts render.Facts) {
	p.flush()
	for len(facts) > 0 {
		some := facts[:min(len(facts), maxFields)]
		facts = facts[len(some):]
		fields := make([]*slack.TextBlockObject, 0, len(some))
		weight := 0
		for _, f := range some {
			name := lineOf([][]render.Span{{{Text: f.Name, Style: render.Bold}}}, nil, maxFact)
			value := lineOf([][]render.Span{f.Value}, nil, maxFact)
			fields = append(fields, mrkdwn(name.text+"\n"+value.text))
			weight += name.weight + value.weight + perField
		}
		p.add(weight, func() slack.Block { return slack.NewSectionBlock(nil, fields, nil) })
	}
}

// table prints a line for each row.
func (p *page) table(t render.Table) {
	gaps := gapsOf(t.Columns)
	for _, r := range t.Rows {
		if !p.build && p.over() {
			return
		}
		if l := p.rows.row(r, gaps); l.text != "" {
			p.line(l)
		}
	}
}

// gapsOf says what stands before the cells of columns. Chats have no columns, so that numbers carry their headings with them:
// "fixes 12", "critical 2".
func gapsOf(columns []render.Column) []gap {
	gaps := make([]gap, len(columns))
	for i, c := range columns {
		gaps[i].far = c.Loose || c.Right
		if c.Right && strings.ContainsFunc(c.Title, unicode.IsLetter) {
			gaps[i].name = string(appendText(nil, strings.ToLower(c.Title), setting{}))
		}
	}
	return gaps
}

// row prints a row, or remembers how it was printed.
func (m *memory) row(r render.Row, gaps []gap) line {
	if len(r.Cells) == 0 {
		return line{}
	}
	key := &r.Cells[0]
	l, ok := m.lines[key]
	if !ok {
		l = m.w.lineOf(r.Cells, gaps, maxRow)
		m.lines[key] = l
	}
	return l
}

// line adds a line to the section under way, or begins another.
func (p *page) line(l line) {
	const lineBreak = 2
	if p.textWeight+l.weight+lineBreak > maxSection {
		p.flush()
	}
	if p.textWeight > 0 {
		if p.build {
			p.text = append(p.text, '\n')
		}
		p.textWeight += lineBreak
	}
	if p.build {
		p.text = append(p.text, l.text...)
	}
	p.textWeight += l.weight
}

// flush ends the section under way.
func (p *page) flush() {
	if p.textWeight == 0 {
		return
	}
	weight := p.textWeight
	p.textWeight = 0
	p.add(weight, func() slack.Block { return slack.NewSectionBlock(mrkdwn(string(p.text)), nil, nil) })
	p.text = p.text[:0]
}

// add counts a block, and makes it where blocks are made.
func (p *page) add(weight int, block func() slack.Block) {
	p.blocks++
	p.weight += weight + perBlock
	if p.build {
		p.list = append(p.list, block())
	}
}

// mrkdwn is a text in Slack's markup that Slack leaves as it is.
func mrkdwn(text string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: text, Verbatim: true}
}

// weigh returns the length of a text in the longest JSON encoding there is, in which Slack seems to count: what is not ASCII is
// written \uXXXX, in two of them beyond the basic plane, and slashes are escaped. s is valid UTF-8 without control characters.
func weigh(s string) int {
	const low, high uint64 = 1<<'"' | 1<<'/' | 1<<'\n', 1 << ('\\' - 64)
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0xf0: // the first byte of four
			n += 12
		case c >= 0xc0: // of two or three
			n += 6
		case c >= utf8.RuneSelf: // one that follows
		case c < 64:
			n += 1 + int(low>>c&1)
		default:
			n += 1 + int(high>>(c-64)&1)
		}
	}
	return n
}
