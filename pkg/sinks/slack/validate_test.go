package slack

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/slack-go/slack"

	"github.com/postee/postee/pkg/sinks"
)

// posting is a part as Slack reads it: with slack-go's own decoder.
type posting struct {
	Text   string       `json:"text"`
	Blocks slack.Blocks `json:"blocks"`
}

// read checks everything that Slack would refuse or misunderstand in a part, and returns its texts.
func read(t testing.TB, p sinks.Part) []string {
	t.Helper()
	var got posting
	if err := json.Unmarshal(p.Body, &got); err != nil {
		t.Fatalf("part %s: %v", p.Name, err)
	}
	if n := len(got.Blocks.BlockSet); n < 1 || n > 50 {
		t.Errorf("part %s: %d blocks", p.Name, n)
	}
	if got.Text == "" || len(got.Text) > 4000 {
		t.Errorf("part %s: a fallback of %d bytes", p.Name, len(got.Text))
	}
	texts := []string{got.Text}
	for _, b := range got.Blocks.BlockSet {
		texts = append(texts, block(t, b)...)
	}
	blocks, err := json.Marshal(got.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	// How the blocks weigh in an encoding that escapes slashes, and everything beyond ASCII.
	if n := weigh(string(blocks)) - strings.Count(string(blocks), `"`) - strings.Count(string(blocks), `\`); n > 13000 {
		t.Errorf("part %s: blocks of %d characters", p.Name, n)
	}
	for _, s := range texts {
		harmless(t, s)
	}
	return texts
}

// block checks one block, and returns its texts.
func block(t testing.TB, b slack.Block) (texts []string) {
	t.Helper()
	switch b := b.(type) {
	case *slack.HeaderBlock:
		if n := utf8.RuneCountInString(b.Text.Text); b.Text.Type != "plain_text" || n > 150 || b.Text.Emoji == nil || *b.Text.Emoji {
			t.Errorf("a header of %d characters: %+v", n, b.Text)
		}
		texts = append(texts, object(t, b.Text, 150))
	case *slack.ContextBlock:
		if n := len(b.ContextElements.Elements); n < 1 || n > 10 {
			t.Errorf("a context of %d elements", n)
		}
		for _, e := range b.ContextElements.Elements {
			texts = append(texts, object(t, e.(*slack.TextBlockObject), 2000))
		}
	case *slack.SectionBlock:
		if b.Text == nil && len(b.Fields) == 0 || len(b.Fields) > 10 {
			t.Errorf("a section with text %v and %d fields", b.Text, len(b.Fields))
		}
		if b.Text != nil {
			texts = append(texts, object(t, b.Text, 3000))
		}
		for _, f := range b.Fields {
			texts = append(texts, object(t, f, 2000))
		}
	default:
		t.Errorf("a block of type %T", b)
	}
	return texts
}

// object checks one text.
func object(t testing.TB, o *slack.TextBlockObject, limit int) string {
	t.Helper()
	if err := o.Validate(); err != nil {
		t.Errorf("%v: %q", err, o.Text)
	}
	if n := len(utf16(o.Text)); n > limit || strings.TrimSpace(o.Text) == "" {
		t.Errorf("a text of %d characters: %.100q", n, o.Text)
	}
	if o.Type == "mrkdwn" && !o.Verbatim {
		t.Errorf("Slack would look for addresses in %.100q", o.Text)
	}
	return o.Text
}

// utf16 counts as JavaScript and Java do.
func utf16(s string) []uint16 {
	var out []uint16
	for _, r := range s {
		out = append(out, uint16(r))
		if r > 0xffff {
			out = append(out, 0)
		}
	}
	return out
}

// allowedLink is the only thing that may stand between angle brackets.
var allowedLink = regexp.MustCompile(`^<https?://[^<>|\s` + "`" + `]+\|[^<>|\n]+>`)

// harmless checks that nothing in a text means more than it should.
func harmless(t testing.TB, s string) {
	t.Helper()
	for i, c := range s {
		switch {
		case c == '<' && !allowedLink.MatchString(s[i:]):
			t.Errorf("an open bracket at %.60q", s[i:])
		case c == '&' && !strings.HasPrefix(s[i:], "&amp;") && !strings.HasPrefix(s[i:], "&lt;") && !strings.HasPrefix(s[i:], "&gt;"):
			t.Errorf("an ampersand at %.60q", s[i:])
		case c < ' ' && c != '\n', c == 0x7f, c == '\u202e', c == '\u2028', c == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			t.Errorf("a control character at %.60q", s[i:])
		}
	}
	for _, line := range strings.Split(s, "\n") {
		if strings.HasPrefix(line, "&gt;") || strings.HasPrefix(line, ">") {
			t.Errorf("a quotation: %.60q", line)
		}
		if strings.Count(line, "`")%2 != 0 {
			t.Errorf("a code that does not end: %.200q", line)
		}
	}
}

// parts plans, and reads every part.
func parts(t testing.TB, plan func() ([]sinks.Part, error)) (list []sinks.Part, text string) {
	t.Helper()
	list, err := plan()
	if err != nil || len(list) == 0 {
		t.Fatalf("%d parts, error %v", len(list), err)
	}
	var all strings.Builder
	for i, p := range list {
		texts := read(t, p)
		// The fallback repeats; it is not counted.
		all.WriteString(strings.Join(texts[1:], "\n") + "\n")
		if want := fmt.Sprintf("%d/%d", i+1, len(list)); p.Name != want || p.MediaType != mediaType {
			t.Errorf("part %q of type %q, want %s", p.Name, p.MediaType, want)
		}
		if number := fmt.Sprintf("part %d of %d", i+1, len(list)); len(list) > 1 && !strings.Contains(strings.Join(texts, "\n"), number) {
			t.Errorf("part %s does not say that it is %s", p.Name, number)
		}
	}
	return list, all.String()
}
