package email

import (
	"bytes"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// TestSubject: any text is a subject, and nothing else.
func TestSubject(t *testing.T) {
	for text, want := range map[string]string{
		"app:1.4 vulnerability scan report": "app:1.4 vulnerability scan report", "": "", "a\r\nBcc: evil@x.test\r\n\r\nb": "a  Bcc: evil@x.test    b",
		"=?utf-8?q?=0D=0ABcc:_x?=": "=?utf-8?q?=0D=0ABcc:_x?=", strings.Repeat("ü", 300): strings.Repeat("ü", 199) + "…", strings.Repeat("x", 150): strings.Repeat("x", 150),
		strings.Repeat("word ", 30) + "end": strings.Repeat("word ", 30) + "end", "日本語 🎉": "日本語 🎉", "\x00\x1b[31m": "��[31m", " x ": "x",
	} {
		line := "Subject: " + encodeSubject(text)
		m := parse(t, []byte(line+"\r\nContent-Type: text/plain\r\n\r\n"))
		if got := m.subject(t); got != want || len(m.header) != 2 {
			t.Errorf("%q: %q, want %q; header %q", text, got, want, m.header)
		}
	}
}

// FuzzSubject: a subject is one header and comes back as it was cleaned.
func FuzzSubject(f *testing.F) {
	f.Add("a\r\nBcc: evil@x.test")
	f.Add("=?utf-8?B?eA==?= =?x")
	f.Fuzz(func(t *testing.T, text string) {
		m := parse(t, []byte("Subject: "+encodeSubject(text)+"\r\nContent-Type: text/plain\r\n\r\n"))
		if len(m.header) != 2 {
			t.Errorf("%q: header %q", text, m.header)
		}
		if s := m.subject(t); strings.ContainsAny(s, "\r\n\x00") {
			t.Errorf("%q: %q", text, s)
		}
	})
}

// TestAttachments: the documents go along, byte for byte, and what is too large is said.
func TestAttachments(t *testing.T) {
	s := open(t, &Config{UseMX: true, Sender: "p@x.test", Recipients: []string{"a@x.test"}, Attach: true})
	if !s.config.Needs().Document {
		t.Error("it needs no document")
	}
	m := sinktest.Messages()[5].Message
	parts, err := s.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	got := parse(t, parts[0].Body)
	if len(got.files) != 2 || got.text == "" || got.html == "" {
		t.Fatalf("%d files", len(got.files))
	}
	for name, section := range map[string]message.Section{"document-1.json.gz": m.Sections[0], "document-2.json.gz": m.Sections[1]} {
		if document := unpack(t, got.files[name]); !bytes.Equal(document, section.Document) {
			t.Errorf("%s: %q", name, document)
		}
	}
	noise := make([]byte, maxAttached+1) // a generator of noise that is the same each time
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise[i] = byte(x)
	}
	m.Sections[0].Document = noise
	if parts, err = s.Plan(m); err != nil {
		t.Fatal(err)
	}
	if got = parse(t, parts[0].Body); len(got.files) != 1 || !strings.Contains(got.text, "one attachment was too large to be sent along") {
		t.Errorf("%d files, %q", len(got.files), got.text)
	}
}
