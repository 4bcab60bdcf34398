package email

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// read is a mail as a client reads it.
type read struct {
	header     mail.Header
	text, html string
	files      map[string][]byte
}

// parse reads a mail: what it does not understand is an error of the mail.
func parse(t *testing.T, raw []byte) read {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in %.300q", err, raw)
	}
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if len(line) > 78 || strings.ContainsAny(line, "\r\n") || strings.ContainsFunc(line, func(r rune) bool { return r > 0x7e || r < ' ' && r != '\t' }) {
			t.Errorf("a line is too long or not ASCII: %q", line)
			break
		}
	}
	got := read{header: m.Header, files: make(map[string][]byte)}
	got.part(t, m.Header.Get("Content-Type"), "", m.Body)
	return got
}

// part reads a part, and those within.
func (r *read) part(t *testing.T, mediaType, name string, body io.Reader) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(mediaType)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		parts := multipart.NewReader(bytes.NewReader(content), params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var body io.Reader = quotedprintable.NewReader(p)
			if p.Header.Get("Content-Transfer-Encoding") == "base64" {
				body = base64.NewDecoder(base64.StdEncoding, p)
			} else if p.Header.Get("Content-Transfer-Encoding") == "" {
				body = p
			}
			r.part(t, p.Header.Get("Content-Type"), p.FileName(), body)
		}
	case name != "":
		r.files[name] = content
	case kind == "text/plain":
		r.text = string(content)
	case kind == "text/html":
		r.html = string(content)
	}
}

// subject is a mail's subject as a client shows it.
func (r *read) subject(t *testing.T) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(r.header.Get("Subject"))
	if err != nil {
		t.Error(err)
	}
	return s
}

// about makes a section about a subject that somebody owns.
func about(subject string, owners ...string) message.Section {
	return message.Section{Subject: subject, Owners: owners, Artifact: scan.Artifact{Type: "image"}, Delta: dedup.Delta{First: true}, Document: []byte("{}")}
}

// TestOwners: each owner gets their own subjects only, everybody else everything; what nobody would get is not passed over.
func TestOwners(t *testing.T) {
	one, two, three := about("one:1", "A@x.test", "b@x.test"), about("two:2", "b@x.test", "Team Blue", "c@x.test\r\nBcc: evil@x.test"), about("three:3")
	twice := about("twice:1", "a@x.test", "a@X.test")
	for name, c := range map[string]struct {
		recipients []string
		sections   []message.Section
		want       map[string]string
	}{
		"one subject":         {[]string{ownerVariable}, []message.Section{one}, map[string]string{"1/1 A@x.test": "one", "1/1 b@x.test": "one"}},
		"owner and recipient": {[]string{ownerVariable, "all@x.test"}, []message.Section{one}, map[string]string{"1/1 A@x.test": "one", "1/1 b@x.test": "one", "1/1 all@x.test": "one"}},
		"recipient only":      {[]string{"all@x.test"}, []message.Section{one, two}, map[string]string{"1/1 all@x.test": "one two"}},
		"digest": {[]string{ownerVariable, "all@x.test", "B@x.test"}, []message.Section{one, two, three},
			map[string]string{"1/2 all@x.test": "one two three", "1/2 B@x.test": "one two three", "2/2 A@x.test": "one"}},
		"digest of owners": {[]string{ownerVariable}, []message.Section{one, two, three},
			map[string]string{"1/3 A@x.test": "one", "2/3 b@x.test": "one two", "3/3 nobody": "three"}},
		"nobody":     {[]string{ownerVariable}, []message.Section{three}, map[string]string{"1/1 nobody": "three"}},
		"no subject": {[]string{ownerVariable}, nil, map[string]string{"1/1 nobody": ""}},
		"twice":      {[]string{ownerVariable}, []message.Section{twice, twice}, map[string]string{"1/1 a@x.test": "twice"}},
	} {
		s := open(t, &Config{UseMX: true, Sender: "p@x.test", Recipients: c.recipients})
		parts, err := s.Plan(&message.Message{Route: "r", Sections: c.sections})
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]string)
		for _, p := range parts {
			var said []string
			for _, subject := range []string{"one", "two", "three", "twice"} {
				if regexp.MustCompile(subject + ":[0-9]").Match(p.Body) {
					said = append(said, subject)
				}
			}
			got[p.Name] = strings.Join(said, " ")
			if strings.HasSuffix(p.Name, nobody) {
				_, err := s.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Part: p})
				if verdict, _ := sinks.Judge(err); verdict != sinks.Dead || !strings.Contains(err.Error(), "no recipient is left") {
					t.Errorf("%s: verdict %d of %v", name, verdict, err)
				}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// many is a message with so many new findings.
