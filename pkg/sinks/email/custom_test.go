package email

import (
	"errors"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// templated is a message that a template wrote.
func templated(title, body string) *message.Message {
	s := about("app:1")
	s.Custom = &message.Custom{Title: title, Body: body}
	return &message.Message{Route: "r", Sections: []message.Section{s}}
}

// TestTemplates: HTML has a text beside it, text stands alone, and neither reaches a header.
func TestTemplates(t *testing.T) {
	long := "<p>" + strings.Repeat("word ", 300) + "</p>"
	for name, c := range map[string]struct{ title, body, subject, text, html string }{
		"text":  {"T", "a <b>\nBcc: x@x.test\r\n.\r\n", "T", "a <b>\r\nBcc: x@x.test\r\n.\r\n", ""},
		"html":  {"", "\n<!DOCTYPE html><p>a</p>", "app:1: a document of no known format", "a\r\n", "\r\n<!DOCTYPE html><p>a</p>"},
		"title": {"a\r\nBcc: x@x.test\r\n\r\nb", "x", "a  Bcc: x@x.test    b", "x", ""},
		"long":  {"T", long, "T", strings.Repeat("word ", 299) + "word\r\n", long},
	} {
		for _, attach := range []bool{false, true} {
			server := serve(t, listener(t, ""), nil, false)
			config := server.config()
			config.Attach = attach
			sink := open(t, config)
			m := templated(c.title, c.body)
			parts, err := sink.Plan(m)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := sink.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Part: parts[0], Message: m}); err != nil {
				t.Fatal(err)
			}
			got := parse(t, parts[0].Body)
			if got.subject(t) != c.subject || got.text != c.text || got.html != c.html || got.header.Get("Bcc") != "" || len(got.files) != map[bool]int{true: 1}[attach] {
				t.Errorf("%s: subject %q, text %q, html %q, %d files", name, got.subject(t), got.text, got.html, len(got.files))
			}
		}
	}
	if _, err := (planner{to: []string{"a@b"}}).Plan(templated("T", strings.Repeat("x", maxCustom+1))); !errors.Is(err, errCustom) {
		t.Errorf("too large: %v", err)
	}
}
