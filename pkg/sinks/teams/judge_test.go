package teams

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// vulnerability is a finding as scanners write them.
func vulnerability(severity scan.Severity, id, pkg, installed, fixed, title string) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{
		Kind: scan.Vulnerability, Severity: severity, ID: id, Package: pkg, Installed: installed, Fixed: fixed, Title: title,
		URL: "https://avd.example.com/nvd/" + id,
	}}
}

// section is about an image in a registry.
func section(subject string, delta dedup.Delta) message.Section {
	for _, item := range delta.New {
		delta.Open[item.Severity]++
	}
	return message.Section{
		Subject: subject, Scanner: "trivy", Format: "trivy", Delta: delta,
		Artifact: scan.Artifact{
			Type: "image", Name: subject, Host: "registry.example.com", Repository: "shop/api", Tag: "2.4",
			Digest: "sha256:4f1c8b0f6f0f3b6c2a9d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6071829a",
		},
	}
}

// about is a message about some sections.
func about(sections ...message.Section) *message.Message {
	return &message.Message{Route: "team", Sections: sections}
}

// firstScan has vulnerabilities, and upgrades for them.
func firstScan() message.Section {
	return section("registry.example.com/shop/api:2.4", dedup.Delta{First: true, Fixable: 4, Compliance: scan.NonCompliant, New: []dedup.Item{
		vulnerability(scan.Critical, "CVE-2026-11234", "openssl", "3.0.11-1", "3.0.13-1", "Use after free while parsing PKCS#12"),
		vulnerability(scan.Critical, "CVE-2026-10877", "openssl", "3.0.11-1", "3.0.13-1", "Out-of-bounds write in X.509 name checks"),
		vulnerability(scan.High, "CVE-2026-10311", "zlib1g", "1:1.2.13.dfsg-1", "", "Integer overflow in MiniZip"),
		vulnerability(scan.High, "CVE-2026-10400", "libwebp7", "1.2.4-0.2", "1.2.4-0.3", "Heap buffer overflow in BuildHuffmanTable"),
		vulnerability(scan.Medium, "CVE-2026-10990", "openssl", "3.0.11-1", "3.0.13-1", "Excessive time spent checking DH keys"),
		vulnerability(scan.Low, "CVE-2026-12044", "coreutils", "9.1-1", "", "split reads past the end"),
	}})
}

// rescan has something new, something changed and something fixed.
func rescan() message.Section {
	s := section("registry.example.com/shop/api:2.4", dedup.Delta{
		New: []dedup.Item{
			vulnerability(scan.High, "CVE-2026-12001", "curl", "8.4.0-2", "8.5.0-1", "Cookie injection with none file"),
			vulnerability(scan.Low, "CVE-2026-12044", "coreutils", "9.1-1", "", "split reads past the end"),
		},
		Changed: []dedup.Change{{
			Item: vulnerability(scan.High, "CVE-2026-10311", "zlib1g", "1:1.2.13.dfsg-1", "1:1.2.13.dfsg-2", "Integer overflow in MiniZip"),
			Was:  dedup.Was{Severity: scan.Medium},
		}},
		Fixed: []dedup.Change{
			{Item: dedup.Item{Finding: &scan.Finding{Severity: scan.Critical, ID: "CVE-2026-11234", Package: "openssl"}}},
			{Item: dedup.Item{Finding: &scan.Finding{Severity: scan.Critical, ID: "CVE-2026-10877", Package: "openssl"}}},
			{Item: dedup.Item{Finding: &scan.Finding{Severity: scan.Medium, ID: "CVE-2026-10990", Package: "openssl"}}},
		},
		Known: 48, Fixable: 2, Open: [scan.SeverityCount]int{scan.High: 7, scan.Medium: 30, scan.Low: 12},
	})
	s.Scanned, s.Told = time.Date(2026, 11, 22, 9, 58, 0, 0, time.UTC), time.Date(2026, 11, 20, 7, 0, 0, 0, time.UTC).Unix()
	s.Job = "https://ci.example.com/shop/runs/7"
	return s
}

