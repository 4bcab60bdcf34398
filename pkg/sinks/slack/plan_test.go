package slack

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// finding is the nth of many.
func finding(n int) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{
		Kind: scan.Vulnerability, Severity: scan.Critical - scan.Severity(n%scan.SeverityCount), ID: fmt.Sprintf("CVE-2026-%06d", n),
		Package: fmt.Sprintf("lib_%d", n%97), Installed: "3.0.1-1~deb12u2", Fixed: "3.0.2",
		Title: "use after free in <X.509> & *names*: `code`", URL: fmt.Sprintf("https://avd.example.com/nvd/cve-2026-%06d", n),
	}}
}

// findings is a message with so many new findings.
func findings(n int) *message.Message {
	s := message.Section{Subject: "registry.example.com/shop/api:2.4", Scanner: "trivy", Artifact: scan.Artifact{Type: "image", Host: "registry.example.com"}}
	for i := range n {
		s.Delta.New = append(s.Delta.New, finding(i))
		s.Delta.Open[scan.Critical-scan.Severity(i%scan.SeverityCount)]++
	}
	s.Delta.Known, s.Delta.Fixable = 3, n
	return &message.Message{Route: "team", Sections: []message.Section{s}}
}

// TestLimits: at any size every part is valid, and every finding is said once, or counted among the rest.
func TestLimits(t *testing.T) {
	rest := regexp.MustCompile(`… (\d+) more: `)
	for _, n := range []int{1, 50, 1500, 20000} {
		list, text := parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(findings(n)) })
		said := make(map[string]bool)
		for _, id := range regexp.MustCompile(`\|CVE-2026-\d{6}`).FindAllString(text, -1) {
			if said[id] {
				t.Errorf("%d findings: %s is said twice", n, id)
			}
			said[id] = true
		}
		counted := 0
		if m := rest.FindStringSubmatch(text); m != nil {
			counted, _ = strconv.Atoi(m[1])
		}
		if len(said)+counted != n || len(said) < min(n, listed) {
			t.Errorf("%d findings: %d are said and %d counted", n, len(said), counted)
		}
		if len(list) > 3 {
			t.Errorf("%d findings flood the channel with %d messages", n, len(list))
		}
		t.Logf("%d findings: %d parts, %d bytes", n, len(list), len(text))
	}
}

// TestPackagesOfOneSource: what several packages have in common is said once, and counts as often as they have it.
func TestPackagesOfOneSource(t *testing.T) {
	m := findings(80)
	s := &m.Sections[0]
	for i := range 80 {
		twin := *s.Delta.New[i].Finding
		twin.Package += "-dev"
		other := dedup.Item{Finding: &twin}
		s.Delta.New[i].Severity, other.Severity = scan.High, scan.High
		s.Delta.New = append(s.Delta.New, other)
	}
	slices.SortStableFunc(s.Delta.New, func(a, b dedup.Item) int { return strings.Compare(a.ID, b.ID) })
	_, text := parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(m) })
	for _, want := range []string{"|CVE-2026-000007> lib_7, lib_7-dev 3.0.1-1~deb12u2 → 3.0.2", "… 60 more: 60 high"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestDigest: many subjects, each with little.
func TestDigest(t *testing.T) {
	m := &message.Message{Route: "team"}
	for i := range 300 {
		s := findings(2).Sections[0]
		s.Subject = fmt.Sprintf("registry.example.com/shop/api_%03d:2", i)
		m.Sections = append(m.Sections, s)
	}
	_, text := parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(m) })
	for i := range m.Sections {
		if !strings.Contains(text, m.Sections[i].Subject) {
			t.Errorf("%s is not there", m.Sections[i].Subject)
		}
	}
}

// TestDigestsAreShort: the subjects of a digest share what a chat lists, and the rest of each is counted.
func TestDigestsAreShort(t *testing.T) {
	for sections, rows := range map[int]int{2: 25, 7: 7, 30: leastListed} {
		m := &message.Message{Route: "team"}
		for i := range sections {
			s := findings(100).Sections[0]
			s.Subject = fmt.Sprintf("registry.example.com/shop/api_%03d:2", i)
			m.Sections = append(m.Sections, s)
		}
		list, text := parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(m) })
		if n := len(regexp.MustCompile(`\|CVE-2026-\d{6}`).FindAllString(text, -1)); n != sections*rows {
			t.Errorf("%d subjects: %d findings are listed", sections, n)
		}
		if n := strings.Count(text, fmt.Sprintf("… %d more: ", 100-rows)); n != sections {
			t.Errorf("%d subjects: the rest of %d is counted", sections, n)
		}
		t.Logf("%d subjects: %d parts", sections, len(list))
	}
}

