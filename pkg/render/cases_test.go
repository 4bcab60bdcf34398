package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

// named is a message that every printer must be able to print.
type named struct {
	name    string
	message *message.Message
}

// vuln makes a vulnerability.
func vuln(severity scan.Severity, id, pkg, installed, fixed, title string) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{Severity: severity, ID: id, Package: pkg, Installed: installed, Fixed: fixed, Title: title, URL: "https://avd.example.com/nvd/" + strings.ToLower(id)}}
}

// at makes a finding of another kind.
func at(kind scan.Kind, severity scan.Severity, id, location, resource, title string) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{Kind: kind, Severity: severity, ID: id, Location: location, Resource: resource, Title: title}, Locations: []string{location}}
}

// section makes a section about an image, with everything that is new counted as open.
func section(d dedup.Delta) message.Section {
	for i := range d.New {
		d.Open[d.New[i].Severity]++
		if d.New[i].Fixed != "" {
			d.Fixable++
		}
	}
	return message.Section{
		Subject: "registry.example.com/shop/api:2.4", Scanner: "trivy", Format: "trivy", Source: "report.json#1", Delta: d,
		Artifact: scan.Artifact{
			Type: "image", Name: "registry.example.com/shop/api:2.4", Host: "registry.example.com", Repository: "shop/api", Tag: "2.4",
			Digest: "sha256:4f1c2ab90000000000000000000000000000000000000000000000000000009a",
		},
	}
}

func told(sections ...message.Section) *message.Message {
	return &message.Message{Route: "team-slack", Sections: sections}
}

// someNew are findings of a usual image.
func someNew() []dedup.Item {
	return []dedup.Item{
		vuln(scan.Critical, "CVE-2026-10877", "openssl", "3.0.11-1", "3.0.13-1", "openssl: out-of-bounds write in X.509 name checks"),
		vuln(scan.Critical, "CVE-2026-11234", "openssl", "3.0.11-1", "3.0.12-2", "openssl: use after free while parsing PKCS#12"),
		vuln(scan.High, "CVE-2026-10311", "zlib1g", "1:1.2.13.dfsg-1", "", "zlib: integer overflow in MiniZip"),
		vuln(scan.High, "CVE-2026-5512", "@scope/axios", "1.6.2", "0.28.1, 1.7.4", "axios: server-side request forgery in path handling"),
		vuln(scan.Medium, "CVE-2026-4801", "semver", "6.3.0, 7.5.1", "7.5.2, 6.3.1", "semver: regular expression denial of service"),
		vuln(scan.Low, "CVE-2026-8017", "coreutils", "9.1-1", "", "coreutils: race in chown of symbolic links"),
		vuln(scan.Unknown, "CVE-2025-40909", "perl-base", "5.36.0-7", "", "perl: directory handles race in threads"),
	}
}

// difference is a rescan.
func difference() dedup.Delta {
	return dedup.Delta{
		New: []dedup.Item{
			vuln(scan.High, "CVE-2026-12001", "curl", "8.4.0-2", "8.5.0-1", "curl: cookie injection with none file"),
			vuln(scan.Low, "CVE-2026-12044", "coreutils", "9.1-1", "", "coreutils: split reads past the end"),
		},
		Changed: []dedup.Change{{Item: vuln(scan.High, "CVE-2026-10311", "zlib1g", "1:1.2.13.dfsg-1", "1:1.2.13.dfsg-2", "zlib"), Was: dedup.Was{Severity: scan.Medium}}},
		Fixed: []dedup.Change{
			{Item: dedup.Item{Finding: &scan.Finding{Severity: scan.Critical, ID: "CVE-2026-11234", Package: "openssl"}}},
			{Item: dedup.Item{Finding: &scan.Finding{Kind: scan.Secret, Severity: scan.Medium, ID: "aws-key", Location: "/app/.env"}}},
		},
		Known: 48, Suppressed: 2, Fixable: 1, Open: [scan.SeverityCount]int{scan.High: 6, scan.Medium: 30, scan.Low: 12},
	}
}

