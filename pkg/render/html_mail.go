package render

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/postee/postee/pkg/scan"
)

// mailFont stands at everything that has text: some clients let no style through to what is inside.
const mailFont = "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:14px"

// mailCell is a cell that takes what room there is and no more: a word that is longer, as digests are, makes nothing else wider.
const mailCell = "max-width:0;"

// mail prints a tree for mail clients, of which some know little more than tables, colours and sizes: no flexible boxes, no shades, nothing
// rounded. Text and background keep the reader's own colours.
func (h *hypertext) mail(t Tree) {
	h.raw(`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
		`<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>`)
	h.text(titleOf(t))
	h.raw(`</title></head><body style="margin:0">`, "\n", `<table role="presentation" width="100%" cellpadding="16" cellspacing="0" style="max-width:800px"><tr><td width="100%" style="`, mailCell, mailFont, `">`, "\n")
	for _, b := range t {
		h.mailBlock(b)
	}
	h.raw("</td></tr></table></body></html>\n")
}

func (h *hypertext) mailBlock(b Block) {
	switch b := b.(type) {
	case Heading:
		level := min(max(b.Level, 1), 3)
		size := [...]int{20, 17, 15}[level-1]
		h.raw(fmt.Sprintf(`<h%d style="font-size:%dpx;margin:16px 0 8px">`, level, size))
		h.spans(b.Spans)
		h.raw(fmt.Sprintf("</h%d>\n", level))
	case Paragraph:
		h.raw(`<p style="margin:10px 0">`)
		h.spans(b.Spans)
		h.raw("</p>\n")
	case Facts:
		h.raw(`<table role="presentation" width="100%" cellpadding="1" cellspacing="0">`, "\n")
		for _, f := range b {
			h.raw(`<tr><td valign="top" style="`, mailFont, `;color:`, mailDim, `;padding-right:16px">`)
			h.text(f.Name)
			h.raw(`</td><td width="100%" valign="top" style="`, mailCell, mailFont, `">`)
			h.spans(f.Value)
			h.raw("</td></tr>\n")
		}
		h.raw("</table>\n")
	case Table:
		h.mailTable(&b)
	}
}

// mailTable prints each row as text in one or two lines, which any width can break: a severity in a column of its own, then what stands in the
// others, then below that the loose one. Numbers carry their headings with them.
func (h *hypertext) mailTable(t *Table) {
	h.raw(`<table width="100%" cellpadding="4" cellspacing="0">`, "\n")
	for i := range t.Rows {
		cells := t.Rows[i].Cells
		cells = cells[:min(len(cells), len(t.Columns))]
		lead := leading(cells)
		h.raw("<tr>")
		if lead > 0 {
			h.raw(`<td width="90" valign="top" style="`, mailLine, mailFont, `">`)
			h.flow(t, cells, 0, lead)
			h.raw("</td>")
		}
		h.raw(`<td width="100%" valign="top" style="`, mailLine, mailCell, mailFont, `">`)
		h.flow(t, cells, lead, len(cells))
		h.raw("</td></tr>\n")
	}
	h.raw("</table>\n")
}

// mailLine stands between rows.
const mailLine = "border-top:1px solid #999999;"

// leading is how many cells at the beginning of a row say how severe it is, and whether it is new.
func leading(cells [][]Span) int {
	for i := range min(len(cells), 2) {
		if len(cells[i]) > 0 && cells[i][0].Style&(Severe|Struck) != 0 && cells[i][0].Severity <= scan.Critical && isUpper(cells[i][0].Text) {
			return i + 1
		}
	}
	return 0
}

// isUpper reports whether a text is a word in capitals, as severities are in tables.
func isUpper(text string) bool {
	return text != "" && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// flow prints the cells of some columns one after the other.
func (h *hypertext) flow(t *Table, cells [][]Span, from, to int) {
	begun := false
	for i := from; i < to; i++ {
		c := &t.Columns[i]
		if Blank(cells[i]) || c.Right && allDim(cells[i]) {
			continue
		}
		switch {
		case begun && c.Loose:
			h.raw("<br>")
		case begun && c.Right:
			h.raw(" &middot; ")
		case begun:
			h.raw(" &nbsp;")
		}
		begun = true
		if c.Right && strings.ContainsFunc(c.Title, unicode.IsLetter) {
			h.text(strings.ToLower(c.Title) + " ")
		}
		h.spans(cells[i])
	}
}

// allDim reports whether a cell is of little interest as a whole, as a zero is.
func allDim(spans []Span) bool {
	for i := range spans {
		if spans[i].Style&Dim == 0 {
			return false
		}
	}
	return true
}

// mailDim can be read on white and on black, and is less than text on both.
const mailDim = "#7a7a7a"

// mailStyle is a look as CSS that mail clients know.
func mailStyle(s *Span) string {
	if s.Style&Severe != 0 && s.Style&Struck == 0 {
		colours, _, _ := strings.Cut(badge(s.Severity), ";border-radius")
		return colours + ";font-size:12px;font-weight:bold;padding:1px 6px"
	}
	var styles []string
	if hasLongWord(s.Text) {
		styles = append(styles, "line-break:anywhere") // where clients know it; the others let it stand out
	}
	if s.Style&Bold != 0 {
		styles = append(styles, "font-weight:bold")
	}
	if s.Style&Dim != 0 {
		styles = append(styles, "color:"+mailDim)
	}
	if s.Style&Struck != 0 {
		styles = append(styles, "text-decoration:line-through")
	}
	return strings.Join(styles, ";")
}

// longWord is how many bytes of a word fit beside a severity on a phone.
const longWord = 28

// hasLongWord reports whether a text has a word that does not fit there, as digests and names of images are.
func hasLongWord(text string) bool {
	run := 0
	for i := range len(text) {
		if run++; text[i] == ' ' {
			run = 0
		}
		if run > longWord {
			return true
		}
	}
	return false
}
