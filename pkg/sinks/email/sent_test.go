package email

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// TestHostile: whatever a scan says, a mail has the headers that it has, and no script.
func TestHostile(t *testing.T) {
	evil := "x\r\nBcc: evil@x.test\r\n\r\n<script>alert(1)</script>\r\n.\r\nQUIT"
	m := many(1)
	m.Sections[0].Subject, m.Sections[0].Owners, m.Sections[0].Delta.New[0].Title = evil, []string{evil, "a@x.test>\r\nBcc: <evil@x.test"}, evil
	server := serve(t, listener(t, ""), nil, false)
	c := server.config()
	c.Recipients = append(c.Recipients, ownerVariable)
	s := open(t, c)
	parts, err := s.Plan(m)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	if _, err := s.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Part: parts[0], Subject: evil, Message: m}); err != nil {
		t.Fatal(err)
	}
	took := server.mails()
	if len(took) != 1 || took[0].to != "a@example.com" {
		t.Fatalf("%d mails", len(took))
	}
	got := parse(t, took[0].data)
	var names []string
	for name := range got.header {
		names = append(names, name)
	}
	if len(names) != 8 || got.header.Get("Bcc") != "" || strings.Contains(got.html, "<script") || !strings.Contains(got.text, "QUIT") {
		t.Errorf("headers %q\n%s", names, got.html)
	}
}

// TestThread: every attempt at a mail has the same name, and what follows about a subject refers to the first.
func TestThread(t *testing.T) {
	server := serve(t, listener(t, ""), nil, false)
	c := server.config()
	c.Recipients = append(c.Recipients, "b@example.com")
	s := open(t, c)
	other := strings.Repeat("f", 32)
	first, next, digest := sinktest.Messages()[0].Message, sinktest.Messages()[1].Message, sinktest.Messages()[5].Message
	var last sinks.Receipt
	for _, one := range []struct {
		key, subject string
		m            *message.Message
	}{{sinktest.Key, "app", first}, {sinktest.Key, "app", first}, {other, "app", next}, {other, "", digest}} {
		parts, err := s.Plan(one.m)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			receipt, err := s.Send(t.Context(), sinks.Delivery{Key: one.key, Subject: one.subject, Part: p, Last: last, Message: one.m})
			if err != nil {
				t.Fatal(err)
			}
			if len(receipt.Keep) > 0 {
				last = receipt
			}
		}
	}
	took := server.mails()
	if len(took) != 8 {
		t.Fatalf("%d mails", len(took))
	}
	const id, reply = "<" + sinktest.Key + ".1@example.com>", "<ffffffffffffffffffffffffffffffff.1@example.com>"
	for i, want := range [][3]string{{id}, {id}, {id}, {id}, {reply, id, id}, {reply, id, id}, {reply}, {reply}} {
		h := parse(t, took[i].data).header
		if diff := cmp.Diff(want, [3]string{h.Get("Message-ID"), h.Get("In-Reply-To"), h.Get("References")}); diff != "" {
			t.Errorf("mail %d: %s", i, diff)
		}
		if h.Get("Date") != "Wed, 25 Nov 2026 14:00:00 +0000" || h.Get("Auto-Submitted") != "auto-generated" || h.Get("To") == "" {
			t.Errorf("mail %d: %q", i, h)
		}
	}
}

// TestVendors has a mail parser and what is known of mail clients look at mails as they were sent.
func TestVendors(t *testing.T) {
	server := serve(t, listener(t, ""), nil, false)
	c := server.config()
	c.Attach = true
	s := open(t, c)
	files := make(map[string][]byte)
	evil := "x\r\nBcc: evil@x.test\r\n\r\n<script>alert(1)</script>"
	hostile := many(3)
	hostile.Sections[0].Subject, hostile.Sections[0].Delta.New[0].Title, hostile.Sections[0].Delta.New[1].ID = evil, evil, evil
	for _, n := range append(sinktest.Messages(), sinktest.Named{Name: "many", Message: many(1500)}, sinktest.Named{Name: "evil", Message: hostile}) {
		parts, err := s.Plan(n.Message)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range parts {
			if _, err := s.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Subject: n.Name, Part: p, Message: n.Message}); err != nil {
				t.Fatal(err)
			}
			took := server.mails()
			files[fmt.Sprintf("%s-%d.eml", n.Name, i+1)] = took[len(took)-1].data
		}
	}
	sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "email", files)
}
