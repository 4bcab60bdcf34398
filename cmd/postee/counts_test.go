package main

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/route"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/all"
	"github.com/postee/postee/pkg/state"
)

// countedReports are reports in which rows, versions and places are more, or fewer, than findings.
func countedReports() map[string]*scan.Report {
	vulnerability := func(severity scan.Severity, id, pkg, version, fix string) scan.Finding {
		return scan.Finding{Severity: severity, ID: id, Package: pkg, Installed: version, Fixed: fix}
	}
	secret := func(lines string) scan.Finding {
		return scan.Finding{Kind: scan.Secret, Severity: scan.Critical, ID: "aws-key", Location: "/app/.env", Lines: lines}
	}
	twice := vulnerability(scan.High, "CVE-2026-1", "curl", "1", "2")
	reports := map[string]*scan.Report{
		"nothing": {},
		"rows":    {Findings: []scan.Finding{twice, twice, vulnerability(scan.Low, "CVE-2026-2", "curl", "1", ""), twice}},
		"versions": {Findings: []scan.Finding{
			vulnerability(scan.Critical, "CVE-2026-1", "semver", "1", "2"), vulnerability(scan.Critical, "CVE-2026-1", "semver", "5", "6"),
			vulnerability(scan.Critical, "CVE-2026-1", "semver", "7", "8"), vulnerability(scan.Medium, "CVE-2026-3", "semver", "7", ""),
		}},
		"packages of one source": {Findings: []scan.Finding{
			vulnerability(scan.High, "CVE-2026-4", "libcrypto3", "1", "2"), vulnerability(scan.High, "CVE-2026-4", "libssl3", "1", "2"), vulnerability(scan.High, "CVE-2026-4", "openssl", "1", "2"),
		}},
		"accepted": {Findings: []scan.Finding{twice}, Suppressed: []scan.Finding{vulnerability(scan.Critical, "CVE-2026-5", "curl", "1", ""), twice}},
		"equals":   {Findings: []scan.Finding{secret("1"), secret("2"), secret("9")}},
		"only counts": {
			Findings: []scan.Finding{{Kind: scan.Control, ID: "max_severity", Location: "Default"}},
			Summary:  &[scan.SeverityCount]int{scan.Critical: 5, scan.Low: 1234, scan.Negligible: 2},
		},
		"many": {},
	}
	for i := range 120 {
		for pkg := range 3 {
			f := vulnerability(scan.Severity(i%scan.SeverityCount), fmt.Sprintf("CVE-2026-%d", i), fmt.Sprintf("p%d-%d", i%7, pkg), "1", "2")
			reports["many"].Findings = append(reports["many"].Findings, f, f)
		}
	}
	for name, r := range reports {
		r.Scanner, r.Raw = "trivy", []byte(`{}`)
		r.Covers = scan.CoverageOf(scan.Vulnerability, scan.Secret, scan.Control)
		r.Artifact = scan.Artifact{Type: "image", Repository: strings.ReplaceAll(name, " ", "-"), Tag: "1"}
	}
	return reports
}

// TestOneCount: every printer, the gate, policies and explain count what is open as the difference does: one for each fingerprint.
// The second scan has less, so that what is new and what is open are not the same.
func TestOneCount(t *testing.T) {
	t.Parallel()
	for name, report := range countedReports() {
		t.Run(name, func(t *testing.T) {
			less := *report
			if n := len(less.Findings); n > 2 {
				less.Findings = less.Findings[n/2:]
			}
			more := less
			more.Findings = append(more.Findings[:len(more.Findings):len(more.Findings)], scan.Finding{Severity: scan.Medium, ID: "CVE-2026-9999", Package: "late"})
			store, seen := state.Memory(), 0
			for i, r := range []*scan.Report{report, &less, &more} {
				var open [scan.SeverityCount]int
				e := &route.Engine{Store: store, Lease: time.Minute, Gate: route.Gate{Mode: route.GateAny}, Routes: []*route.Route{{Name: "r", Rules: route.Differences(true)}}}
				e.Observe = func(_ context.Context, c *route.Case, _ *route.Route, _ *route.Verdict) {
					open = c.Delta().Open
					seen++
					compareCounts(t, c, i)
				}
				admitted, err := e.Admit(t.Context(), time.Now(), []*scan.Document{{Source: "x#1", Format: "trivy", Raw: r.Raw, Reports: []scan.Report{*r}}})
				if err != nil {
					t.Fatal(err)
				}
				tripped := 0
				for _, trip := range admitted.Tripped {
					tripped += trip.Count
				}
				if want := sumOf(open); tripped != want {
					t.Errorf("scan %d: the gate counts %d, not %d", i, tripped, want)
				}
			}
			if seen != 3 {
				t.Errorf("%d scans were seen", seen)
			}
		})
	}
}

