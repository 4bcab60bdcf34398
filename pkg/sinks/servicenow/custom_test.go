package servicenow

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
)

// templated plans what a template wrote and returns the columns of the record.
func templated(t *testing.T, p planner, c message.Custom) map[string]string {
	t.Helper()
	parts, err := p.Plan(&message.Message{Route: "team", Sections: []message.Section{{Subject: "app", Custom: &c}}})
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	var columns map[string]string
	if err := json.Unmarshal(parts[0].Body, &columns); err != nil {
		t.Fatal(err)
	}
	return columns
}

// TestTemplates: text, HTML and properties go where they belong, configured columns win, and no text ends HTML.
func TestTemplates(t *testing.T) {
	fields := []message.Field{{Name: "category", Value: `"net"`}, {Name: "impact", Value: "2"}, {Name: "urgency", Value: "1"}, {Name: "sys_id", Value: `"x"`}, {Name: "Bad", Value: "1"}}
	configured := map[string]string{"urgency": "3"}
	for name, c := range map[string]struct {
		planner            planner
		body               string
		text, note, impact string
	}{
		"text":      {planner{}, "a [code]<b>\n", "a ［code]<b>", "a ［code]<b>\n", "2"},
		"HTML":      {planner{}, "<p>a<br>[/code]</p>", "a\n［/code]", "[code]<p>a<br>&#91;/code]</p>[/code]", "2"},
		"in text":   {planner{plain: true}, "<p>a<br>b</p>", "a\nb\n", "a\nb\n", "2"},
		"own tags":  {planner{}, "[code]<p>a</p>[/code]", "［code]<p>a</p>［/code]", "[code]<p>a</p>[/code]", "2"},
		"an object": {planner{}, `{"a":1}`, `{"a":1}`, `{"a":1}`, "2"},
	} {
		c.planner.fields = configured
		want := map[string]string{
			"short_description": "T", "description": strings.TrimSpace(c.text), "work_notes": c.note, "category": "net", "impact": c.impact, "urgency": "3",
		}
		if diff := cmp.Diff(want, templated(t, c.planner, message.Custom{Title: "T", Body: c.body, Fields: fields})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, refused := customColumns(&message.Custom{Fields: fields}); strings.Join(refused, " ") != "sys_id Bad" {
		t.Errorf("refused: %q", refused)
	}
}

// TestTemplateSize: the description is cut where the column ends, the note is whole, and what would bury the record is refused.
func TestTemplateSize(t *testing.T) {
	long := strings.Repeat("漢 line\n", 3000)
	columns := templated(t, planner{}, message.Custom{Body: long})
	if n := utf8.RuneCountInString(columns[columnText]); n != maxText || !strings.HasSuffix(columns[columnText], "see the work notes.\n") || columns[columnNotes] != long {
		t.Errorf("a description of %d characters, %d bytes of %d in the note", n, len(columns[columnNotes]), len(long))
	}
	m := &message.Message{Sections: []message.Section{{Custom: &message.Custom{Body: strings.Repeat("x", maxNotes*maxNote+1)}}}}
	if _, err := (planner{}).Plan(m); err == nil || !strings.Contains(err.Error(), "has 500001 bytes") {
		t.Errorf("too large: %v", err)
	}
}
