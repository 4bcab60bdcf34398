package splunk

import (
	"fmt"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/jsonline"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
)

// opening is how every event begins. The entry's key becomes the first of its fields: only an attempt knows it.
const opening = `{"fields":{`

// maxTime is the first number of seconds since 1970 that Splunk would take for milliseconds.
const maxTime = 100_000_000_000

// event is what one event says: of a message, of one of its subjects, and some of the findings.
type event struct {
	// scanned is when the scan ran; the zero time leaves it to Splunk, which takes the time of arrival.
	scanned time.Time
	// route, title and job are the message's and the section's; told is when the route last spoke about the subject, RFC 3339 in UTC.
	route, title, told, job string
	test                    bool
	// new, changed and fixed count what there is in all events of the subject.
	new, changed, fixed int
	// view is the section with this event's findings; nil where there is no section.
	view *dedup.NormalisedReport
}

// noticeOf returns the event of a message about no subject: a trial.
func noticeOf(m *message.Message) event {
	return event{route: m.Route, title: render.Title(m), test: m.Test}
}

// eventOf returns the event of a section, without its findings.
func (p *planner) eventOf(m *message.Message, s *message.Section) event {
	alone := message.Message{Route: m.Route, Title: m.Title, Test: m.Test, Sections: []message.Section{*s}}
	e := event{
		scanned: s.Scanned, route: m.Route, title: render.Title(&alone), job: s.Job, test: m.Test,
		new: len(s.Delta.New), changed: len(s.Delta.Changed), fixed: len(s.Delta.Fixed),
	}
	if s.Told > 0 {
		e.told = time.Unix(s.Told, 0).UTC().Format(time.RFC3339)
	}
	delta := s.Delta
	delta.New, delta.Changed, delta.Fixed = nil, nil, nil
	v := dedup.NormaliseDifference(&s.Artifact, &delta)
	v.Format, v.Source, v.Subject, v.Scanner, v.Owners, v.AquaServer = s.Format, s.Source, s.Subject, s.Scanner, s.Owners, p.aquaServer
	if !s.Scanned.IsZero() {
		v.Scanned = s.Scanned.UTC().Format(time.RFC3339)
	}
	e.view = v
	return e
}

// appendJSON appends the event as the collector takes it, as the part of so many that it is.
func (e *event) appendJSON(out []byte, names string, part, parts int) []byte {
	out = appendTime(appendPlace(out, part, parts), e.scanned)
	out = append(append(out, names...), `,"event":{`...)
	out = text(out, `"route":`, e.route)
	out = text(out, `,"title":`, e.title)
	if e.test {
		out = append(out, `,"test":true`...)
	}
	for _, given := range []struct{ key, value string }{{`,"told":`, e.told}, {`,"job":`, e.job}} {
		if given.value != "" {
			out = text(out, given.key, given.value)
		}
	}
	if e.view != nil {
		out = fmt.Appendf(out, `,"counts":{"new":%d,"changed":%d,"fixed":%d}`, e.new, e.changed, e.fixed)
		// Under a name of its own: a field "source" of the event would stand in the way of Splunk's.
		out = e.view.AppendJSON(append(out, `,"postee":`...))
	}
	return append(out, "}}"...)
}

// appendPlace appends the opening of an event, and which part it is.
func appendPlace(out []byte, part, parts int) []byte {
	return fmt.Appendf(append(out, opening...), `"part":%d,"parts":%d}`, part, parts)
}

// appendTime appends when the scan ran, unless that is not known.
func appendTime(out []byte, scanned time.Time) []byte {
	if at := scanned.Unix(); at > 0 && at < maxTime {
		out = fmt.Appendf(out, `,"time":%d.%03d`, at, scanned.Nanosecond()/int(time.Millisecond))
	}
	return out
}

// text appends a text behind its key.
func text(out []byte, key, value string) []byte {
	return jsonline.AppendString(append(out, key...), value)
}

// withKey returns the member that carries the entry's key, as it stands behind the opening.
func withKey(key string) []byte {
	return append(text(nil, `"postee_key":`, key), ',')
}

// keyRoom is how many bytes that is: a key has 32 digits.
var keyRoom = len(withKey(fmt.Sprintf("%032x", 0)))

// mostParts stands for the number of parts while it is not known.
const mostParts = 9_999_999

// weight returns how many bytes the event has at most when it is sent.
func (e *event) weight(names string) int {
	return len(e.appendJSON(nil, names, mostParts, mostParts)) + keyRoom
}
