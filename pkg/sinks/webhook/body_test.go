package webhook

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// TestBodies: each body is what it says, with its own media type unless one is configured.
func TestBodies(t *testing.T) {
	const document, written = "{ \"a\":1}\n", "<b>\x00x</b>\n"
	templated := func(body string) *message.Message {
		return &message.Message{Route: "r", Sections: []message.Section{{Subject: "s", Document: []byte(document), Custom: &message.Custom{Body: body}}}}
	}
	plain := &message.Message{Route: "r", Sections: []message.Section{{Subject: "s", Document: []byte(document)}}}
	for name, c := range map[string]struct {
		config     Config
		m          *message.Message
		want, kind string
		noted      bool
	}{
		"document":           {Config{}, plain, document, mediaJSON, false},
		"document, template": {Config{Body: "document"}, templated(written), document, mediaJSON, true},
		"text":               {Config{Body: "template"}, templated(written), written, mediaText, false},
		"JSON":               {Config{Body: "TEMPLATE"}, templated(" {\"a\": 1}"), " {\"a\": 1}", mediaJSON, false},
		"configured":         {Config{Body: "template", ContentType: "text/html"}, templated(written), written, "text/html", false},
		"content":            {Config{BodyContent: "news"}, plain, "news", mediaText, false},
		"JSON content":       {Config{BodyContent: `{"x":1}`}, templated(written), `{"x":1}`, mediaJSON, true},
		"trial":              {Config{Body: "template"}, &message.Message{Route: "r", Test: true}, `{"route":"r","test":true,"subjects":[]}`, mediaJSON, false},
	} {
		var kind string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { kind = r.Header.Get("Content-Type") }))
		defer server.Close()
		c.config.URL = sinks.NewSecret(server.URL)
		sink, err := c.config.Open(sinks.Env{})
		if err != nil {
			t.Fatal(err)
		}
		parts, err := sink.Plan(c.m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		receipt, err := sink.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Part: parts[0], Message: c.m})
		if err != nil || string(parts[0].Body) != c.want || kind != c.kind || (len(receipt.Notes) == 1) != c.noted {
			t.Errorf("%s: %q as %s with notes %q, %v", name, parts[0].Body, kind, receipt.Notes, err)
		}
	}
}

// TestNoTemplate: a body that nobody writes is an error that says what to do.
func TestNoTemplate(t *testing.T) {
	m := &message.Message{Sections: []message.Section{{Subject: "s", Document: []byte("{}")}}}
	if _, err := (&sink{body: bodyTemplate}).Plan(m); err == nil || !strings.Contains(err.Error(), "the route has no template") {
		t.Error(err)
	}
}
