package teams

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
)

// messageBody is a MessageCard with nothing but text: sections and buttons have limits of their own.
type messageBody struct {
	Type    string         `json:"@type"`
	Context string         `json:"@context"`
	Summary string         `json:"summary"`
	Colour  string         `json:"themeColor"`
	Text    jsontext.Value `json:"text"`
}

// connector writes MessageCards.
type connector struct{}

// print writes each line as a paragraph of Markdown, inside a JSON string.
func (connector) print(t render.Tree, rows *memory, take func(piece) bool) {
	more := func(text string) bool { return strings.TrimSpace(text) == "" || take(paragraph(text)) }
	for _, b := range t {
		wanted := true
		switch b := b.(type) {
		case render.Heading:
			wanted = more("**" + sentence(b.Spans, oldLook) + "**")
		case render.Paragraph:
			wanted = more(sentence(b.Spans, oldLook))
		case render.Facts:
			for _, f := range b {
				wanted = wanted && more("**"+f.Name+"** "+sentence(f.Value, oldLook))
			}
		case render.Table:
			write := func(r render.Row, gaps []gap) piece { return paragraph(line(r.Cells, gaps, oldLook)) }
			wanted = table(b, rows, write, take)
		}
		if !wanted {
			return
		}
	}
}

// paragraph writes text, and the blank line behind it, as a part of a JSON string.
func paragraph(text string) piece {
	quoted, err := json.Marshal(text + "\n\n")
	if err != nil { // the text is valid UTF-8
		return written("…")
	}
	return written(string(quoted[1 : len(quoted)-1]))
}

// body joins paragraphs. The summary is what notifications show.
func (connector) body(pieces []piece, title string, worst scan.Severity) ([]byte, error) {
	var text strings.Builder
	text.WriteByte('"')
	for _, p := range pieces {
		text.WriteString(p.json)
	}
	text.WriteByte('"')
	return json.Marshal(messageBody{
		Type: "MessageCard", Context: "https://schema.org/extensions", Summary: clean(title), Colour: colour(worst), Text: jsontext.Value(text.String()),
	})
}

// colour is a severity's.
func colour(s scan.Severity) string {
	return [...]string{"6A737D", "2E7D32", "E1C930", "F79421", "E0443D", "C00000"}[min(s, scan.Critical)]
}