// everyKind has a finding of each kind.
func everyKind() dedup.Delta {
	return dedup.Delta{First: true, Compliance: scan.NonCompliant, New: append(someNew()[:1],
		at(scan.Malware, scan.Critical, "EICAR-Test", "/opt/eicar.com", "", ""),
		at(scan.Sensitive, scan.High, "id_rsa", "/home/app/.ssh/id_rsa", "", ""),
		at(scan.Secret, scan.Critical, "aws-access-key-id", "/app/.env", "", "AWS Access Key ID"),
		at(scan.Misconfiguration, scan.High, "DS-0002", "Dockerfile", "USER", "Image user should not be root"),
		dedup.Item{Finding: &scan.Finding{Kind: scan.Licence, Severity: scan.Medium, ID: "AGPL-3.0", Package: "mongo", Title: "forbidden"}},
		at(scan.Control, scan.Unknown, "max_severity", "Default", "", ""))}
}

// sources are findings that several packages of one source have, and one in many places.
func sources() dedup.Delta {
	alpine := func(severity scan.Severity, id, pkg string) dedup.Item {
		return vuln(severity, id, pkg, "3.0.7-r0", "3.0.8-r0", "openssl: X.400 address type confusion")
	}
	d := dedup.Delta{
		Changed: []dedup.Change{
			{Item: alpine(scan.Medium, "CVE-2026-301", "libcrypto3"), Was: dedup.Was{Severity: scan.Medium}},
			{Item: alpine(scan.Medium, "CVE-2026-301", "libssl3"), Was: dedup.Was{Severity: scan.Medium}},
			{Item: alpine(scan.Medium, "CVE-2026-301", "openssl-dev"), Was: dedup.Was{Severity: scan.Low, Fixed: true}},
		},
		Fixed: []dedup.Change{
			{Item: dedup.Item{Finding: &scan.Finding{Severity: scan.Low, ID: "CVE-2026-302", Package: "libcrypto3"}}},
			{Item: dedup.Item{Finding: &scan.Finding{Severity: scan.Low, ID: "CVE-2026-302", Package: "libssl3"}}},
		},
		Known: 7, Open: [scan.SeverityCount]int{scan.Low: 7, scan.Medium: 3},
	}
	d.New = append(d.New, alpine(scan.High, "CVE-2026-286", "libcrypto3"), alpine(scan.High, "CVE-2026-286", "libssl3"))
	other := alpine(scan.High, "CVE-2026-286", "openssl")
	other.Installed = "3.0.6-r1"
	d.New = append(d.New, other)
	for i := range 9 {
		pkg := fmt.Sprintf("linux-%s-generic", []string{"buildinfo", "cloud-tools", "doc", "headers", "image", "libc-dev", "modules", "source", "tools"}[i])
		d.New = append(d.New, vuln(scan.Medium, "CVE-2026-777", pkg, "6.1.76-1", "", "kernel: use after free in a driver"))
	}
	check := at(scan.Misconfiguration, scan.Medium, "KSV-0001", "web/deployment.yaml", "Deployment/web", "Process can elevate its own privileges")
	secret := at(scan.Secret, scan.Low, "generic-password", "/app/config/000.ini", "", "Password")
	for i := range 29 {
		secret.Locations = append(secret.Locations, fmt.Sprintf("/app/config/%03d.ini", i+1))
	}
	two := at(check.Kind, check.Severity, check.ID, check.Location, check.Resource, check.Title)
	two.Location, two.Locations = "worker/deployment.yaml", []string{"worker/deployment.yaml"}
	d.New = append(d.New, check, two, secret)
	return d
}

// manifests is a repository in which one package stands in several manifests.
func manifests() dedup.Delta {
	in := func(severity scan.Severity, id, installed, manifest string) dedup.Item {
		item := vuln(severity, id, "lodash", installed, "4.17.21", "lodash: prototype pollution")
		item.Location, item.Locations, item.Detail = manifest, []string{manifest}, manifest
		return item
	}
	return dedup.Delta{
		New: []dedup.Item{in(scan.High, "CVE-2026-1", "4.17.11", "admin/package-lock.json"), in(scan.High, "CVE-2026-1", "4.17.11", "web/package-lock.json"),
			in(scan.Medium, "CVE-2026-2", "4.17.20", "web/package-lock.json")},
		Fixed: []dedup.Change{{Item: in(scan.Low, "CVE-2026-3", "", "admin/package-lock.json")}},
	}
}

