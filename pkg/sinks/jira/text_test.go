package jira

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// finding is the nth of many.
func finding(n int) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{
		Kind: scan.Vulnerability, Severity: scan.Critical - scan.Severity(n%scan.SeverityCount), ID: fmt.Sprintf("CVE-2026-%06d", n),
		Package: fmt.Sprintf("lib_%d", n%97), Installed: "3.0.1-1~deb12u2", Fixed: "3.0.2",
		Title: "use after free in <X.509> & *names*: {code}", URL: fmt.Sprintf("https://avd.example.com/nvd/cve-2026-%06d", n),
	}}
}

// findings is a message with so many new findings.
func findings(n int) *message.Message {
	s := message.Section{
		Subject: "registry.example.com/shop/api:2.4", Scanner: "trivy", Format: "trivy", Job: "https://ci.example.com/shop/runs/7",
		Artifact: scan.Artifact{Type: "image", Host: "registry.example.com", Repository: "shop/api", Tag: "2.4"},
	}
	for i := range n {
		s.Delta.New = append(s.Delta.New, finding(i))
		s.Delta.Open[scan.Critical-scan.Severity(i%scan.SeverityCount)]++
	}
	s.Delta.Known, s.Delta.Fixable = 3, n
	return &message.Message{Route: "team", Sections: []message.Section{s}}
}

// hostile are texts that mean something to Jira, or are too much.
func hostile() []string {
	return []string{
		"{code}x{code} {code:java} {noformat}x{noformat} {quote} {panel:title=x} {color:red}x{color} {adf}{} {anchor:x} {html}<b>{html}",
		"[~admin] [~accountid:5b] @admin [x|http://evil.example] [http://evil.example] [^file.txt] [#top] [SEC-1] [mailto:a@b.example]",
		"!x.png! !http://evil.example/x.png! !!", "|| x || y | z", "{{x}} {{ }}", `\\ \{code} \ \\\ x\`, "bq. quote", "h1. heading", "h2.x", "----", "--- --", "# one", "## two",
		"* one", "- one", "*b* _i_ -s- +u+ ^a^ ~b~ ??c??", "*", "-", ":) ;) :( :P :D :-D (/) (x) (!) (y) (*r) (flagoff)", "{*}b{*} {-}x{-}",
		"http://evil.example/ https://evil.example ftp://x irc://x mailto:a@b.example news:x file:///etc/passwd", "&#123;code&#125; &lt;b&gt; &amp;",
		"<script>alert(1)</script>", "a\r\nb\u2028c\x00\x1b[31m\u202e", strings.Repeat("{|[", 5000), strings.Repeat("漢", 5000), strings.Repeat("🎉", 4000), "\xff\xfe", "", " ", `"`,
	}
}

// full is a message with a text in every place that a scan fills.
func full(evil string) *message.Message {
	m := findings(30)
	m.Route = evil
	s := &m.Sections[0]
	s.Subject, s.Artifact.Name, s.Artifact.Registry, s.Artifact.Digest, s.Artifact.Repository = evil, evil, evil, evil, evil
	for i := range s.Delta.New {
		f := &s.Delta.New[i]
		f.Kind = scan.Kind(i % 8)
		f.Package, f.Installed, f.Fixed, f.Title, f.URL, f.Location, f.Resource = evil, evil, evil, evil, "https://h.example/"+evil, evil, evil
		if i%2 == 0 {
			f.ID = evil
		}
	}
	s.Delta.Fixed = []dedup.Change{{Item: s.Delta.New[0]}, {Item: s.Delta.New[1]}}
	s.Delta.Changed = []dedup.Change{{Item: s.Delta.New[2], Was: dedup.Was{Severity: scan.Low}}, {Item: s.Delta.New[3]}}
	return m
}

