package teams

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
)

// cardSchema and cardVersion name the language; Teams takes up to 1.5.
const (
	cardSchema  = "http://adaptivecards.io/schemas/adaptive-card.json"
	cardVersion = "1.5"
)

// envelope is what a flow of the template "Post to a channel when a webhook request is received" reads.
type envelope struct {
	Type        string       `json:"type"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string       `json:"contentType"`
	Content     adaptiveBody `json:"content"`
}

type adaptiveBody struct {
	Type    string           `json:"type"`
	Schema  string           `json:"$schema"`
	Version string           `json:"version"`
	Teams   teamsOptions     `json:"msteams"`
	Body    []jsontext.Value `json:"body"`
}

type teamsOptions struct {
	Width string `json:"width"`
}

// textBlock is a line that wraps. Its text is Markdown.
type textBlock struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Wrap    bool   `json:"wrap"`
	Style   string `json:"style,omitzero"`
	Size    string `json:"size,omitzero"`
	Weight  string `json:"weight,omitzero"`
	Spacing string `json:"spacing,omitzero"`
	Subtle  bool   `json:"isSubtle,omitzero"`
}

// richBlock is a line of runs whose text is text: cards' Markdown cannot strike anything through.
type richBlock struct {
	Type    string    `json:"type"`
	Inlines []textRun `json:"inlines"`
	Spacing string    `json:"spacing,omitzero"`
}

type textRun struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Subtle bool   `json:"isSubtle,omitzero"`
	Struck bool   `json:"strikethrough,omitzero"`
}

// factSet is a table of names and values, which are Markdown.
type factSet struct {
	Type  string `json:"type"`
	Facts []fact `json:"facts"`
}

type fact struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

// actionSet is a row of buttons.
type actionSet struct {
	Type    string    `json:"type"`
	Actions []openURL `json:"actions"`
}

type openURL struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

// card writes Adaptive Cards.
type card struct{}

// print gives each block as an element, each row of a table as one. Links that follow one another are one row of buttons.
func (card) print(t render.Tree, rows *memory, take func(piece) bool) {
	for i := 0; i < len(t); i++ {
		var e any
		switch b := t[i].(type) {
		case render.Heading:
			e = headingBlock(b)
		case render.Facts:
			e = facts(b)
		case render.Table:
			if !table(b, rows, rowBlock, take) {
				return
			}
		case render.Paragraph:
			if set := buttons(t[i:]); len(set.Actions) > 0 {
				e = set
				i += len(set.Actions) - 1
			} else if !blank(b.Spans) {
				e = paragraphBlock(b)
			}
		}
		if e != nil && !take(element(e)) {
			return
		}
	}
}

// body puts elements into a card, and the card into a message. Cards have a title of their own among the elements.
func (card) body(pieces []piece, title string, _ scan.Severity) ([]byte, error) {
	content := adaptiveBody{Type: "AdaptiveCard", Schema: cardSchema, Version: cardVersion, Teams: teamsOptions{"Full"}}
	for _, p := range pieces {
		content.Body = append(content.Body, jsontext.Value(p.json))
	}
	if len(pieces) == 0 { // a message of nothing but blanks
		text := sentence([]render.Span{{Text: title}}, plainLook)
		content.Body = append(content.Body, jsontext.Value(element(textBlock{Type: "TextBlock", Text: text, Wrap: true}).json))
	}
	return json.Marshal(envelope{"message", []attachment{{"application/vnd.microsoft.card.adaptive", content}}})
}

// element writes one element of a card, whose texts are valid UTF-8.
func element(e any) piece {
	text, err := json.Marshal(e)
	if err != nil {
		return written(`{"type":"TextBlock","text":"…"}`)
	}
	return written(string(text))
}

// headingBlock is a heading; the message's own is the largest.
func headingBlock(h render.Heading) any {
	b := textBlock{Type: "TextBlock", Text: sentence(h.Spans, plainLook), Wrap: true, Style: "heading", Weight: "Bolder", Spacing: "Medium"}
	switch {
	case h.Level <= 1:
		b.Size, b.Spacing = "Large", ""
	case h.Level == 2:
		b.Size = "Medium"
	}
	return b
}

// paragraphBlock is a paragraph; one that is dim throughout is grey.
func paragraphBlock(g render.Paragraph) any {
	b := textBlock{Type: "TextBlock", Text: sentence(g.Spans, markedLook), Wrap: true, Subtle: true}
	for _, s := range g.Spans {
		if s.Style&render.Dim == 0 {
			b.Subtle = false
		}
	}
	return b
}

// facts are pairs of a name and a value.
func facts(list render.Facts) any {
	set := factSet{Type: "FactSet"}
	for _, f := range list {
		set.Facts = append(set.Facts, fact{sentence([]render.Span{{Text: f.Name}}, plainLook), sentence(f.Value, markedLook)})
	}
	if len(set.Facts) == 0 {
		return nil
	}
	return set
}

// buttons are the links at the beginning of a tree, as many as follow one another.
func buttons(t render.Tree) actionSet {
	set := actionSet{Type: "ActionSet"}
	for _, b := range t {
		g, ok := b.(render.Paragraph)
		if !ok || len(g.Spans) != 1 || link(g.Spans[0].URL) == "" {
			break
		}
		set.Actions = append(set.Actions, openURL{"Action.OpenUrl", clean(g.Spans[0].Text), link(g.Spans[0].URL)})
	}
	return set
}

// rowBlock is a row of a table as a line.
func rowBlock(r render.Row, gaps []gap) piece {
	if runs := struckRuns(r.Cells); len(runs) > 0 {
		return element(richBlock{Type: "RichTextBlock", Inlines: runs, Spacing: "Small"})
	}
	return element(textBlock{Type: "TextBlock", Text: line(r.Cells, gaps, markedLook), Wrap: true, Spacing: "Small"})
}

// struckRuns are the runs of a row that is struck through, nil for another. What stands behind, dim, is not.
func struckRuns(cells [][]render.Span) []textRun {
	var runs []textRun
	for _, spans := range cells {
		for _, s := range spans {
			text := clean(s.Text)
			if blank(spans) {
				continue
			}
			struck := s.Style&render.Struck != 0
			if len(runs) == 0 && !struck {
				return nil
			}
			if n := len(runs); n > 0 && runs[n-1].Struck == struck {
				runs[n-1].Text += " " + text
				continue
			}
			if len(runs) > 0 {
				text = " · " + text
			}
			runs = append(runs, textRun{Type: "TextRun", Text: text, Subtle: true, Struck: struck})
		}
	}
	return runs
}

// table gives a piece for each row to take, and reports whether that wants more.
func table(t render.Table, rows *memory, write func(render.Row, []gap) piece, take func(piece) bool) bool {
	gaps := gapsOf(t.Columns)
	for _, r := range t.Rows {
		if len(r.Cells) == 0 {
			continue
		}
		key := &r.Cells[0]
		p, ok := rows.pieces[key]
		if !ok {
			p = write(r, gaps)
			rows.pieces[key] = p
		}
		if !take(p) {
			return false
		}
	}
	return true
}
