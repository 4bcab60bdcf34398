package stdout

import (
	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// custom returns what templates wrote, as it is but for what a terminal acts on. In the format json each JSON body is a line.
func (s *sink) custom(m *message.Message, all *message.Custom) (mediaType string, body []byte) {
	if s.format == "json" {
		for i := range m.Sections {
			body = append(body, line(m.Sections[i].Custom)...)
		}
		return "application/jsonl", body
	}
	return "text/plain; charset=utf-8", ended(render.CleanLines(all.Body))
}

// line returns a JSON body as one line, and any other as it is.
func line(c *message.Custom) []byte {
	value, err := sinks.CustomJSON(c)
	if value == nil || err != nil || value.Compact() != nil {
		return ended(render.CleanLines(c.Body))
	}
	return append(jsonline.Escape(value), '\n')
}

// ended returns a text with the end of its last line.
func ended(text string) []byte {
	if text == "" || text[len(text)-1] != '\n' {
		text += "\n"
	}
	return []byte(text)
}