// messages are what both dialects must be able to say.
func messages() []sinktest.Named {
	list := append(sinktest.Messages(), sinktest.Named{Name: "nothing", Message: &message.Message{}},
		sinktest.Named{Name: "many", Message: findings(1500)}, sinktest.Named{Name: "empty-sections", Message: &message.Message{Sections: make([]message.Section, 3)}})
	digest := &message.Message{Route: "team"}
	for i := range 40 {
		s := findings(30).Sections[0]
		s.Subject = fmt.Sprintf("registry.example.com/shop/api_%03d:2", i)
		digest.Sections = append(digest.Sections, s)
	}
	crowd := &message.Message{Route: "team"}
	for i := range 800 {
		s := findings(1).Sections[0]
		s.Subject = fmt.Sprintf("registry.example.com/shop/api_%03d:2", i)
		crowd.Sections = append(crowd.Sections, s)
	}
	list = append(list, sinktest.Named{Name: "long-digest", Message: digest}, sinktest.Named{Name: "crowd", Message: crowd})
	for i, evil := range hostile() {
		list = append(list, sinktest.Named{Name: fmt.Sprintf("hostile-%d", i), Message: full(evil)})
	}
	return list
}

// key is a message's.
const key = "0123456789abcdef0123456789abcdef"

// described is the description of a message that can be described.
func described(t testing.TB, p printer, m *message.Message, d dialect, open bool) (jsontext.Value, bool) {
	t.Helper()
	text, cut, err := p.description(m, d, open)
	if err != nil {
		t.Fatal(err)
	}
	return text, cut
}

