package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// countsOf adds up what the rows of a tree stand for.
func countsOf(t Tree) (n int) {
	for _, b := range t {
		if table, ok := b.(Table); ok {
			for i := range table.Rows {
				n += table.Rows[i].Counts
			}
		}
	}
	return n
}

// TestRowsCountWhatTheyStandFor: in every form all findings are in a row or counted, also where lists are shortened or divided.
func TestRowsCountWhatTheyStandFor(t *testing.T) {
	d := sources()
	want := len(d.New) + len(d.Changed) + len(d.Fixed)
	m := told(section(d))
	for _, console := range []bool{false, true} {
		tree := Layout(m, Options{Console: console})
		if n := countsOf(tree); n != want {
			t.Errorf("console %t: rows for %d findings of %d", console, n, want)
		}
		parts := 0
		for _, part := range Split(tree, func(t Tree) bool { return len(Text(t)) < 700 }) {
			parts += countsOf(part)
		}
		if parts != want {
			t.Errorf("console %t: the parts have rows for %d findings of %d", console, parts, want)
		}
	}
	short := string(Text(Shorten(Layout(m, Options{Console: true}), 1)))
	if want := "… 18 more: 1 high, 14 medium, 3 low"; !strings.Contains(short, want) {
		t.Errorf("no %q in\n%s", want, short)
	}
}

// TestNewAndKnownAreApart: a list of all that is open does not join what is new with what is not.
func TestNewAndKnownAreApart(t *testing.T) {
	d := sources()
	old := *d.New[0].Finding
	old.Package = "libcrypto3-old"
	known := dedup.Item{Finding: &old}
	s := section(d)
	s.All = append([]dedup.Item{known}, d.New...)
	text := string(Console(told(s), ConsoleOptions{}))
	for _, want := range []string{"  HIGH    CVE-2026-286      libcrypto3-old  ", "NEW    HIGH    CVE-2026-286      libcrypto3, libssl3  "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestFew(t *testing.T) {
	names := []string{"linux-buildinfo", "linux-headers", "linux-image", "linux-libc-dev"}
	for room, want := range map[int]string{
		100: "linux-buildinfo, linux-headers, linux-image, linux-libc-dev", 57: "linux-buildinfo, linux-headers, linux-image and 1 more",
		41: "linux-buildinfo, linux-headers and 2 more", 36: "linux-buildinfo and 3 more", 22: "linux-buil… and 3 more", 1: "linux-b… and 3 more",
	} {
		got := few(names, room)
		if got != want || room > 20 && runewidth.StringWidth(got) > room {
			t.Errorf("%d: %q, want %q", room, got, want)
		}
	}
}

// TestAges: known findings say how long they have been open, those of today and new ones do not.
func TestAges(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
	ago := func(item dedup.Item, days int) dedup.Item {
		item.FirstSeen = dedup.DayOf(now) - dedup.Day(days)
		return item
	}
	d := difference()
	d.New[0] = ago(d.New[0], 50) // another route has said it
	d.Changed[0].Item, d.Fixed[0].Item, d.Fixed[1].Item = ago(d.Changed[0].Item, 34), ago(d.Fixed[0].Item, 1), ago(d.Fixed[1].Item, 0)
	s := section(d)
	all := s
	all.All = []dedup.Item{d.New[0], d.Changed[0].Item, ago(someNew()[0], 320), ago(someNew()[5], 0)}
	for _, c := range []struct {
		section message.Section
		now     time.Time
		want    []string
	}{
		{s, now, []string{"a fix is available now, open for 34 days", "was open for 1 day"}},
		{all, now, []string{"zlib · open for 34 days", "name checks · open since 9 Jan 2026", "a fix is available now, open for 34 days", "was open for 1 day"}},
		{s, time.Time{}, nil},
	} {
		out := string(Markdown(Layout(told(c.section), Options{Now: c.now})))
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		if n := strings.Count(out, "open for ") + strings.Count(out, "open since "); n != len(c.want) {
			t.Errorf("%d ages, not %d, in\n%s", n, len(c.want), out)
		}
	}
	text := string(Console(told(s), ConsoleOptions{Now: now}))
	if !strings.Contains(text, "a fix is available now, open for 34 days\n") || !strings.Contains(text, "openssl                                        was open for 1 day\n") {
		t.Errorf("the console:\n%s", text)
	}
}

// TestJoinIsFast: many findings of one ID in as many versions. Ten times as many take ten times as long, not a hundred times; both are
// measured by turns, so that what else the machine does is the same for both.
func TestJoinIsFast(t *testing.T) {
	items := make([]*dedup.Item, 50_000)
	for i := range items {
		item := vuln(scan.High, "CVE-2026-1", "p", fmt.Sprint(i), "", "")
		items[i] = &item
	}
	joined := func(items []*dedup.Item) time.Duration {
		start := time.Now()
		if n := len(join(len(items), func(i int) *dedup.Item { return items[i] }, nil)); n != len(items) {
			t.Errorf("%d rows", n)
		}
		return time.Since(start)
	}
	var few, many []time.Duration
	for range 3 {
		few = append(few, joined(items[:len(items)/10]))
		many = append(many, joined(items))
	}
	if slices.Min(many) > 40*slices.Max(few) {
		t.Errorf("%s, and for a tenth of them %s", many, few)
	}
}