func many(n int) *message.Message {
	s := about("registry.example.com/shop/api:2.4")
	for i := range n {
		s.Delta.New = append(s.Delta.New, dedup.Item{Finding: &scan.Finding{
			Kind: scan.Vulnerability, Severity: scan.Critical - scan.Severity(i%scan.SeverityCount), ID: fmt.Sprintf("CVE-2026-%06d", i),
			Package: fmt.Sprintf("lib_%d", i%97), Installed: "3.0.1-1~deb12u2", Fixed: "3.0.2",
			Title: "use after free in <X.509> & *names*", URL: fmt.Sprintf("https://avd.example.com/nvd/cve-2026-%06d", i),
		}})
	}
	return &message.Message{Route: "team", Sections: []message.Section{s}}
}

// TestSizes: every finding is in the mail, or, from the size on that clients cut off, counted there and listed in the attached report.
func TestSizes(t *testing.T) {
	p := open(t, &Config{UseMX: true, Sender: "p@x.test", Recipients: []string{"a@x.test", "b@x.test"}}).plan
	ids, rest := regexp.MustCompile(`CVE-2026-\d{6}`), regexp.MustCompile(`… (\d+) more: `)
	for n, attached := range map[int]string{1: "", 150: "", 1500: "report.html", 12000: "report.html.gz"} {
		parts, err := p.Plan(many(n))
		if err != nil || len(parts) != 2 || !bytes.Equal(parts[0].Body, parts[1].Body) || len(parts[0].Body) > 8<<20 {
			t.Fatalf("%d findings: %d parts, %v", n, len(parts), err)
		}
		got := parse(t, parts[0].Body)
		t.Logf("%d findings: a mail of %d bytes, %d of HTML", n, len(parts[0].Body), len(got.html))
		if len(got.html) > 102<<10 {
			t.Errorf("%d findings: %d bytes of HTML", n, len(got.html))
		}
		for what, content := range map[string]string{"text": got.text, "HTML": got.html} {
			counted := 0
			if found := rest.FindStringSubmatch(content); found != nil {
				counted, _ = strconv.Atoi(found[1])
			}
			if listed := distinct(ids.FindAllString(content, -1)); listed+counted != n || listed < min(n, 50) {
				t.Errorf("%d findings: the %s lists %d and counts %d", n, what, listed, counted)
			}
		}
		page, ok := got.files[attached]
		if ok != (attached != "") || len(got.files) > 1 {
			t.Errorf("%d findings: %d files", n, len(got.files))
		}
		if strings.HasSuffix(attached, ".gz") {
			page = unpack(t, page)
		}
		if ok && distinct(ids.FindAllString(string(page), -1)) != n {
			t.Errorf("%d findings: the report lists %d", n, distinct(ids.FindAllString(string(page), -1)))
		}
	}
}

// TestManySubjects: a digest of more subjects than a mail shows has all of them attached.
func TestManySubjects(t *testing.T) {
	m := &message.Message{Route: "r"}
	for i := range 400 {
		s := many(3).Sections[0]
		s.Subject = fmt.Sprintf("image-%04d", i)
		m.Sections = append(m.Sections, s)
	}
	parts, err := open(t, &Config{UseMX: true, Sender: "p@x.test", Recipients: []string{"a@x.test"}}).Plan(m)
	if err != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	got := parse(t, parts[0].Body)
	names := regexp.MustCompile(`image-\d{4}`)
	if n := distinct(names.FindAllString(string(unpack(t, got.files["report.html.gz"])), -1)); n != 400 || len(got.html) > 102<<10 || !strings.Contains(got.text, "in the attached report.html.gz") {
		t.Errorf("%d bytes of HTML, %d subjects in the report, text ends in %q", len(got.html), n, got.text[len(got.text)-200:])
	}
}

// distinct counts different texts.
func distinct(list []string) int {
	seen := make(map[string]bool)
	for _, s := range list {
		seen[s] = true
	}
	return len(seen)
}

// unpack undoes gzip.
func unpack(t *testing.T, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
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
