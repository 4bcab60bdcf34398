package slack

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// maxField bounds the text of a field, in characters, and maxAPI the text of a message without blocks.
const (
	maxField = 2000
	maxAPI   = 40_000
)

// fence begins and ends what is shown as code.
const fence = "```"

// custom returns what a template wrote: blocks, a whole message, or text in Slack's markup. JSON is sent as it is, in one part, or
// refused; text is divided.
func (p planner) custom(m *message.Message, c *message.Custom) ([]sinks.Part, error) {
	value, err := sinks.CustomJSON(c)
	if err != nil {
		return nil, fmt.Errorf("slack: %w", err)
	}
	if value != nil {
		body, err := customBody(value, string(fallback(render.Title(m), render.Summary(m), 1, 1)))
		if err != nil {
			return nil, fmt.Errorf("slack: %w", err)
		}
		return []sinks.Part{{Name: "1/1", MediaType: mediaType, Body: body}}, nil
	}
	pages := divided(sinks.CustomText(c))
	parts := make([]sinks.Part, len(pages))
	for i := range pages {
		if parts[i], err = part(pages[i].list, render.Title(m), render.Summary(m), i+1, len(pages)); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// divided returns a text as the sections of as many messages as it takes, one at least.
func divided(text string) []page {
	pages := []page{{build: true}}
	for _, piece := range pieces(text, maxSection) {
		last := &pages[len(pages)-1]
		if last.blocks == maxBlocks || last.blocks > 0 && last.weight+weigh(piece)+perBlock > maxMessage {
			pages = append(pages, page{build: true})
			last = &pages[len(pages)-1]
		}
		last.text = append(last.text[:0], piece...)
		last.textWeight = weigh(piece)
		last.flush()
	}
	return pages
}

// pieces divides a text at the ends of lines, where lines are not longer than a piece may weigh. What is shown as code goes on as code in
// the next piece. A piece of blanks alone is none.
func pieces(text string, most int) []string {
	room := most - 2*len(fence) - 4 // for a fence at either end, and line breaks around it, which weigh two
	var list []string
	var piece strings.Builder
	code := false
	flush := func() {
		said := strings.Trim(piece.String(), "\n")
		piece.Reset()
		if strings.TrimSpace(strings.Trim(said, "`\n")) == "" {
			return
		}
		if strings.Count(said, fence)%2 == 1 {
			said += "\n" + fence
		}
		list = append(list, said)
	}
	weight := 0
	for line := range strings.Lines(text) {
		for line != "" {
			some := line[:fitting(line, room)]
			line = line[len(some):]
			if weight > 0 && weight+weigh(some) > room {
				flush()
				if weight = 0; code {
					piece.WriteString(fence + "\n")
				}
			}
			piece.WriteString(some)
			weight += weigh(some)
			code = code != (strings.Count(some, fence)%2 == 1)
		}
	}
	flush()
	return list
}

// fitting returns how many bytes of a text have at most a weight, a character at least.
func fitting(text string, most int) int {
	if len(text)*6 <= most || weigh(text) <= most {
		return len(text)
	}
	n, weight := 0, 0
	for n < len(text) {
		_, size := utf8.DecodeRuneInString(text[n:])
		if weight += weigh(text[n : n+size]); weight > most && n > 0 {
			break
		}
		n += size
	}
	return n
}

// customMessage is what of a message is looked at: blocks and text are checked, the rest is the user's.
type customMessage struct {
	Text        string           `json:"text"`
	Blocks      []jsontext.Value `json:"blocks"`
	Attachments []jsontext.Value `json:"attachments"`
}

// customBlock is what of a block is looked at.
type customBlock struct {
	Type   string           `json:"type"`
	Text   jsontext.Value   `json:"text"`
	Fields []jsontext.Value `json:"fields"`
}

// customBody returns a JSON array as the blocks of a message, and an object as the message, with a text for notifications.
func customBody(value jsontext.Value, text string) ([]byte, error) {
	lax := jsontext.AllowDuplicateNames(true)
	members := make(map[string]jsontext.Value)
	if value.Kind() == '[' {
		members["blocks"] = value
	} else if err := json.Unmarshal(value, &members, lax); err != nil {
		return nil, err
	}
	whole, err := json.Marshal(members, json.Deterministic(true), lax)
	if err != nil {
		return nil, err
	}
	var m customMessage
	if err := json.Unmarshal(whole, &m, lax); err != nil {
		return nil, errors.New(`the template's object is no message: "text" must be a text, "blocks" and "attachments" arrays of objects`)
	}
	if err := m.check(members); err != nil {
		return nil, err
	}
	if strings.TrimSpace(m.Text) == "" {
		quoted, err := json.Marshal(text)
		if err != nil {
			return nil, err
		}
		members["text"] = quoted
	}
	return json.Marshal(members, json.Deterministic(true), lax)
}

// check returns what Slack would refuse, or what is not the template's to say.
func (m *customMessage) check(members map[string]jsontext.Value) error {
	for _, name := range []string{"channel", "thread_ts", "token"} {
		if _, ok := members[name]; ok {
			return fmt.Errorf("the template's object has %q: the configuration says where a message goes", name)
		}
	}
	switch n := len(m.Blocks); {
	case n == 0 && len(m.Attachments) == 0 && strings.TrimSpace(m.Text) == "":
		return errors.New("the template's JSON is no message: an array of blocks, or an object with blocks, attachments or text")
	case n > maxBlocks:
		return fmt.Errorf("the template wrote %d blocks, and Slack takes %d in a message", n, maxBlocks)
	case utf8.RuneCountInString(m.Text) > maxAPI:
		return fmt.Errorf("the template's text has more than %d characters, which Slack cuts off", maxAPI)
	}
	for i, block := range m.Blocks {
		if err := checkBlock(block); err != nil {
			return fmt.Errorf("the template's block %d %w", i+1, err)
		}
	}
	return nil
}

// checkBlock returns what Slack would refuse in a block.
func checkBlock(value jsontext.Value) error {
	var b customBlock
	if err := json.Unmarshal(value, &b, jsontext.AllowDuplicateNames(true)); err != nil || b.Type == "" {
		return errors.New(`is no block: an object with a "type"`)
	}
	most := map[string]int{"header": maxHeader, "section": maxSection}[b.Type]
	if n := textLength(b.Text); most > 0 && n > most {
		return fmt.Errorf("has a text of %d characters, and Slack takes %d in a %s", n, most, b.Type)
	}
	if len(b.Fields) > maxFields {
		return fmt.Errorf("has %d fields, and Slack takes %d", len(b.Fields), maxFields)
	}
	for _, field := range b.Fields {
		if n := textLength(field); n > maxField {
			return fmt.Errorf("has a field of %d characters, and Slack takes %d", n, maxField)
		}
	}
	return nil
}

// textLength returns how many characters a text object has, 0 for anything else.
func textLength(value jsontext.Value) int {
	var object struct {
		Text string `json:"text"`
	}
	if value.Kind() != '{' || json.Unmarshal(value, &object, jsontext.AllowDuplicateNames(true)) != nil {
		return 0
	}
	return utf8.RuneCountInString(object.Text)
}
