package message_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
)

func found(id string) dedup.Item {
	return dedup.Item{Finding: &scan.Finding{Kind: scan.Vulnerability, ID: id, Package: "p", Severity: scan.High}}
}

func said(subject, source string, d dedup.Delta) *message.Message {
	return &message.Message{Route: "r", Sections: []message.Section{{Subject: subject, Source: source, Owners: []string{source}, Delta: d}}}
}

// TestCombine: one section a subject, in the order in which they came, with the net difference and the latest's document.
func TestCombine(t *testing.T) {
	one, two := found("CVE-1"), found("CVE-2")
	m := message.Combine("r", []*message.Message{
		said("a", "a1", dedup.Delta{First: true, New: []dedup.Item{one}}),
		said("b", "b1", dedup.Delta{New: []dedup.Item{one}, Known: 3}),
		said("a", "a2", dedup.Delta{New: []dedup.Item{two}, Fixed: []dedup.Change{{Item: one}}, Known: 0}),
		said("b", "b2", dedup.Delta{Fixed: []dedup.Change{{Item: one}}, Known: 3}),
	})
	if len(m.Sections) != 2 || m.Route != "r" {
		t.Fatalf("%+v", m)
	}
	want := dedup.Delta{First: true, New: []dedup.Item{two}}
	if diff := cmp.Diff(want, m.Sections[0].Delta); diff != "" || m.Sections[0].Source != "a2" {
		t.Errorf("%s: %s", m.Sections[0].Source, diff)
	}
	if b := m.Sections[1]; b.Subject != "b" || b.Source != "b2" || !b.Delta.Empty() || b.Delta.Known != 3 || b.Owners[0] != "b2" {
		t.Errorf("what came and went: %+v", b)
	}
}
