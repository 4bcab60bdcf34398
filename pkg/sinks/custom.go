package sinks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
)

// TemplateIgnored returns the note of a target that has no use for what a template wrote.
func TemplateIgnored(why string) string { return "the route's template changes nothing here: " + why }

// CustomText returns the body of what a template wrote as text that every target can take: in valid UTF-8, with "\n" at the ends of lines
// and no control character but tabs. What the text means is the user's own, and stays.
func CustomText(c *message.Custom) string {
	text := strings.ReplaceAll(strings.ToValidUTF8(c.Body, "\ufffd"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return '\ufffd'
		}
		return r
	}, text)
}

// CustomJSON returns the body of what a template wrote when it is a JSON object or array, and nil when it is text. Its error is that the
// body begins as JSON and is none: nobody wants to read that in a channel.
func CustomJSON(c *message.Custom) (jsontext.Value, error) {
	value := jsontext.Value(strings.TrimSpace(strings.ToValidUTF8(c.Body, "\ufffd")))
	if !c.JSON && !opensJSON(string(value)) {
		return nil, nil
	}
	if kind := value.Kind(); kind != '{' && kind != '[' {
		return nil, errors.New("the template's JSON is no object or array")
	}
	if err := wellFormed(value); err != nil {
		return nil, fmt.Errorf("what the template wrote is no JSON: %w", err)
	}
	return value, nil
}

// wellFormed returns what is wrong with a JSON value.
func wellFormed(value jsontext.Value) error {
	copied := append(jsontext.Value(nil), value...) // it is brought into one line
	return copied.Compact()
}

// opensJSON reports whether a text begins as an object or an array of objects does, and no markup and no sentence.
func opensJSON(text string) bool {
	if text == "" || text[0] != '{' && text[0] != '[' {
		return false
	}
	next := strings.TrimLeft(text[1:], " \t\r\n")
	return next != "" && (text[0] == '{' && next[0] == '"' || text[0] == '[' && next[0] == '{')
}