// finding is the nth of many, each with an ID of its own.
func finding(n int) dedup.Item {
	return vulnerability(scan.Critical-scan.Severity(n%scan.SeverityCount), fmt.Sprintf("CVE-2026-%06d", n), fmt.Sprintf("lib_%d", n%97),
		"3.0.1-1~deb12u2", "3.0.2", "use after free in <X.509> & *names*: `code`")
}

// findings is a message with so many new findings, the worst first.
func findings(n int) *message.Message {
	var d dedup.Delta
	for severity := range scan.SeverityCount {
		for i := severity; i < n; i += scan.SeverityCount {
			d.New = append(d.New, finding(i))
		}
	}
	d.Known, d.Fixable = 3, n
	return about(section("registry.example.com/shop/api:2.4", d))
}

// nasty means something to cards, to Markdown, to templates or to a reader.
const nasty = "<at>everyone</at> @everyone [x](http://evil.example) [y]: http://evil.example ![i](http://evil.example/i.png) <http://evil.example> " +
	"www.evil.example mailto:a@evil.example {{DATE(2026-11-22T03:00:00Z,LONG)}} ${host} @{triggerBody()} &lt;script&gt; <script>alert(1)</script> " +
	"**b** _i_ ~~s~~ `code` \\*x\\* \x1b[2J\u202e\u200b\r\nBcc: a@evil.example\r\n# h\r\n- l\r\n1. n"

// hostile is a message whose every text is s.
func hostile(s string) *message.Message {
	item := vulnerability(scan.High, s, s, s, s, s)
	item.Location, item.URL = s, s
	secret, gone := item, item
	secret.Finding = &scan.Finding{Kind: scan.Secret, Severity: scan.High, ID: s, Location: s, Title: s}
	one := section(s, dedup.Delta{
		New: []dedup.Item{item, secret}, Changed: []dedup.Change{{Item: item}}, Fixed: []dedup.Change{{Item: gone}}, Fixable: 1,
	})
	one.Artifact = scan.Artifact{Type: "image", Name: s, Registry: s, Repository: s, Tag: s, Digest: s}
	one.Scanner, one.Job = s, s
	return about(one)
}

// samples are messages that people get, and some that they should not.
func samples() []sinktest.Named {
	worker := rescan()
	worker.Subject = "registry.example.com/shop/worker:1.9"
	list := []sinktest.Named{
		{Name: "first-scan", Message: about(firstScan())},
		{Name: "rescan", Message: about(rescan())},
		{Name: "several", Message: about(firstScan(), worker, section("registry.example.com/shop/web:7", dedup.Delta{First: true, Compliance: scan.Compliant}))},
		{Name: "1500", Message: findings(1500)},
	}
	for i, text := range []string{nasty, "# " + nasty, "- l", "1. n", "> q", "\U0001f525\u6f22", "]", "["} {
		list = append(list, sinktest.Named{Name: fmt.Sprintf("nasty-%d", i), Message: hostile(text)})
	}
	return append(list, sinktest.Messages()...)
}

// TestMicrosoftReadsIt: the parser, the validator and the renderer of Microsoft's own library, and the schema of 1.5, find no fault.
func TestMicrosoftReadsIt(t *testing.T) {
	for format, status := range map[string]int{adaptiveCard: http.StatusAccepted, messageCard: http.StatusOK} {
		t.Run(format, func(t *testing.T) {
			config := func(url sinks.Secret) sinks.Config { return &Config{URL: url, Format: format} }
			answer := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
			sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "teams", sinktest.Capture(t, config, answer, samples()))
		})
	}
}

// TestMicrosoftReadsTemplates: so it is with cards that templates wrote, and with those that are made around a text.
func TestMicrosoftReadsTemplates(t *testing.T) {
	var list []sinktest.Named
	for _, n := range sinktest.Customs() {
		switch n.Name {
		case "text", "html", "blank", "card", "cards", "texts":
			list = append(list, n)
		}
	}
	config := func(url sinks.Secret) sinks.Config { return &Config{URL: url} }
	answer := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }
	sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "teams", sinktest.Capture(t, config, answer, list))
}
