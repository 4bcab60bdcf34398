package email

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
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
	body := m.Body
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" { // of a mail of one part
		body = quotedprintable.NewReader(body)
	}
	got.part(t, m.Header.Get("Content-Type"), "", body)
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
