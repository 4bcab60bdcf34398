package teams

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/message"
)

// TestTemplates: each language of a template becomes the request that it stands for, and what Teams would refuse is said before it is asked.
func TestTemplates(t *testing.T) {
	const message1, old = `{"type":"message","text":"a"}`, `{"@type":"MessageCard","text":"a"}`
	const around = `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":`
	for _, c := range []struct{ body, want string }{
		{message1, message1}, {old, old},
		{`{"type":"AdaptiveCard","body":[]}`, around + `{"type":"AdaptiveCard","body":[]}}]}`},
		{"**a**\n\n<b>", `{"type":"TextBlock","text":"**a**\n\n<b>","wrap":true}`},
		{`[{"type":"TextBlock","text":"a"}]`, `"body":[{"type":"TextBlock","text":"a"}]`},
		{`{"severity":"high"}`, errLanguage.Error()}, {`[{"a":1}]`, errLanguage.Error()}, {`[{"type":"AdaptiveCard"},{"type":"x"}]`, errLanguage.Error()},
		{strings.Repeat("x", maxBody), "and Teams takes 20000: let it say less"}, {strings.Repeat("ü", maxBody/4), "makes a request of"},
	} {
		m := &message.Message{Route: "r", Sections: []message.Section{{Subject: "app", Custom: &message.Custom{Body: c.body}}}}
		parts, err := planner{dialect: card{}}.Plan(m)
		got := fmt.Sprint(err)
		if err == nil {
			got = string(parts[0].Body)
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%.60s: %.300s, want %s", c.body, got, c.want)
		}
	}
	m := &message.Message{Route: "r", Sections: []message.Section{{Subject: "app", Custom: &message.Custom{Body: "*a*\n\nb"}}}}
	parts, err := planner{dialect: connector{}}.Plan(m)
	if err != nil || !strings.Contains(string(parts[0].Body), `"@type":"MessageCard"`) || !strings.Contains(string(parts[0].Body), `"text":"*a*\n\nb\n\n"`) {
		t.Errorf("%s, %v", parts, err)
	}
}
