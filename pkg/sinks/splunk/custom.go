package splunk

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// stated is an event whose content a template wrote.
type stated struct {
	scanned time.Time
	// content is the event as JSON: an object, or a text.
	content []byte
}

// custom returns the lines of the events that templates wrote: an object is an event, an array one for each element, and text is divided
// into as many as it takes.
func (p *planner) custom(m *message.Message) ([][]byte, error) {
	var all []stated
	for i := range m.Sections {
		events, err := p.customEvents(&m.Sections[i])
		if err != nil {
			return nil, fmt.Errorf("splunk: %w", err)
		}
		all = append(all, events...)
	}
	lines := make([][]byte, len(all))
	for i := range all {
		lines[i] = append(append(p.envelope(all[i].scanned, i+1, len(all)), all[i].content...), '}')
	}
	return lines, nil
}

// envelope returns an event up to its content.
func (p *planner) envelope(scanned time.Time, part, parts int) []byte {
	return append(append(appendTime(appendPlace(nil, part, parts), scanned), p.names...), `,"event":`...)
}

// customEvents returns the events of a section, one at least.
func (p *planner) customEvents(s *message.Section) ([]stated, error) {
	room := p.size - len(p.envelope(s.Scanned, mostParts, mostParts)) - len("}") - keyRoom
	value, err := sinks.CustomJSON(s.Custom)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return customTexts(s, sinks.CustomText(s.Custom), room)
	}
	list := []jsontext.Value{value}
	if value.Kind() == '[' {
		if err := json.Unmarshal(value, &list, jsontext.AllowDuplicateNames(true)); err != nil {
			return nil, err
		}
	}
	var events []stated
	for _, one := range list {
		if one.Kind() != '{' {
			return nil, errors.New("the template's array has something in it that is no object: each element is an event")
		}
		if err := one.Compact(); err != nil {
			return nil, err
		}
		content := jsonline.Escape(one)
		if len(content) > room {
			return nil, fmt.Errorf("the template wrote an event of %d bytes, and SizeLimit leaves room for %d: let it say less, or raise SizeLimit", len(content), room)
		}
		events = append(events, stated{s.Scanned, content})
	}
	if len(events) == 0 {
		return nil, errEmpty
	}
	return events, nil
}

// errEmpty is that there is nothing to send: Splunk refuses empty events.
var errEmpty = errors.New("the template wrote nothing, and Splunk takes no empty event")

// customTexts divides a text into events at the ends of lines, where lines are not longer than an event.
func customTexts(s *message.Section, text string, room int) ([]stated, error) {
	var events []stated
	add := func(some string) {
		if strings.TrimSpace(some) != "" {
			events = append(events, stated{s.Scanned, jsonline.AppendString(nil, strings.TrimRight(some, "\n"))})
		}
	}
	begin, used := 0, len(`""`) // where the next event begins, and how many bytes it has
	for end := 0; end < len(text); {
		next := end + lineLength(text[end:])
		more := quotedLength(text[end:next]) - len(`""`)
		if used+more <= room {
			end, used = next, used+more
			continue
		}
		if begin == end { // one line is too long
			end += fitting(text[begin:next], room)
		}
		add(text[begin:end])
		begin, used = end, len(`""`)
	}
	add(text[begin:])
	if len(events) == 0 {
		return nil, errEmpty
	}
	return events, nil
}

// lineLength returns how many bytes the first line of a text has, with its end.
func lineLength(text string) int {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i + 1
	}
	return len(text)
}

// quotedLength returns how many bytes a text has as JSON.
func quotedLength(text string) int { return len(jsonline.AppendString(nil, text)) }

// fitting returns how many bytes of a text are in JSON no longer than room: no character is written longer than by 12 bytes.
func fitting(text string, room int) int {
	n := min(len(text), room)
	for n > 0 && (n < len(text) && !utf8.RuneStart(text[n]) || quotedLength(text[:n]) > room) {
		n -= max(1, (quotedLength(text[:n])-room)/12)
	}
	return max(n, 1)
}
