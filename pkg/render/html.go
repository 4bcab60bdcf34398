package render

import (
	"fmt"
	"strings"

	"github.com/postee/postee/pkg/scan"
)

// HTMLOptions say what stands around the HTML.
type HTMLOptions struct {
	// Document makes a whole page, with the first heading as its title; otherwise it is a fragment.
	Document bool
	// Mail keeps to what mail clients can show, with a row in two lines instead of columns: a whole page in any case.
	Mail bool
}

// HTML prints a tree as HTML for browsers and mail clients: every look is an inline style, there is no script and nothing is
// loaded from anywhere. Text and background keep the reader's own colours, so that it is dark where they are; tables wrap into
// cards where there is little room, and print.
func HTML(t Tree, o HTMLOptions) []byte {
	h := &hypertext{out: make([]byte, 0, room(t, 900)), look: spanStyle}
	if o.Mail {
		h.look = mailStyle
		h.mail(t)
		return h.out
	}
	if o.Document {
		h.raw(`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
			`<meta name="color-scheme" content="light dark"><title>`)
		h.text(titleOf(t))
		h.raw(`</title></head><body style="margin:0;color-scheme:light dark">`)
	}
	h.raw(`<div style="max-width:1080px;margin:0 auto;padding:16px;font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere">`, "\n")
	for _, b := range t {
		h.block(b)
	}
	h.raw("</div>")
	if o.Document {
		h.raw("</body></html>\n")
	}
	return h.out
}

// titleOf is the plain text of the first heading.
func titleOf(t Tree) string {
	for _, b := range t {
		if h, ok := b.(Heading); ok {
			var text strings.Builder
			for _, s := range h.Spans {
				text.WriteString(Clean(s.Text))
			}
			return text.String()
		}
	}
	return "postee"
}

// hypertext prints one tree.
type hypertext struct {
	out []byte
	// look is what a span's style is as CSS.
	look func(*Span) string
}

func (h *hypertext) raw(markup ...string) {
	for _, m := range markup {
		h.out = append(h.out, m...)
	}
}

// text prints text as text.
func (h *hypertext) text(text string) {
	text = Clean(text)
	from := 0
	for i := range len(text) {
		var escape string
		switch text[i] {
		case '<':
			escape = "&lt;"
		case '>':
			escape = "&gt;"
		case '&':
			escape = "&amp;"
		case '"':
			escape = "&quot;"
		case '\'':
			escape = "&#39;"
		default:
			continue
		}
		h.out = append(append(h.out, text[from:i]...), escape...)
		from = i + 1
	}
	h.out = append(h.out, text[from:]...)
}

func (h *hypertext) block(b Block) {
	switch b := b.(type) {
	case Heading:
		level := min(max(b.Level, 1), 3)
		h.raw(headingTags()[level-1])
		h.spans(b.Spans)
		if len(b.Aside) > 0 {
			h.raw(`<span style="font-weight:normal"> — `)
			h.spans(b.Aside)
			h.raw("</span>")
		}
		h.raw(fmt.Sprintf("</h%d>\n", level))
	case Paragraph:
		h.raw(`<p style="margin:0 0 12px">`)
		h.spans(b.Spans)
		h.raw("</p>\n")
	case Facts:
		h.facts(b)
	case Table:
		h.table(&b)
	}
}

func headingTags() [3]string {
	return [...]string{
		`<h1 style="font-size:22px;line-height:1.3;margin:0 0 12px">`,
		`<h2 style="font-size:17px;line-height:1.3;margin:24px 0 8px;break-after:avoid">`,
		`<h3 style="font-size:15px;line-height:1.3;margin:20px 0 6px;break-after:avoid">`,
	}
}

// facts prints a table of two columns.
func (h *hypertext) facts(facts Facts) {
	h.raw(`<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 12px;border-collapse:collapse">`)
	for _, f := range facts {
		h.raw(`<tr><td style="padding:1px 16px 1px 0;opacity:.7;vertical-align:top;overflow-wrap:normal">`)
		h.text(f.Name)
		h.raw(`</td><td style="padding:1px 0">`)
		h.spans(f.Value)
		h.raw("</td></tr>")
	}
	h.raw("</table>\n")
}

// table prints rows that are lines where there is room for them, and wrap into cards where there is not. Each cell has its
// column's share of the line, so that cells stand below each other in both cases. Mail clients that know no flexible boxes
// show a plain table.
func (h *hypertext) table(t *Table) {
	h.raw(`<table role="table" cellpadding="3" cellspacing="0" style="display:block;margin:0 0 12px;border-collapse:collapse;border-bottom:1px solid #8884">`)
	open := cellStyles(t)
	titled := false
	for _, c := range t.Columns {
		titled = titled || c.Title != ""
	}
	const row = `<tr role="row" style="display:flex;flex-wrap:wrap;border-top:1px solid #8884;break-inside:avoid">`
	if titled {
		h.raw(`<thead style="display:block">`, row)
		for i, c := range t.Columns {
			h.raw(`<th role="columnheader" align="left" `, strings.TrimSuffix(open[i], `"`), `;font-weight:600;font-size:12px;opacity:.7">`)
			h.text(c.Title)
			h.raw("</th>")
		}
		h.raw("</tr></thead>\n")
	}
	h.raw(`<tbody style="display:block">`)
	for i := range t.Rows {
		h.raw(row)
		for k, cell := range t.Rows[i].Cells {
			if k >= len(open) {
				break
			}
			h.raw(`<td role="cell" `, open[k], ">")
			h.spans(cell)
			h.raw("</td>")
		}
		h.raw("</tr>\n")
	}
	h.raw("</tbody></table>\n")
}

// cellStyles are the columns' shares of a line: what the longest text takes, within bounds that leave room for three of them on
// a phone. The loose column, or else the last wide one, takes what is left.
func cellStyles(t *Table) []string {
	styles := make([]string, len(t.Columns))
	grows := -1
	for i, c := range t.Columns {
		if c.Loose || c.Most >= 30 && (grows < 0 || !t.Columns[grows].Loose) {
			grows = i
		}
	}
	for i, c := range t.Columns {
		most := 160
		switch {
		case c.Most >= 60 && !c.Loose:
			most = 340
		case c.Most >= 40 || c.Loose:
			most = 230
		}
		grow, basis := 0, min(max(longestText(t, i)*9+4, 24), most)
		if i == grows {
			grow = 1
		}
		styles[i] = fmt.Sprintf(`style="flex:%d 1 %dpx`, grow, basis)
		if c.Right {
			styles[i] += ";text-align:right"
		}
		styles[i] += `"`
	}
	return styles
}

// longestText is how many characters the longest cell of a column has; roughly, for a share of a line.
func longestText(t *Table, column int) int {
	longest := len(t.Columns[column].Title)
	for i := range t.Rows {
		if column >= len(t.Rows[i].Cells) {
			continue
		}
		n := 0
		for _, s := range t.Rows[i].Cells[column] {
			n += len(s.Text)
			if s.Style&Severe != 0 {
				n += 3 // the badge's edges, and letters that are wide
			}
		}
		longest = max(longest, n)
	}
	return longest
}

func (h *hypertext) spans(spans []Span) {
	for i := range spans {
		h.span(&spans[i])
	}
}

// span prints one run with its look.
func (h *hypertext) span(s *Span) {
	if s.Text == "" {
		return
	}
	address, linked := link(s.URL)
	if linked {
		h.raw(`<a rel="noopener noreferrer" href="`)
		h.text(address)
		h.raw(`">`)
	}
	style := h.look(s)
	if style != "" {
		h.raw(`<span style="`, style, `">`)
	}
	if s.Style&Code != 0 {
		h.raw(`<code>`)
	}
	h.text(s.Text)
	if s.Style&Code != 0 {
		h.raw("</code>")
	}
	if style != "" {
		h.raw("</span>")
	}
	if linked {
		h.raw("</a>")
	}
}

// spanStyle is a look as CSS. What is severe is a badge in the severity's colour.
func spanStyle(s *Span) string {
	if s.Style&Severe != 0 && s.Style&Struck == 0 {
		return badge(s.Severity)
	}
	style := ""
	if s.Style&Bold != 0 {
		style = "font-weight:600"
	}
	if s.Style&Dim != 0 {
		style += ";opacity:.7"
	}
	if s.Style&Struck != 0 {
		style += ";text-decoration:line-through"
	}
	return strings.TrimPrefix(style, ";")
}

// badge is a severity's background and the colour that can be read on it.
func badge(s scan.Severity) string {
	const shape = ";border-radius:3px;padding:1px 6px;font-size:12px;font-weight:600;white-space:nowrap;print-color-adjust:exact"
	return [...]string{
		"background:#6a737d;color:#fff" + shape, "background:#2e7d32;color:#fff" + shape, "background:#e1c930;color:#000" + shape,
		"background:#f79421;color:#000" + shape, "background:#e0443d;color:#000" + shape, "background:#c00000;color:#fff" + shape,
	}[min(s, scan.Critical)]
}