// unknown is a document that nobody understood.
func unknown() message.Section {
	return message.Section{
		Subject: "generic:5f0c1f0b8a1d2e3c", Format: scan.Generic, Source: "audit.json#1", Artifact: scan.Artifact{Type: scan.Generic, Name: "5f0c1f0b8a1d2e3c"},
		Delta: dedup.Delta{First: true},
	}
}

// many are n findings.
func many(n int) *message.Message {
	d := dedup.Delta{First: true}
	for i := range n {
		severity := scan.Critical - scan.Severity(i*scan.SeverityCount/n)
		d.New = append(d.New, vuln(severity, fmt.Sprintf("CVE-2026-%05d", i), fmt.Sprintf("package-%d", i%97), "1.2."+fmt.Sprint(i%97), fmt.Sprintf("1.%d.0", 3+i%7), "something is wrong in the way that it reads what it is given"))
	}
	return told(section(d))
}

// hostile is a message in which every text is s.
func hostile(s string) *message.Message {
	of := func() dedup.Item {
		return dedup.Item{Finding: &scan.Finding{ID: s, Package: s, Installed: s, Fixed: s, Title: s, Location: s, Resource: s, URL: s, Severity: scan.High}}
	}
	item, other, gone := of(), of(), of()
	other.Kind, other.Package = scan.Secret, ""
	gone.Kind = scan.Control
	return &message.Message{Route: s, Sections: []message.Section{{
		Subject: s, Scanner: s, Artifact: scan.Artifact{Type: "image", Repository: s, Registry: s, Digest: s},
		Delta: dedup.Delta{
			New: []dedup.Item{item, other, gone}, Changed: []dedup.Change{{Item: item}}, Fixed: []dedup.Change{{Item: other}, {Item: gone}},
			Open: [scan.SeverityCount]int{scan.High: 2}, Fixable: 1, Compliance: scan.NonCompliant, ComplianceChanged: true,
		},
	}}}
}

const nasty = "@everyone <!channel> <script>alert(1)</script> [x](http://evil.example) ![i](http://evil.example/i.png) http://evil.example " +
	"www.evil.example a@evil.example :skull: #1 !2 | `code` **b** ~~s~~ \x1b[2J\x1b]0;t\x07 \u202e \u200b\r\n# h\r\n- l"

// cases are the messages of the goldens.
func cases() []named {
	clean := section(dedup.Delta{First: true, Compliance: scan.Compliant})
	second := section(difference())
	second.Subject, second.Artifact.Type = "docker.io/shop/worker:1.9", "image"
	compliance := section(dedup.Delta{Compliance: scan.NonCompliant, ComplianceChanged: true, Known: 2, Open: [scan.SeverityCount]int{scan.High: 2}})
	all := section(difference())
	all.All = append([]dedup.Item{all.Delta.Changed[0].Item}, append(someNew(), all.Delta.New...)...)
	controls := section(dedup.Delta{Known: 2, ComplianceChanged: true, Compliance: scan.Compliant, Fixed: []dedup.Change{{Item: at(scan.Control, scan.Unknown, "max_severity", "Default", "", "")}}})
	job := section(difference())
	job.Scanned, job.Told, job.Job = time.Date(2026, 11, 22, 9, 58, 0, 0, time.UTC), time.Date(2026, 11, 20, 7, 0, 0, 0, time.UTC).Unix(), "https://ci.example.com/shop/runs/7"
	return []named{
		{"in-a-job", told(job)},
		{"first", told(section(dedup.Delta{First: true, New: someNew()}))},
		{"difference", told(section(difference()))},
		{"clean", told(clean)},
		{"digest", told(section(dedup.Delta{First: true, New: someNew()}), second, clean)},
		{"compliance", told(compliance)},
		{"compliant-again", told(controls)},
		{"kinds", told(section(everyKind()))},
		{"all", told(all)},
		{"hostile", hostile(nasty)},
		{"sources", told(section(sources()))},
		{"manifests", told(section(manifests()))},
		{"unknown", told(unknown())},
		{"digest-unknown", told(section(dedup.Delta{First: true, New: someNew()}), unknown())},
		{"test", &message.Message{Route: "team-slack", Test: true}},
		{"titled", &message.Message{Route: "r", Title: "Our own title", Sections: []message.Section{clean}}},
		{"empty", &message.Message{Route: "r"}},
	}
}
