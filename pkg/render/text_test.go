package render

import (
	"strings"
	"testing"
	"unicode"

	"github.com/mattn/go-runewidth"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// hostile is a message in which every text is s.
func hostile(s string) *message.Message {
	item := dedup.Item{Finding: scan.Finding{ID: s, Package: s, Installed: s, Fixed: s, Title: s, Location: s, Resource: s, Severity: scan.High}}
	other := item
	other.Kind, other.Package = scan.Secret, ""
	return &message.Message{Route: s, Sections: []message.Section{{
		Subject: s, Scanner: s, Artifact: scan.Artifact{Digest: s},
		Delta: dedup.Delta{
			New: []dedup.Item{item, other}, Changed: []dedup.Change{{Item: item}}, Fixed: []dedup.Change{{Item: other}},
			Open: [scan.SeverityCount]int{scan.High: 2}, Fixable: 1,
		},
	}}}
}

func FuzzText(f *testing.F) {
	f.Add("plain", 80)
	f.Add("\x1b[2J\x1b]0;title\x07", 40)
	f.Add("a\r\nb\u202ec\u200b", 0)
	f.Add(strings.Repeat("漢字", 300), 100)
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 0 || width > 1000 {
			return
		}
		for _, m := range []*message.Message{hostile(s), {Test: true, Route: s}} {
			out := string(Text(m, TextOptions{Width: width, Rows: 3}))
			for _, line := range strings.Split(out, "\n") {
				if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) && r != ' ' }); i >= 0 {
					t.Fatalf("%q prints %q", s, line[i:])
				}
			}
		}
	})
}

func TestALineFitsItsWidth(t *testing.T) {
	for _, width := range []int{60, 80, 100, 140} {
		for _, s := range []string{"x", "registry.example.com/shop/api:2.4", strings.Repeat("long", 40), strings.Repeat("漢", 60)} {
			lines := strings.Split(string(Text(hostile(s), TextOptions{Width: width})), "\n")
			for _, line := range lines[2:] { // the subject stands whole, whatever its length
				if w := runewidth.StringWidth(line); w > width {
					t.Errorf("width %d: a line has %d: %q", width, w, line)
				}
			}
		}
	}
}

func TestLongListsSayWhatIsLeft(t *testing.T) {
	m := hostile("x")
	for range 40 {
		m.Sections[0].Delta.New = append(m.Sections[0].Delta.New, m.Sections[0].Delta.New[0])
	}
	out := string(Text(m, TextOptions{Rows: 10}))
	if want := "… 34 more: 34 high (--all lists them)"; !strings.Contains(out, want) {
		t.Errorf("%s lacks %q", out, want)
	}
	if out = string(Text(m, TextOptions{})); strings.Contains(out, "more") || strings.Count(out, "\n") < 44 {
		t.Errorf("not all are listed: %s", out)
	}
}
