package servicenow

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// custom puts what a template wrote into columns: its body as description and work note, its other properties under their names. HTML is
// shown as HTML in the note, and its text is the description.
func (p planner) custom(c *message.Custom, columns map[string]string) error {
	body := sinks.CustomText(c)
	if n := len(body); n > maxNotes*maxNote {
		return fmt.Errorf("servicenow: what the template wrote has %d bytes, and at most %d are written into a record: let it say less", n, maxNotes*maxNote)
	}
	text, note := body, body
	switch {
	case strings.HasPrefix(body, codeBegin): // the user's own tags
	case render.IsHTML(body):
		text = string(render.HTMLText(body))
		if note = inert(text); !p.plain {
			note = codeBegin + codeTag.ReplaceAllString(body, "&#91;$1") + codeEnd
		}
	default:
		note = inert(body)
	}
	columns[columnText], columns[columnNotes] = cut(inert(strings.TrimSpace(text))), note
	extra, _ := customColumns(c)
	maps.Copy(columns, extra)
	return nil
}

// cut returns a text that the description can hold.
func cut(text string) string {
	const more = "…\n\nNot all is listed here: see the work notes.\n"
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	return string([]rune(text)[:maxText-utf8.RuneCountInString(more)]) + more
}

// customColumns returns the columns that a template writes beside its body, and the names of those that it cannot. Nil writes none.
func customColumns(c *message.Custom) (columns map[string]string, refused []string) {
	columns = make(map[string]string)
	if c == nil {
		return columns, nil
	}
	for _, f := range c.Fields {
		if !tableName.MatchString(f.Name) || slices.Contains(own(), f.Name) {
			refused = append(refused, render.Clean(f.Name))
			continue
		}
		columns[f.Name] = columnValue(f.Value)
	}
	return columns, refused
}

// columnValue returns a JSON value as the text of a column: texts and numbers as they are.
func columnValue(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text, jsontext.AllowInvalidUTF8(true)) == nil {
		return text
	}
	return strings.ToValidUTF8(value, "\ufffd")
}
