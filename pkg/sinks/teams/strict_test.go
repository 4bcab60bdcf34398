package teams

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// anyElement has the members of all elements that a card of ours may have; an unknown one is refused.
type anyElement struct {
	Type    string `json:"type"`
	Text    string `json:"text"`
	Wrap    bool   `json:"wrap"`
	Style   string `json:"style"`
	Size    string `json:"size"`
	Weight  string `json:"weight"`
	Spacing string `json:"spacing"`
	Subtle  bool   `json:"isSubtle"`
	Divided bool   `json:"separator"`
	Inlines []struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Weight string `json:"weight"`
		Subtle bool   `json:"isSubtle"`
		Struck bool   `json:"strikethrough"`
	} `json:"inlines"`
	Actions []struct {
		Type  string `json:"type"`
		Title string `json:"title"`
		URL   string `json:"url"`
	} `json:"actions"`
}

// posting is what a flow of Microsoft's template reads: learn.microsoft.com/connectors/teams, "Post a message in a chat or channel".
type posting struct {
	Type        string `json:"type"`
	Attachments []struct {
		ContentType string `json:"contentType"`
		Content     struct {
			Type    string            `json:"type"`
			Schema  string            `json:"$schema"`
			Version string            `json:"version"`
			Teams   map[string]string `json:"msteams"`
			Body    []anyElement      `json:"body"`
		} `json:"content"`
	} `json:"attachments"`
}

// oldPosting is what a connector reads: learn.microsoft.com/outlook/actionable-messages/message-card-reference.
type oldPosting struct {
	Type    string `json:"@type"`
	Context string `json:"@context"`
	Summary string `json:"summary"`
	Colour  string `json:"themeColor"`
	Text    string `json:"text"`
}

// strictly reads JSON in which every member must be known.
func strictly(t testing.TB, body []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
}

// sized checks the size of a request: 28 KB are refused (learn.microsoft.com/microsoftteams/limits-specifications-teams), also when
// everything beyond ASCII is spelled \uXXXX.
func sized(t testing.TB, body []byte) {
	t.Helper()
	long := 0
	for _, r := range string(body) {
		switch {
		case r > 0xffff:
			long += 12
		case r >= utf8.RuneSelf:
			long += 6
		default:
			long++
		}
	}
	if len(body) > 20<<10 || long > 28<<10 {
		t.Errorf("a request of %d bytes, spelled out %d", len(body), long)
	}
}

// readCard checks a request to a flow, and returns the texts of its card.
func readCard(t testing.TB, body []byte) (texts []string) {
	t.Helper()
	sized(t, body)
	var p posting
	strictly(t, body, &p)
	if p.Type != "message" || len(p.Attachments) != 1 || p.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		t.Fatalf("no message with one card: %s", body)
	}
	c := p.Attachments[0].Content
	// Teams takes up to 1.5: learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference.
	if c.Type != "AdaptiveCard" || c.Version != "1.5" || c.Teams["width"] != "Full" || len(c.Body) == 0 {
		t.Errorf("the card is %s %s with options %v and %d elements", c.Type, c.Version, c.Teams, len(c.Body))
	}
	for _, e := range c.Body {
		texts = append(texts, readElement(t, &e)...)
	}
	return texts
}

// readElement checks one element, by adaptivecards.io/explorer, and returns its texts.
func readElement(t testing.TB, e *anyElement) (texts []string) {
	t.Helper()
	switch e.Type {
	case "TextBlock":
		if e.Text == "" || !e.Wrap {
			t.Errorf("a text that is empty, or cut at the edge: %+v", e)
		}
		harmless(t, e.Text, false)
		return []string{e.Text}
	case "RichTextBlock":
		for _, run := range e.Inlines {
			inertText(t, run.Text)
			texts = append(texts, run.Text)
		}
		return []string{strings.Join(texts, "")}
	case "ActionSet":
		// Teams shows six: learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions.
		if len(e.Actions) == 0 || len(e.Actions) > 6 {
			t.Errorf("%d buttons", len(e.Actions))
		}
		for _, a := range e.Actions {
			if a.Type != "Action.OpenUrl" || !webAddress().MatchString(a.URL) || a.Title == "" {
				t.Errorf("the button %+v", a)
			}
			inertText(t, a.Title)
			texts = append(texts, a.Title+" "+a.URL)
		}
	default:
		t.Errorf("an element of type %q", e.Type)
	}
	return texts
}

