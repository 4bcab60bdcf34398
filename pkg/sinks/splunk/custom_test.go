package splunk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/message"
)

// templated is a message that a template wrote.
func templated(body string) *message.Message {
	return &message.Message{Route: "team", Sections: []message.Section{
		{Subject: "app", Scanned: time.Unix(1_795_000_000, 0), Custom: &message.Custom{Body: body}},
	}}
}

// TestTemplateText: text of any length becomes events within the limit, whole and in order.
func TestTemplateText(t *testing.T) {
	for name, text := range map[string]string{
		"lines": strings.Repeat("a line with \"quotes\" and ü\n", 2000), "one line": strings.Repeat("漢\u200b\"", 9000), "short": "a",
	} {
		events := delivered(t, serve(t), Config{SizeLimit: leastSize}, templated(text))
		var said strings.Builder
		for i, e := range events {
			some, isText := e.Event.(string)
			if !isText || e.size > leastSize || e.Time == nil {
				t.Fatalf("%s: event %d of %d bytes is %T, at %v", name, i, e.size, e.Event, e.Time)
			}
			said.WriteString(some)
		}
		if got, want := said.String(), text; strings.ReplaceAll(got, "\n", "") != strings.ReplaceAll(want, "\n", "") {
			t.Errorf("%s: %d events say %d bytes of %d", name, len(events), len(got), len(want))
		}
	}
}

// TestTemplateJSON: an object is an event, an array several, and one that is too large is refused.
func TestTemplateJSON(t *testing.T) {
	events := delivered(t, serve(t), Config{}, templated(`[{"a": 1}, {"b": "<&>"}]`))
	if len(events) != 2 || fmt.Sprint(events[0].Event, events[1].Event) != "map[a:1] map[b:<&>]" {
		t.Errorf("%d events: %v", len(events), events)
	}
	p := planner{size: leastSize}
	for body, want := range map[string]string{
		`{"a":"` + strings.Repeat("x", leastSize) + `"}`: "splunk: the template wrote an event of 4008 bytes, and SizeLimit leaves room for 3878: let it say less, or raise SizeLimit",
		`[{"a":1},2]`: "splunk: the template's array has something in it that is no object: each element is an event",
		" \n":         "splunk: the template wrote nothing, and Splunk takes no empty event",
	} {
		if _, err := p.Plan(templated(body)); fmt.Sprint(err) != want {
			t.Errorf("%.40s: %v", body, err)
		}
	}
}

// TestTemplateSize: a long text in large events is divided line by line, without measuring all of it again for each line.
func TestTemplateSize(t *testing.T) {
	p := planner{size: mostSize}
	parts, err := p.Plan(templated(strings.Repeat("a line\n", 1<<20)))
	if err != nil || len(parts) < 8 || len(parts) > 12 {
		t.Errorf("%d parts, %v", len(parts), err)
	}
}
