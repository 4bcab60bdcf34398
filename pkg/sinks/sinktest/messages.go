package sinktest

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
)

// Named is a message of the suites.
type Named struct {
	Name    string
	Message *message.Message
}

// Messages returns what every target must be able to say. Each call makes them anew.
func Messages() []Named {
	first := section("docker.io/library/app:1.4", `{"image": "app:1.4", "n":1}`+"\n")
	first.Delta = dedup.Delta{First: true, New: []dedup.Item{item("CVE-2026-0001", scan.Critical), item("CVE-2026-0002", scan.Low)}}
	next := section("docker.io/library/app:1.4", `{"image": "app:1.4", "n":2}`)
	next.Delta = dedup.Delta{
		New:     []dedup.Item{item("CVE-2026-0003", scan.High)},
		Changed: []dedup.Change{{Item: item("CVE-2026-0002", scan.High), Was: dedup.Was{Severity: scan.Low}}},
		Fixed:   []dedup.Change{{Item: item("CVE-2026-0001", scan.Critical), Was: dedup.Was{Severity: scan.Critical, Fixed: true}}},
		Known:   7,
	}
	next.Scanned, next.Told, next.Job = time.Date(2026, 11, 22, 9, 58, 0, 0, time.UTC), 1_795_000_000, "https://ci.example.com/shop/runs/7"
	clean := section("docker.io/library/clean:2", `{"image":"clean:2"}`)
	clean.Delta = dedup.Delta{First: true, Compliance: scan.Compliant}
	hostile := section("evil\r\nX-Injected: 1\r\n\r\n<!channel> \"ü\u202e`|*[x](http://evil)", `{"image":"<!channel>"}`)
	hostile.Delta = dedup.Delta{First: true, New: []dedup.Item{item("<http://evil|CVE>\r\n\x00'\";--", scan.Critical)}}
	hostile.Job = "javascript:alert(1)"
	bare := section("fs:no-document", "")
	bare.Delta = dedup.Delta{First: true}
	return []Named{
		{"first", one("team", first)},
		{"difference", one("team", next)},
		{"clean", one("team", clean)},
		{"hostile", one("r\r\nSet-Cookie: 1", hostile)},
		{"without-document", one("team", bare)},
		{"digest", one("team", first, clean, bare)},
		{"test", &message.Message{Route: "team", Title: "postee can reach this target", Test: true}},
	}
}

// one makes a message of sections.
func one(route string, sections ...message.Section) *message.Message {
	return &message.Message{Route: route, Sections: sections}
}

// section returns one about an image, with a document.
func section(subject, document string) message.Section {
	return message.Section{
		Subject: subject, Artifact: scan.Artifact{Type: "image", Name: subject}, Scanner: "trivy", Format: "trivy",
		Source: "report.json#1", Document: []byte(document),
	}
}

// item returns a vulnerability.
func item(id string, severity scan.Severity) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{
		Kind: scan.Vulnerability, Severity: severity, ID: id, Package: "openssl", Installed: "3.0.1", Fixed: "3.0.2",
		Title: "a title with <b>markup</b> & more", URL: "https://example.com/" + id,
	}}
}

// golden compares parts with the file of that name, or writes it.
func (target Target) golden(t *testing.T, name string, parts []sinks.Part) {
	t.Helper()
	var got bytes.Buffer
	printParts(&got, parts, math.MaxInt)
	target.compare(t, name, got.Bytes())
}

// printParts prints parts as golden files have them, at most so many bytes of each.
func printParts(out *bytes.Buffer, parts []sinks.Part, most int) {
	for _, p := range parts {
		fmt.Fprintf(out, "-- %s %s %d bytes --\n%s\n", p.Name, p.MediaType, len(p.Body), p.Body[:min(len(p.Body), most)])
	}
}

// compare compares with the file of that name, or writes it.
func (target Target) compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join(target.Golden, name+".golden")
	if target.Update {
		if err := os.MkdirAll(target.Golden, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: write the golden plans with POSTEE_UPDATE=1", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("plan differs from %s (-want +got):\n%s", path, diff)
	}
}
