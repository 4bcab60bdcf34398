package teams

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/scan"
)

// TestStrictServer: both kinds of webhook take every message.
func TestStrictServer(t *testing.T) {
	for format := range readers() {
		for _, n := range samples() {
			t.Run(format+"/"+n.Name, func(t *testing.T) { sent(t, format, n.Message) })
		}
	}
}

// TestLimits: at any size every finding is said once, or counted among the rest, and the channel is not flooded.
func TestLimits(t *testing.T) {
	for format := range readers() {
		for _, n := range []int{1, 60, 600, 1500, 20000} {
			parts, texts := sent(t, format, findings(n))
			said, counted := make(map[string]bool), 0
			for _, id := range regexp.MustCompile(`\[CVE-2026-\d{6}`).FindAllString(strings.Join(texts, "\n"), -1) {
				if said[id] {
					t.Errorf("%s: %d findings: %s is said twice", format, n, id)
				}
				said[id] = true
			}
			if m := regexp.MustCompile(`… (\d+) more: `).FindStringSubmatch(strings.Join(texts, "\n")); m != nil {
				counted, _ = strconv.Atoi(m[1])
			}
			if len(said)+counted != n || parts > maxParts || parts < maxParts && counted > 0 {
				t.Errorf("%s: %d findings: %d said, %d counted, in %d parts", format, n, len(said), counted, parts)
			}
			if number := fmt.Sprintf("part %d of %d", parts, parts); parts > 1 && !strings.Contains(strings.Join(texts, "\n"), number) {
				t.Errorf("%s: %d findings: nowhere is %q", format, n, number)
			}
		}
	}
}

// TestLargeDigest: every subject is named, and what is not listed of one is counted.
func TestLargeDigest(t *testing.T) {
	m := &message.Message{Route: "team"}
	for i := range 100 {
		s := section(fmt.Sprintf("registry.example.com/image-%03d:1", i), dedup.Delta{First: true, New: findings(60).Sections[0].Delta.New})
		m.Sections = append(m.Sections, s)
	}
	parts, texts := sent(t, adaptiveCard, m)
	all := strings.Join(texts, "\n")
	for i := range m.Sections {
		if n := strings.Count(all, m.Sections[i].Subject+" vulnerability scan report"); n < 1 {
			t.Errorf("%s is not there", m.Sections[i].Subject)
		}
	}
	listed, counted := strings.Count(all, "[CVE-2026-"), 0
	rests := regexp.MustCompile(`… (\d+) more: `).FindAllStringSubmatch(all, -1)
	for _, m := range rests {
		n, _ := strconv.Atoi(m[1])
		counted += n
	}
	if len(rests) != 100 || listed+counted != 6000 {
		t.Errorf("%d of 100 subjects count the rest, in %d parts: %d listed, %d counted", len(rests), parts, listed, counted)
	}
}

// TestWhatItSays: a difference, as people read it.
func TestWhatItSays(t *testing.T) {
	_, texts := sent(t, adaptiveCard, about(rescan()))
	all := strings.Join(texts, "\n") + "\n"
	for _, want := range []string{
		"registry.example.com/shop/api:2.4: 2 new, 1 changed, 3 fixed\n", "Registry  registry.example.com\n", "Scanned  2026-11-22 09:58 UTC\n",
		"Compared with  what was told on 2026-11-20 07:00 UTC\n", "51 open now: 🟠 **8 high** · 🟡 **30 medium** · 🔵 **13 low** · **2 can be fixed today**\n",
		"Do: upgrade 2 packages\n", "**curl** 8.4.0-2 → 8.5.0-1 · fixes 1 · 🟠 1 high\n",
		"🟠 **HIGH** [CVE-2026-12001](https://avd.example.com/nvd/CVE-2026-12001) curl 8.4.0-2 → 8.5.0-1 · Cookie injection with none file\n",
		"Changed (1)\n🟠 **HIGH** ", "was medium, a fix is available now\n", "Fixed (3)\nCRITICAL CVE-2026-11234 openssl\n", "and 48 known\n",
		"CI job https://ci.example.com/shop/runs/7\nSee more https://aqua.example.com/#/images/registry.example.com/shop%2Fapi:2.4\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, all)
		}
	}
}

// TestColour: a connector's message has the colour of the worst that is open.
func TestColour(t *testing.T) {
	for want, m := range map[string]*message.Message{"C00000": about(firstScan()), "E0443D": about(rescan()), "2E7D32": about(section("x", dedup.Delta{First: true}))} {
		list, err := planner{dialect: connector{}}.Plan(m)
		if err != nil || !strings.Contains(string(list[0].Body), `"themeColor":"`+want+`"`) {
			t.Errorf("%s (%v): %s", want, err, list[0].Body)
		}
	}
}

// TestNamesStay: what can be copied from a scan without harm is as it was.
func TestNamesStay(t *testing.T) {
	for _, name := range []string{
		"lib_a", "1.0~rc1-1+deb12u2", "1:2.13.dfsg-1", "lodash@4.17.21", "@babel/core", "C:\\Windows\\System32", "a < b & c > d", "x[0]", "R & D",
		"aws_s3_bucket.this[0]", "{a}", "www", "CVE-2026-1", "sha256:4f1c", "10.0.0.1", "3.0.1", "a-b", "#", "漢字", "é",
	} {
		if got := sentence([]render.Span{{Text: "· " + name}}, markedLook); got != "· "+name {
			t.Errorf("%q became %q", name, got)
		}
	}
}

// TestLinks: only addresses of the web with nothing to hide are followed.
func TestLinks(t *testing.T) {
	for address, want := range map[string]string{
		"https://avd.example.com/x?a=1&b=2#c": "https://avd.example.com/x?a=1&b=2#c", "http://h/%5F": "http://h/%5F", "https://h/?a=&lt;": "https://h/?a=&lt%3B",
		"": "", "javascript:alert(1)": "", "https://": "", "https://a@h/": "", "https://h/)": "", "https://h/ x": "", "https://h/ü": "", "https://h/_": "",
		"https://h/" + strings.Repeat("x", maxLink): "", "https://h/%zz": "", "ftp://h/": "",
	} {
		if got := link(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// FuzzText: nothing in a text means more than it should, wherever it stands.
func FuzzText(f *testing.F) {
	for _, s := range []string{nasty, "", " ", "- l", "1) n", "]", "<", "&", "\\", "{", "a_", "_a", "~", "$", "@", "www", "mailto", ":", "\xff", "#\u00a0", "https:"} {
		f.Add(s, s)
		f.Add(s, "(http://evil.example)")
		f.Add("x", s)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		spans := []render.Span{{Text: one, Style: render.Bold}, {Text: two, URL: "https://example.com/"}, {Text: one, Style: render.Severe, Severity: scan.High}, {Text: two}}
		for _, how := range []look{plainLook, markedLook, old, oldLook} {
			harmless(t, sentence(spans, how), how&old != 0)
			harmless(t, line([][]render.Span{spans[:2], spans[2:]}, []gap{{}, {far: true}}, how), how&old != 0)
			harmless(t, sentence([]render.Span{{Text: one}}, how), how&old != 0)
		}
		inertText(t, clean(one+two))
	})
}

func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1, 1500, 20000} {
		m := findings(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (planner{dialect: card{}}).Plan(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