// sumOf adds counts up.
func sumOf(open [scan.SeverityCount]int) (sum int) {
	for _, n := range open {
		sum += n
	}
	return sum
}

// compareCounts compares what everybody says of one scan with its difference.
func compareCounts(t *testing.T, c *route.Case, scanned int) {
	t.Helper()
	open := c.Delta().Open
	if n := len(c.Set.Marks); c.Report.Summary == nil && n != sumOf(open) {
		t.Errorf("scan %d: %d marks, %d open", scanned, n, sumOf(open))
	}
	for _, everything := range []bool{false, true} {
		section := route.Section(c, everything, route.Contents{})
		for name, text := range printedForms(t, &message.Message{Route: "r", Sections: []message.Section{section}}) {
			if got := openIn(text); got != open {
				t.Errorf("scan %d, all %t: %s says %v, not %v:\n%s", scanned, everything, name, got, open, text)
			}
		}
	}
	if got := openIn("\n" + strings.NewReplacer("open (", "open: ", ")", "").Replace(openOf(c))); got != open {
		t.Errorf("scan %d: explain says %q, not %v", scanned, openOf(c), open)
	}
	s := c.Normalised().Summary
	if got := [...]int{s.Unknown, s.Negligible, s.Low, s.Medium, s.High, s.Critical}; got != open || s.Total != sumOf(open) {
		t.Errorf("scan %d: the summary is %+v, not %v", scanned, s, open)
	}
}

// printedForms is a message in every form that people and scripts read: all formats of standard output, with and without a
// terminal, Slack, and Teams.
func printedForms(t *testing.T, m *message.Message) map[string]string {
	t.Helper()
	texts := map[string]string{}
	plan := func(kind string, env sinks.Env) string {
		config, err := all.To(kind, sinks.NewSecret("http://target.invalid/"))
		if err != nil {
			if config, err = all.New(kind); err != nil {
				t.Fatal(err)
			}
		}
		sink, err := config.Open(env)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := sink.Plan(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(parts[0].Body)
	}
	for _, width := range []int{0, 80} {
		texts[fmt.Sprint("table ", width)] = plan("stdout", sinks.Env{Width: width})
	}
	texts["markdown"] = plan("stdout", sinks.Env{Format: "markdown"})
	texts["html"] = html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(plan("stdout", sinks.Env{Format: "html"}), ""))
	texts["teams"] = plan("teams", sinks.Env{})
	texts["slack"] = strings.ReplaceAll(plan("slack", sinks.Env{}), `\n`, "\n")
	var line struct {
		Summary dedup.Summary `json:"summary"`
	}
	if err := json.Unmarshal([]byte(plan("stdout", sinks.Env{Format: "json"})), &line); err != nil {
		t.Fatal(err)
	}
	s := line.Summary
	texts["json"] = fmt.Sprintf("%d open: %d critical %d high %d medium %d low %d negligible %d unknown", s.Total, s.Critical, s.High, s.Medium, s.Low, s.Negligible, s.Unknown)
	return texts
}

// openIn reads the line about what is open: the numbers by severity; none when they do not add up to the total.
func openIn(text string) (open [scan.SeverityCount]int) {
	text = regexp.MustCompile(`[*🔴🟠🟡🔵🟢⚪]`).ReplaceAllString(text, "")
	line := regexp.MustCompile(`(\d+) open(?: now)?: ((?:[·,\s]*\d+ (?:critical|high|medium|low|negligible|unknown))+)`).FindStringSubmatch(text)
	if line == nil {
		if !strings.Contains(text, "no open findings") {
			open[0] = -1
		}
		return open
	}
	for _, n := range regexp.MustCompile(`(\d+) (\w+)`).FindAllStringSubmatch(line[2], -1) {
		var count int
		var severity scan.Severity
		fmt.Sscan(n[1], &count)
		if err := severity.UnmarshalText([]byte(n[2])); err != nil {
			panic(err)
		}
		open[severity] = count
	}
	if fmt.Sprint(sumOf(open)) != line[1] {
		open[0] = -1
	}
	return open
}

// TestWhatIsNotUnderstoodHasNoCounts: nothing says that a document of no known format has no findings.
func TestWhatIsNotUnderstoodHasNoCounts(t *testing.T) {
	t.Parallel()
	section := message.Section{Subject: "generic:1", Format: scan.Generic, Artifact: scan.Artifact{Type: scan.Generic, Name: "1"}, Delta: dedup.Delta{First: true}}
	for name, text := range printedForms(t, &message.Message{Route: "r", Sections: []message.Section{section}}) {
		if name == "json" { // its format is "generic"
			continue
		}
		if strings.Contains(text, "finding") || !strings.Contains(text, "a document of no known format") || !strings.Contains(text, "no scan that postee understands") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
