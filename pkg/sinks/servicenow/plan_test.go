package servicenow

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// answering starts a server that always says the same.
func answering(t *testing.T, body string) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
	t.Cleanup(server.Close)
	return server.URL
}

// valid fails unless the parts of a message keep to the lengths, and no text in a note ends its HTML. It returns all notes.
func valid(t testing.TB, p planner, m *message.Message) (notes string, parts int) {
	t.Helper()
	list, err := p.Plan(m)
	if err != nil {
		t.Fatalf("%d parts: %v", len(list), err)
	}
	for i, part := range list {
		var columns map[string]string
		if err := json.Unmarshal(part.Body, &columns); err != nil {
			t.Fatal(err)
		}
		note, text, title := columns[columnNotes], columns[columnText], columns[columnShort]
		if i == 0 && (title == "" || utf8.RuneCountInString(title) > maxShort || strings.ContainsAny(title, "\r\n\x00") || utf8.RuneCountInString(text) > maxText) {
			t.Errorf("title %.200q, description of %d", title, utf8.RuneCountInString(text))
		}
		if part.Name == partClose {
			continue
		}
		if codeTag.MatchString(title + text) {
			t.Errorf("a code tag in %.200q or %.200q", title, text)
		}
		if notes += note; p.plain {
			if codeTag.MatchString(note) || note == "" || len(note) > maxNote || strings.ContainsAny(note, "\x00\x1b\u202e") {
				t.Errorf("part %s: a note of %d bytes: %.200q", part.Name, len(note), note)
			}
			continue
		}
		inner, opens := strings.CutPrefix(note, "[code]")
		inner, closes := strings.CutSuffix(inner, "[/code]")
		if !opens || !closes || strings.ContainsAny(inner, "[\n\x00\x1b\u202e") || strings.Contains(inner, "<script") || len(note) > maxNote {
			t.Errorf("part %s: a note of %d bytes: %.200q", part.Name, len(note), note)
		}
	}
	return notes, len(list)
}

// TestLimits: at any size every part keeps to the limits, and every finding is said once, or counted among the rest.
func TestLimits(t *testing.T) {
	for n, all := range map[int]bool{1: true, 50: true, 500: true, 20000: false} {
		notes, parts := valid(t, planner{}, findings(n))
		said := strings.Count(notes, `href="https://avd.example.com/nvd/cve-2026-`)
		if parts > maxNotes || all != (said == n) || said < min(n, 300) || !all && !strings.Contains(notes, " more: ") {
			t.Errorf("%d findings: %d are said in %d parts", n, said, parts)
		}
		t.Logf("%d findings: %d are said in %d parts, %d bytes", n, said, parts, len(notes))
	}
}

// hostile are texts that mean something to ServiceNow, or are too much.
func hostile() []string {
	return []string{
		"[code]<b>x</b>[/code]", "[/code]<script>alert(1)</script>[code]", "<script>alert(1)</script>", "a^active=true^ORsys_idISNOTEMPTY", "javascript:gs.sleep(1)", "${gs.user}",
		"a\r\nb\u2028c\x00\x1b[31m\u202e", strings.Repeat("[/code]", 5000), strings.Repeat("漢", 5000), "\xff\xfe", "", " ", `"`,
	}
}

// full is a message with a text in every place that a scan fills.
func full(evil string) *message.Message {
	m := findings(30)
	m.Route = evil
	s := &m.Sections[0]
	s.Subject, s.Artifact.Name, s.Artifact.Registry, s.Artifact.Digest = evil, evil, evil, evil
	for i := range s.Delta.New {
		f := &s.Delta.New[i]
		f.Kind = scan.Kind(i % 8)
		f.ID, f.Package, f.Installed, f.Fixed, f.Title, f.URL, f.Location, f.Resource = evil, evil, evil, evil, evil, "https://h.example/"+evil, evil, evil
	}
	s.Delta.Fixed = []dedup.Change{{Item: s.Delta.New[0]}}
	return m
}

func TestHostile(t *testing.T) {
	for _, evil := range hostile() {
		for _, p := range []planner{{}, {lives: true, closes: true}, {plain: true}} {
			m := full(evil)
			valid(t, p, m)
			m.Title = evil
			valid(t, p, m)
		}
	}
	for _, m := range []*message.Message{{}, {Test: true}, {Title: " "}, {Sections: make([]message.Section, 3)}} {
		valid(t, planner{}, m)
	}
}

func FuzzPlan(f *testing.F) {
	for _, evil := range hostile() {
		f.Add(evil[:min(len(evil), 300)], "x", byte(3))
	}
	f.Fuzz(func(t *testing.T, one, two string, n byte) {
		m := full(one)
		m.Title = two
		m.Sections[0].Delta.New = m.Sections[0].Delta.New[:n%30]
		valid(t, planner{lives: n%2 == 0, plain: n%3 == 0}, m)
	})
}

// TestTold: what stands beside the name of a record is read as it was written, and nothing else is read there.
func TestTold(t *testing.T) {
	display := told(key(1), key(2), 3)
	if by, n := toldBy(display); openedBy(display) != key(1) || by != key(2) || n != 3 || len(display) > 100 {
		t.Errorf("%q: %s, %s %d", display, openedBy(display), by, n)
	}
	for _, other := range []string{"", "postee", "a person's own", "told", "x told y z", "postee-a told b"} {
		if by, n := toldBy(other); by != "" || n != 0 || other != "postee-a told b" && openedBy(other) != "" {
			t.Errorf("%q: %q, %q %d", other, openedBy(other), by, n)
		}
	}
}
