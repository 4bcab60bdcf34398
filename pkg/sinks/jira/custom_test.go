package jira

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// templated is a message that a template wrote.
func templated(body string) *message.Message {
	m := findings(3)
	m.Sections[0].Custom = &message.Custom{Title: "A title", Body: body}
	return m
}

// cloudTemplates are messages that templates wrote for the cloud.
func cloudTemplates() []sinktest.Named {
	var list []sinktest.Named
	for _, n := range sinktest.Customs() {
		switch n.Name {
		case "text", "html", "document", "blank", "long", "texts":
			list = append(list, sinktest.Named{Name: "template-" + n.Name, Message: n.Message})
		}
	}
	return list
}

// TestTemplateText: text is within what Jira takes, and what is cut off is in the report.
func TestTemplateText(t *testing.T) {
	for _, d := range []dialect{cloud, dataCenter} {
		for body, want := range map[string]bool{"h1. *a*\n\n|b|c|": false, strings.Repeat("a *line*\n", 10_000): true, strings.Repeat("漢\U0001f525", 30_000): true} {
			text, cut := described(t, printer{}, templated(body), d, false)
			said := commented(t, printer{}, templated(body), d)
			if cut != want || strings.Contains(string(text), notAll) != want || !strings.Contains(string(said), ticket.Prefix+key) {
				t.Errorf("%.20q in dialect %d: cut %v", body, d, cut)
			}
			if d == cloud {
				validDocument(t, body[:7], text)
				continue
			}
			if markup := stringOf(t, body[:7], text); length(markup) > maxText || !want && markup != body {
				t.Errorf("%.20q: %d characters of markup, %.30q", body, length(markup), markup)
			}
		}
	}
}

// TestTemplateDocument: a document is for the cloud alone, and is refused where it says too much.
func TestTemplateDocument(t *testing.T) {
	document := func(text string) string {
		return `{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"` + text + `"}]}]}`
	}
	for _, c := range []struct {
		body, want string
		d          dialect
	}{
		{document("a"), "<nil>", cloud},
		{document("a"), "jira: the template wrote JSON, and Jira Data Center takes wiki markup", dataCenter},
		{document(strings.Repeat("x", 40_000)), "jira: the template's document says 40000 characters, and Jira takes 32267: let it say less", cloud},
		{`{"a":1}`, `jira: the template's JSON is no document for Jira: an object of "type": "doc" with "version" and "content"`, cloud},
		{`[{"a":1}]`, `jira: the template's JSON is no document for Jira: an object of "type": "doc" with "version" and "content"`, cloud},
	} {
		if _, _, err := (printer{}).description(templated(c.body), c.d, true); fmt.Sprint(err) != c.want {
			t.Errorf("%.30s in dialect %d: %v", c.body, c.d, err)
		}
	}
	said := commented(t, printer{}, templated(document("a")), cloud)
	validDocument(t, "comment", said)
	if !strings.Contains(string(said), ticket.Prefix+key) {
		t.Errorf("the comment does not name the message: %s", said)
	}
}

// TestTemplateTicket: the ticket has the template's title and text. A document that meets a Data Center, of which the plan did not
// know, is dead and not tried again.
func TestTemplateTicket(t *testing.T) {
	both(t, func(t *testing.T, j *jiratest.Jira) {
		s := openedSink(t, configured(j, func(c *Config) { c.Deployment = deploymentAuto }), nil)
		send := func(body string) error {
			m := templated(body)
			parts, err := s.Plan(m)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Subject: "app", Part: parts[0], Message: m})
			return err
		}
		err := send(`{"type":"doc","version":1,"content":[]}`)
		if verdict, _ := sinks.Judge(err); (err == nil) != (j.Kind() == deploymentCloud) || err != nil && verdict != sinks.Dead {
			t.Errorf("a document: %v", err)
		}
		if err := send("a text"); err != nil {
			t.Error(err)
		}
	})
}
