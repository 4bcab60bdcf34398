package teams

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
)

// cardSchema, cardVersion and cardMedia name the language; Teams takes up to 1.5.
const (
	cardSchema  = "http://adaptivecards.io/schemas/adaptive-card.json"
	cardVersion = "1.5"
	cardMedia   = "application/vnd.microsoft.card.adaptive"
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
	Divided bool   `json:"separator,omitzero"`
}

// richBlock is a line of runs whose text is text and no Markdown, which in cards could not strike anything through.
type richBlock struct {
	Type    string    `json:"type"`
	Inlines []textRun `json:"inlines"`
	Spacing string    `json:"spacing,omitzero"`
}

type textRun struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Weight string `json:"weight,omitzero"`
	Subtle bool   `json:"isSubtle,omitzero"`
	Struck bool   `json:"strikethrough,omitzero"`
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

// print writes each block as an element, each row of a table and each fact as one. Links that follow one another are one row of
// buttons.
func (card) print(t render.Tree, rows *memory, take func(piece) bool) {
	for i, wanted := 0, true; wanted && i < len(t); i++ {
		switch b := t[i].(type) {
		case render.Heading:
			wanted = take(element(headingBlock(b, i > 0 && startsWithFacts(t[i+1:]))))
		case render.Facts:
			for k, f := range b {
				wanted = wanted && take(element(factBlock(f, k == 0)))
			}
		case render.Table:
			wanted = table(b, rows, rowBlock, take)
		case render.Paragraph:
			if set := buttons(t[i:]); len(set.Actions) > 0 {
				wanted = take(element(set))
				i += len(set.Actions) - 1
			} else if !render.Blank(b.Spans) {
				wanted = take(element(paragraphBlock(b)))
			}
		}
	}
}

// startsWithFacts reports whether a tree goes on with facts: what stands before them is about another subject.
func startsWithFacts(t render.Tree) bool {
	if len(t) == 0 {
		return false
	}
	_, ok := t[0].(render.Facts)
	return ok
}

// newCard returns a card without elements.
func newCard() adaptiveBody {
	return adaptiveBody{Type: "AdaptiveCard", Schema: cardSchema, Version: cardVersion, Teams: teamsOptions{"Full"}}
}

// body puts elements into a card, and the card into a message. Cards have a title of their own among the elements.
func (card) body(pieces []piece, title string, _ scan.Severity) ([]byte, error) {
	content := newCard()
	for _, p := range pieces {
		content.Body = append(content.Body, jsontext.Value(p.json))
	}
	if len(pieces) == 0 { // a message of nothing but blanks
		text := sentence([]render.Span{{Text: title}}, plainLook)
		content.Body = append(content.Body, jsontext.Value(element(textBlock{Type: "TextBlock", Text: text, Wrap: true}).json))
	}
	return json.Marshal(envelope{"message", []attachment{{cardMedia, content}}})
}

// element writes one element of a card, whose texts are valid UTF-8.
func element(e any) piece {
	text, err := json.Marshal(e)
	if err != nil {
		return written(`{"type":"TextBlock","text":"…"}`)
	}
	return written(string(text))
}

// headingBlock returns a heading; the message's own is the largest, and a subject's in a digest has a line above it.
func headingBlock(h render.Heading, subject bool) any {
	b := textBlock{Type: "TextBlock", Text: sentence(h.Spans, plainLook), Wrap: true, Style: "heading", Weight: "Bolder", Size: "Default", Spacing: "Medium"}
	switch {
	case h.Level <= 1:
		b.Size, b.Spacing = "Large", ""
	case subject:
		b.Size, b.Spacing, b.Divided = "Medium", "Large", true
	}
	return b
}

// paragraphBlock returns a paragraph; one that is dim throughout is grey.
func paragraphBlock(g render.Paragraph) any {
	b := textBlock{Type: "TextBlock", Text: sentence(g.Spans, markedLook), Wrap: true, Subtle: true}
	for _, s := range g.Spans {
		if s.Style&render.Dim == 0 {
			b.Subtle = false
		}
	}
	return b
}

// factBlock returns a name, in grey, and a value behind it. Sets of facts, which have two columns, cut a long value off where there is
// little room.
func factBlock(f render.Fact, first bool) any {
	value := plainText(f.Value)
	b := richBlock{Type: "RichTextBlock", Inlines: []textRun{{Type: "TextRun", Text: clean(f.Name) + "  ", Subtle: true}, {Type: "TextRun", Text: value}}}
	if !first {
		b.Spacing = "None"
	}
	for _, s := range f.Value {
		if s.Style&render.Bold != 0 {
			b.Inlines[1].Weight = "Bolder"
		}
	}
	return b
}

// plainText returns the text of spans, with the colour of a severity before its word.
func plainText(spans []render.Span) string {
	text := ""
	for _, s := range spans {
		if s.Style&render.Severe != 0 {
			text += circle(s.Severity) + " "
		}
		text += clip(render.Clean(s.Text), widest)
	}
	return clean(text)
}

// buttons returns the links at the beginning of a tree, as many as follow one another.
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

// rowBlock returns a row of a table as a line.
func rowBlock(r render.Row, gaps []gap) piece {
	if runs := struckRuns(r.Cells); len(runs) > 0 {
		return element(richBlock{Type: "RichTextBlock", Inlines: runs, Spacing: "Small"})
	}
	return element(textBlock{Type: "TextBlock", Text: line(r.Cells, gaps, markedLook), Wrap: true, Spacing: "Small"})
}

// struckRuns returns the runs of a row that is struck through, nil for another. What stands behind, dim, is not.
func struckRuns(cells [][]render.Span) []textRun {
	var runs []textRun
	for _, spans := range cells {
		for _, s := range spans {
			text := clip(clean(s.Text), widest)
			if render.Blank(spans) {
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

// table calls take with a piece for each row, and reports whether that wants more.
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
