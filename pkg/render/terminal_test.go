package render

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/mattn/go-runewidth"

	"github.com/postee/postee/pkg/message"
)

// ours are the sequences that Terminal may write: colours, and links to http and https.
const ours = "\x1b\\[[0-9;]*m|\x1b\\]8;;(https?://[!-~]+)?\x1b\\\\"

func FuzzTerminal(f *testing.F) {
	f.Add("plain", 80)
	f.Add(nasty, 100)
	f.Add("a\r\nb\u202ec\u200b", 0)
	f.Add("http://a.example/\x1b]0;x", 70)
	f.Add(strings.Repeat("漢字", 300), 100)
	sequences := regexp.MustCompile(ours)
	cond := runewidth.Condition{StrictEmojiNeutral: true}
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 0 || width > 300 || len(s) > 2000 {
			return
		}
		for _, m := range []*message.Message{hostile(s), {Test: true, Route: s}, {Title: s}} {
			for _, tree := range []Tree{Layout(m, Options{Console: true}), Layout(m, Options{AquaServer: s})} {
				out := string(Terminal(tree, TerminalOptions{Width: width, Colour: true, Links: true}))
				bare := sequences.ReplaceAllString(out, "")
				plain := string(Terminal(tree, TerminalOptions{Width: width}))
				if bare != plain {
					t.Fatalf("%q: without colour it says something else", s)
				}
				for line := range strings.SplitSeq(bare, "\n") {
					if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) && r != ' ' }); i >= 0 {
						t.Fatalf("%q prints %q", s, line[i:])
					}
					if w := cond.StringWidth(line); width >= 60 && w > width {
						t.Fatalf("%q: a line of %d columns in %d: %q", s, w, width, line)
					}
				}
			}
		}
	})
}

func TestNoLineIsTooWide(t *testing.T) {
	cond := runewidth.Condition{StrictEmojiNeutral: true}
	messages := append(cases(), named{"many", many(40)})
	for _, s := range []string{"x", strings.Repeat("long", 40), strings.Repeat("漢", 60), strings.Repeat("👩‍👩‍👧 ", 30) + "x", strings.Repeat("a b ", 50) + "x"} {
		messages = append(messages, named{s, hostile(s)})
	}
	for _, width := range []int{60, 80, 100, 140} {
		for _, c := range messages {
			for _, console := range []bool{true, false} {
				out := Terminal(Layout(c.message, Options{Console: console}), TerminalOptions{Width: width})
				for line := range strings.SplitSeq(string(out), "\n") {
					if w := cond.StringWidth(line); w > width {
						t.Errorf("%s: width %d: a line has %d: %q", c.name, width, w, line)
					}
					if strings.TrimRight(line, " ") != line {
						t.Errorf("%s: blanks at the end of %q", c.name, line)
					}
				}
			}
		}
	}
}

func TestLongListsSayWhatIsLeft(t *testing.T) {
	m := many(60)
	out := string(Console(m, ConsoleOptions{TerminalOptions: TerminalOptions{Width: 80}}))
	if want := "… 35 more: 5 medium, 10 low, 10 negligible, 10 unknown   all of them: --all"; !strings.Contains(out, want) {
		t.Errorf("%s lacks %q", out, want)
	}
	for _, o := range []ConsoleOptions{{TerminalOptions: TerminalOptions{Width: 80}, All: true}, {}} {
		if out = string(Console(m, o)); strings.Contains(out, " more") || strings.Count(out, "CVE-") != 60 {
			t.Errorf("not all are listed: %s", out)
		}
	}
}