// hostile are texts that mean something to Slack, or are too much.
func hostile() []string {
	return []string{
		"<!channel> <@U012AB3CD> <#C1> <!subteam^S1> <!date^1^x|y> @here", "<http://evil.example|click>", "&lt;!channel&gt;", "*b* _i_ ~s~ `c` ```x",
		"> quote\n> more", "a\r\nb\u2028c\x00\x1b[31m\u202e", ":tada::skull:", strings.Repeat("<&>", 100000), strings.Repeat("漢", 50000), "\xff\xfe", "", " ",
		"https://evil.example/ www.evil.example mailto:a@b.example",
	}
}

func TestHostile(t *testing.T) {
	for _, evil := range hostile() {
		m := findings(30)
		s := &m.Sections[0]
		m.Route, s.Subject, s.Scanner, s.Artifact.Name, s.Artifact.Registry, s.Artifact.Digest = evil, evil, evil, evil, evil, evil
		for i := range s.Delta.New {
			f := &s.Delta.New[i]
			f.Kind = scan.Kind(i % 8)
			f.Package, f.Installed, f.Fixed, f.Title, f.URL, f.Location, f.Resource = evil, evil, evil, evil, evil, evil, evil
			if i%2 == 0 {
				f.ID, f.URL = evil, "https://h/"+evil
			}
		}
		s.Delta.Fixed = []dedup.Change{{Item: s.Delta.New[0]}, {Item: s.Delta.New[1]}}
		s.Delta.Changed = []dedup.Change{{Item: s.Delta.New[2]}, {Item: s.Delta.New[3]}}
		parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(m) })
		m.Sections = append(m.Sections, m.Sections[0], m.Sections[0])
		parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(m) })
		m.Title = evil
		parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(m) })
	}
}

// TestEmpty: a message about nothing is still a message.
func TestEmpty(t *testing.T) {
	for _, m := range []*message.Message{{}, {Test: true}, {Title: " "}, {Title: "<>"}, {Sections: make([]message.Section, 1)}, {Sections: make([]message.Section, 3)}} {
		parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(m) })
	}
}

// TestFixedIsStruck: what is gone looks so, and severities are words.
func TestFixedIsStruck(t *testing.T) {
	_, text := parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(sinktest.Messages()[1].Message) })
	for _, want := range []string{"~CRITICAL CVE-2026-0001 openssl~", "`HIGH` <https://example.com/CVE-2026-0003|CVE-2026-0003> openssl 3.0.1 → 3.0.2 · a title", "7 known"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func FuzzPlan(f *testing.F) {
	for i, evil := range hostile() {
		evil = evil[:min(len(evil), 3000)]
		f.Add(evil, "openssl", evil, "https://h/"+evil[:min(len(evil), 200)], byte(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, subject, pkg, title, address string, kind, n byte) {
		m := findings(int(n))
		s := &m.Sections[0]
		s.Subject, s.Artifact.Registry = subject, subject
		for i := range s.Delta.New {
			f := &s.Delta.New[i]
			f.Kind = scan.Kind((int(kind) + i) % 7)
			f.Package, f.Title, f.URL, f.Location, f.Fixed = pkg, title, address, subject, pkg
		}
		s.Delta.Fixed = []dedup.Change{{Item: dedup.Item{Finding: &scan.Finding{ID: title, Package: pkg, URL: address}}}}
		s.Delta.First, s.Delta.ComplianceChanged = kind&64 != 0, kind&128 != 0
		first, _ := parts(t, func() ([]sinks.Part, error) { return planner{}.Plan(m) })
		if second, err := (planner{}).Plan(m); err != nil || !reflect.DeepEqual(first, second) {
			t.Error("planned differently the second time")
		}
	})
}

func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1, 1500, 20000} {
		m := findings(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (planner{}).Plan(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