// commented is its comment.
func commented(t testing.TB, p printer, m *message.Message, d dialect) jsontext.Value {
	t.Helper()
	text, err := p.comment(m, d, key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// texts are all that is written of messages in a dialect, by name.
func texts(t testing.TB, d dialect, list []sinktest.Named) map[string]jsontext.Value {
	t.Helper()
	p := printer{aquaServer: "https://aqua.example.com"}
	written := make(map[string]jsontext.Value)
	for _, n := range list {
		open := *n.Message
		open.Sections = append([]message.Section{}, open.Sections...)
		for i := range open.Sections {
			open.Sections[i].Open = append([]dedup.Item{finding(9)}, open.Sections[i].Delta.New...)
		}
		written[n.Name], _ = described(t, p, n.Message, d, false)
		written[n.Name+"-open"], _ = described(t, p, &open, d, true)
		written[n.Name+"-comment"] = commented(t, p, n.Message, d)
	}
	return written
}

// TestTexts: whatever a message says, both dialects are valid, within the limit, and the same every time.
func TestTexts(t *testing.T) {
	list := messages()
	for d, check := range map[dialect]func(testing.TB, string, jsontext.Value){cloud: validDocument, dataCenter: validMarkup} {
		again := texts(t, d, sinktest.Messages())
		for name, text := range texts(t, d, list) {
			check(t, name, text)
			if second, ok := again[name]; ok && string(text) != string(second) {
				t.Errorf("%s is written differently the second time", name)
			}
		}
	}
}

// TestSummary: one line that Jira takes, whatever the title is.
func TestSummary(t *testing.T) {
	for _, n := range messages() {
		m := *n.Message
		for _, title := range []string{"", n.Message.Route} {
			m.Title = title
			s := printer{}.summary(&m)
			if s == "" || length(s) > maxSummary || strings.ContainsAny(s, "\r\n\x00") || strings.TrimSpace(s) == "" {
				t.Errorf("%s: %q", n.Name, s)
			}
		}
	}
	if got := (printer{}).summary(&message.Message{Title: "own\ntitle"}); got != "own title" {
		t.Errorf("%q", got)
	}
}

// TestCut: what is not in a description is counted there, and is in the report.
func TestCut(t *testing.T) {
	p := printer{}
	for n, want := range map[int]bool{1: false, 50: false, 1500: true} {
		m := findings(n)
		for _, d := range []dialect{cloud, dataCenter} {
			text, cut := described(t, p, m, d, false)
			listed := strings.Count(string(text), "/cve-2026-")
			if cut != want || strings.Contains(string(text), "see the attached report") != want || cut == (listed == n) || listed < min(n, 50) {
				t.Errorf("%d findings in dialect %d: %d are listed, cut is %v", n, d, listed, cut)
			}
			if want && !strings.Contains(string(text), fmt.Sprintf("… %d more: ", n-listed)) {
				t.Errorf("%d findings: the rest of %d is not counted", n, listed)
			}
			t.Logf("%d findings in dialect %d: %d are listed, %d bytes", n, d, listed, len(text))
		}
		if listed := strings.Count(string(p.report(m)), `href="https://avd.example.com/nvd/cve-2026-`); listed != n {
			t.Errorf("%d findings: the report lists %d", n, listed)
		}
	}
}

// TestOpen: the description of a ticket that lives lists what is open, known or not, and nothing that is fixed.
func TestOpen(t *testing.T) {
	m := sinktest.Messages()[1].Message
	m.Sections[0].Open = []dedup.Item{finding(9), m.Sections[0].Delta.New[0]}
	for _, d := range []dialect{cloud, dataCenter} {
		text, _ := described(t, printer{}, m, d, true)
		for want, there := range map[string]bool{"CVE-2026-000009": true, "CVE-2026-0003": true, "Open vulnerabilities": true, "CVE-2026-0001": false} {
			if strings.Contains(string(text), want) != there {
				t.Errorf("dialect %d: %q there: %v\n%s", d, want, !there, text)
			}
		}
		said := string(commented(t, printer{}, m, d))
		if !strings.Contains(said, "CVE-2026-0001") || !strings.Contains(said, "postee-"+key) || strings.Contains(said, "CVE-2026-000009") {
			t.Errorf("dialect %d: %s", d, said)
		}
	}
	if m.Sections[0].All != nil || len(m.Sections[0].Delta.Fixed) != 1 {
		t.Error("the message is another one now")
	}
}

// TestPlainText: the user's own text is a document of paragraphs, or stays as it is.
func TestPlainText(t *testing.T) {
	for text, want := range map[string]string{
		"one\ntwo\r\n\r\nthree": `{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"one"},{"type":"hardBreak"},{"type":"text","text":"two"}]},{"type":"paragraph","content":[{"type":"text","text":"three"}]}]}`,
		" \n":                   `{"version":1,"type":"doc","content":[]}`,
		"*a* <b>":               `{"version":1,"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"*a* <b>"}]}]}`,
	} {
		got := printer{}.plainText(cloud, text)
		if string(got) != want {
			t.Errorf("%q: %s", text, got)
		}
		validDocument(t, text, got)
	}
	if got := string(printer{}.plainText(dataCenter, "h1. *a*\r\n\xff")); got != `"h1. *a*\n�"` {
		t.Error(got)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"üüü", 3, "üüü"}, {"🎉🎉", 4, "🎉🎉"}, {"🎉🎉🎉", 4, "🎉…"}, {"", 1, ""}, {"ab", 1, "…"}} {
		if got := clip(c.text, c.limit); got != c.want || length(got) > c.limit {
			t.Errorf("clip(%q, %d): %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestLink(t *testing.T) {
	for address, want := range map[string]bool{
		"https://avd.example.com/nvd/cve-2026-1": true, "http://h.example:8443/a?b=1&c=2#d;e": true, "https://h/a|b": false, "https://h/a]b": false, "https://h/!a!": false,
		"https://nvd.nist.gov@evil.example/": false, "javascript:alert(1)": false, "https:///x": false, "https://h/%zz": false, "": false, "mailto:a@b": false,
		"https://h/" + strings.Repeat("x", maxLink): false, "https://h/{x}": false, `https://h/\`: false,
	} {
		if got := link(address); (got != "") != want || want && got != address {
			t.Errorf("%.60q: %q", address, got)
		}
	}
}

// stringOf is a JSON string's value.
func stringOf(t testing.TB, name string, value jsontext.Value) string {
	t.Helper()
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}
