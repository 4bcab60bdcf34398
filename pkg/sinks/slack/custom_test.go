package slack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// templated is a message that a template wrote.
func templated(body string) *message.Message {
	return &message.Message{Route: "team", Sections: []message.Section{{Subject: "app", Custom: &message.Custom{Title: "T", Body: body}}}}
}

// TestTemplateText: text of any length is in valid parts, whole and in order.
func TestTemplateText(t *testing.T) {
	for name, text := range map[string]string{
		"short": "*a* <https://example.com|b>", "lines": strings.Repeat("*a* line &amp; more\n", 3000), "one line": strings.Repeat("漢字", 9000),
		"slashes": strings.Repeat(`/"\`, 9000), "paragraphs": strings.Repeat(strings.Repeat("x", 2990)+"\n\n", 20),
	} {
		list, said := parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(templated(text)) })
		squeezed := strings.NewReplacer("\n", "", "T: nothing open", "")
		if got, want := squeezed.Replace(said), squeezed.Replace(text); got != want {
			t.Errorf("%s: %d parts say %d bytes of %d", name, len(list), len(got), len(want))
		}
	}
}

// TestTemplateCode: code that goes on in another section is code there too.
func TestTemplateCode(t *testing.T) {
	list := pieces("before\n```\n"+strings.Repeat("a line of code\n", 500)+"```\nbehind *b*\n", maxSection)
	if len(list) < 3 {
		t.Fatalf("%d pieces", len(list))
	}
	for i, piece := range list {
		if strings.Count(piece, fence) != 2 || weigh(piece) > maxSection || i > 0 && !strings.HasPrefix(piece, fence) {
			t.Errorf("piece %d of weight %d begins %.20q, with %d fences", i, weigh(piece), piece, strings.Count(piece, fence))
		}
	}
}

// TestTemplateJSON: what Slack would refuse is said before it is asked.
func TestTemplateJSON(t *testing.T) {
	block := func(text string) string { return `{"type":"section","text":{"type":"mrkdwn","text":"` + text + `"}}` }
	for body, want := range map[string]string{
		"[" + block("a") + "]": "", `{"blocks":[` + block("a") + `],"text":"t","unfurl_links":true}`: "", `{"text":"t"}`: "",
		"[" + strings.Repeat(block("a")+",", 50) + block("a") + "]":           "slack: the template wrote 51 blocks, and Slack takes 50 in a message",
		"[" + block("a") + "," + block(strings.Repeat("ü", 3001)) + "]":       "slack: the template's block 2 has a text of 3001 characters, and Slack takes 3000 in a section",
		`[{"type":"section","fields":[` + strings.Repeat("{},", 10) + "{}]}]": "slack: the template's block 1 has 11 fields, and Slack takes 10",
		`[{"text":"a"}]`:                    `slack: the template's block 1 is no block: an object with a "type"`,
		`{"blocks":"a"}`:                    `slack: the template's object is no message: "text" must be a text, "blocks" and "attachments" arrays of objects`,
		`{"severity":"high"}`:               "slack: the template's JSON is no message: an array of blocks, or an object with blocks, attachments or text",
		`{"text":"t","channel":"#general"}`: `slack: the template's object has "channel": the configuration says where a message goes`,
	} {
		list, err := planner{}.Plan(templated(body))
		if got := strings.TrimSuffix(fmt.Sprint(err), "<nil>"); got != want {
			t.Errorf("%.60s: %s, want %s", body, got, want)
		}
		if want == "" && (len(list) != 1 || !strings.Contains(string(list[0].Body), `"text":"`)) {
			t.Errorf("%.60s: %d parts, without a text for notifications", body, len(list))
		}
	}
}
