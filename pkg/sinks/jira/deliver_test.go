package jira

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
)

// subject is what the messages of these tests are about.
const subject = "registry.example.com/shop/api:2.4"

// cve is a finding.
func cve(severity scan.Severity, id string) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{
		Kind: scan.Vulnerability, Severity: severity, ID: id, Package: "openssl", Installed: "3.0.11", Fixed: "3.0.13", Title: "use after free in " + id,
		URL: "https://avd.example.com/nvd/" + id,
	}}
}

// about is a message of the nth scan of the subject: what is new, what is fixed, and all that is open.
func about(fresh, fixed, open []dedup.Item) *message.Message {
	d := dedup.Delta{New: fresh, First: len(fresh) == len(open) && len(fixed) == 0}
	for _, i := range fixed {
		d.Fixed = append(d.Fixed, dedup.Change{Item: i})
	}
	for _, i := range open {
		d.Open[i.Severity]++
	}
	if open == nil {
		open = []dedup.Item{}
	}
	return &message.Message{Route: "team", Sections: []message.Section{{
		Subject: subject, Artifact: scan.Artifact{Type: "image", Name: subject}, Scanner: "trivy", Format: "trivy", Delta: d, Open: open,
	}}}
}

// many is a first scan with so many findings.
func many(n int) *message.Message {
	list := make([]dedup.Item, n)
	for i := range list {
		list[i] = cve(scan.Severity(i%scan.SeverityCount), fmt.Sprintf("CVE-2026-%05d", i))
	}
	return about(list, nil, list)
}

// keyOf is the key of the nth message.
func keyOf(n int) string { return fmt.Sprintf("%032x", n+1) }

// lane delivers messages about one subject one after the other, as pkg/deliver does: each part with the receipt before it, as it is
// read from the disk.
type lane struct {
	t      *testing.T
	sink   sinks.Sink
	last   sinks.Receipt
	notes  []string
	unsure time.Time
}

// send delivers all parts of a message.
func (l *lane) send(n int, m *message.Message) error {
	l.t.Helper()
	parts, err := l.sink.Plan(m)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, part := range parts {
		if err := l.part(n, m, part); err != nil {
			return fmt.Errorf("part %s: %w", part.Name, err)
		}
	}
	return nil
}

// part makes one attempt at one part.
func (l *lane) part(n int, m *message.Message, part sinks.Part) error {
	l.t.Helper()
	d := sinks.Delivery{Key: keyOf(n), Part: part, Last: l.last, Message: m, Unsure: l.unsure}
	if len(m.Sections) == 1 {
		d.Subject = m.Sections[0].Subject
	}
	receipt, err := l.sink.Send(l.t.Context(), d)
	l.notes = append(l.notes, receipt.Notes...)
	if err != nil {
		return err
	}
	stored, err := json.Marshal(receipt)
	if err != nil {
		l.t.Fatal(err)
	}
	l.last = sinks.Receipt{}
	if err := json.Unmarshal(stored, &l.last); err != nil {
		l.t.Fatal(err)
	}
	return nil
}

// must delivers a message that is delivered.
func (l *lane) must(n int, m *message.Message) {
	l.t.Helper()
	if err := l.send(n, m); err != nil {
		l.t.Fatal(err)
	}
}

// noted fails unless one of the notes has a text in it.
func (l *lane) noted(text string) {
	l.t.Helper()
	if !strings.Contains(strings.Join(l.notes, "\n"), text) {
		l.t.Errorf("the notes %q do not say %q", l.notes, text)
	}
}