// readOld checks a request to a connector, and returns its lines.
func readOld(t testing.TB, body []byte) []string {
	t.Helper()
	sized(t, body)
	var p oldPosting
	strictly(t, body, &p)
	// Without a summary or text a connector answers "Summary or Text is required.": the reference's table of fields.
	if p.Type != "MessageCard" || p.Context != "https://schema.org/extensions" || p.Summary == "" || !regexp.MustCompile(`^[0-9A-F]{6}$`).MatchString(p.Colour) {
		t.Errorf("the card is %+v", p)
	}
	inertText(t, p.Summary)
	lines := strings.Split(strings.TrimSuffix(p.Text, "\n\n"), "\n\n")
	for _, l := range lines {
		harmless(t, l, true)
	}
	return lines
}

func webAddress() *regexp.Regexp { return regexp.MustCompile(`^https?://[^\s<>()\[\]"'{}|^\\*_~;@]+$`) }

// inertText checks what no text may have: templates and expressions (learn.microsoft.com/adaptive-cards/authoring-cards/text-features,
// …/templating/language; learn.microsoft.com/azure/logic-apps/workflow-definition-language-functions-reference), mentions, controls.
func inertText(t testing.TB, s string) {
	t.Helper()
	for _, bad := range []string{"{{", "${", "@{", "<at", "</at", "<!", "<script"} {
		if strings.Contains(strings.ToLower(s), bad) {
			t.Errorf("%q in %.200q", bad, s)
		}
	}
	if regexp.MustCompile(`://|(?i:www\.)|(?i:mailto:)|[A-Za-z0-9]@[A-Za-z]`).MatchString(s) {
		t.Errorf("an address in %.200q", s)
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\u202e' || r == '\u2028' || r == '\u200b' {
			t.Errorf("a control character in %.200q", s)
		}
	}
}

// harmless checks that Markdown has nothing in it but bold words and links to the web: what CommonMark and the parser of the mobile
// clients (AdaptiveCards, MarkDownBlockParser) give a meaning. To a connector's reader, underscores have one inside of words too.
func harmless(t testing.TB, s string, strict bool) {
	t.Helper()
	rest := regexp.MustCompile(`\[[^\[\]]+\]\(https?://[^\s<>()\[\]"'{}|^\\*_~;@]+\)`).ReplaceAllString(s, "·")
	if strings.Count(rest, "**")%2 != 0 {
		t.Errorf("bold that does not end in %.300q", s)
	}
	rest = strings.ReplaceAll(rest, "**", "·")
	for what, pattern := range map[string]string{
		"emphasis": `\*`, "code": "`", "a stroke": `~~`, "a link": `\]\(|\]\[|\]:`, "an element": `<[A-Za-z/!?]`, "an entity": `&[A-Za-z#]`,
		"an escape": `\\[!-/:-@\[-` + "`" + `{-~]`, "a list": `^([-+#>]|[0-9]+[.)]( |$))`,
		"code by blanks": `^ `, "lines": `\n`, "emphasis by underscores": `(^|[^A-Za-z0-9])_|_([^A-Za-z0-9]|$)`,
	} {
		if regexp.MustCompile(pattern).MatchString(rest) {
			t.Errorf("%s in %.300q", what, s)
		}
	}
	inertText(t, rest)
	if strict && strings.Contains(rest, "_") {
		t.Errorf("an underscore in %.300q", s)
	}
}

// readers are the formats with what reads their requests.
func readers() map[string]func(testing.TB, []byte) []string {
	return map[string]func(testing.TB, []byte) []string{adaptiveCard: readCard, messageCard: readOld}
}

// sent sends all parts of a message to a server that is as strict as Teams, and stricter, and returns the texts it was told.
func sent(t *testing.T, format string, m *message.Message) (parts int, texts []string) {
	t.Helper()
	read := readers()[format]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.URL.RawQuery != "sig=1" {
			t.Errorf("%s %s of type %q: %v", r.Method, r.URL, r.Header.Get("Content-Type"), err)
		}
		texts = append(texts, read(t, body)...)
		if format == adaptiveCard {
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	defer server.Close()
	sink, err := (&Config{URL: sinks.NewSecret(server.URL + "/workflows/x?sig=1"), Format: format}).Open(sinks.Env{AquaServer: "https://aqua.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := sink.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if _, err := sink.Send(t.Context(), sinks.Delivery{Part: p, Message: m}); err != nil {
			t.Fatal(err)
		}
	}
	return len(list), texts
}
