package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/postee/postee/pkg/render"
)

// Widths of what is written, in characters (RFC 5322, 2.1.1; RFC 2045, 6.8; RFC 2047, 2).
const (
	maxLine    = 76
	maxWord    = 75
	maxSubject = 200
)

// letter is one mail but for what an attempt alone knows: Date, Message-ID and the thread.
type letter struct {
	from    mail.Address
	to      []string
	subject string
	text    []byte
	// html says the same as text; nil leaves the text alone.
	html  []byte
	files []file
}

// encode returns the mail with CRLF at the ends of lines, in ASCII throughout. It is the same for the same letter: boundaries come
// from the content. Every value of a header is an address that was checked, a constant, or goes through encodeSubject.
func (l letter) encode() []byte {
	var out bytes.Buffer
	from := mail.Address{Name: render.Clean(l.from.Name), Address: l.from.Address}
	fmt.Fprintf(&out, "From: %s\r\n", from.String())
	fmt.Fprintf(&out, "To: <%s>\r\n", strings.Join(l.to, ">,\r\n <"))
	fmt.Fprintf(&out, "Subject: %s\r\n", encodeSubject(l.subject))
	out.WriteString("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n")
	boundary := l.boundary()
	said, content := l.content(boundary)
	if len(l.files) == 0 {
		writeHeader(&out, said)
		out.Write(content)
		return out.Bytes()
	}
	fmt.Fprintf(&out, "Content-Type: %s\r\n\r\n", typeOf("mixed", boundary+"-mixed"))
	parts := begin(&out, boundary+"-mixed")
	put(parts, said, content)
	for _, f := range l.files {
		put(parts, f.header(), wrapped(f.data))
	}
	end(parts)
	return out.Bytes()
}

// content returns what the letter says, with its headers: the text and the HTML, or the text alone.
func (l letter) content(boundary string) (textproto.MIMEHeader, []byte) {
	if l.html == nil {
		return quotedHeader("text/plain; charset=utf-8"), quoted(l.text)
	}
	boundary += "-alternative"
	return textproto.MIMEHeader{"Content-Type": {typeOf("alternative", boundary)}}, l.alternative(boundary)
}

// quotedHeader returns what stands before quoted-printable content.
func quotedHeader(mediaType string) textproto.MIMEHeader {
	return textproto.MIMEHeader{"Content-Type": {mediaType}, "Content-Transfer-Encoding": {"quoted-printable"}}
}

// writeHeader writes constant headers, and the line that ends them.
func writeHeader(out *bytes.Buffer, header textproto.MIMEHeader) {
	for _, name := range slices.Sorted(maps.Keys(header)) {
		fmt.Fprintf(out, "%s: %s\r\n", name, header.Get(name))
	}
	out.WriteString("\r\n")
}

// boundary returns text that no other content has.
func (l letter) boundary() string {
	hash := sha256.New()
	hash.Write(l.text)
	hash.Write(l.html)
	for _, f := range l.files {
		hash.Write(f.data)
	}
	return "postee-" + hex.EncodeToString(hash.Sum(nil)[:12])
}

// alternative returns the text and the HTML, of which clients show the last one that they can.
func (l letter) alternative(boundary string) []byte {
	var out bytes.Buffer
	parts := begin(&out, boundary)
	for _, one := range []struct {
		mediaType string
		content   []byte
	}{{"text/plain; charset=utf-8", l.text}, {"text/html; charset=utf-8", l.html}} {
		put(parts, quotedHeader(one.mediaType), quoted(one.content))
	}
	end(parts)
	return out.Bytes()
}

// typeOf returns the media type of a multipart, with its boundary.
func typeOf(subtype, boundary string) string {
	return fmt.Sprintf("multipart/%s;\r\n boundary=%q", subtype, boundary)
}

// begin begins a multipart in memory. Writing there does not fail.
func begin(out *bytes.Buffer, boundary string) *multipart.Writer {
	w := multipart.NewWriter(out)
	_ = w.SetBoundary(boundary)
	return w
}

// put adds a part.
func put(w *multipart.Writer, header textproto.MIMEHeader, content []byte) {
	part, err := w.CreatePart(header)
	if err == nil {
		_, _ = part.Write(content)
	}
}

// end ends a multipart.
func end(w *multipart.Writer) { _ = w.Close() }

// quoted returns content as quoted-printable, whose lines are short whatever the content's are.
func quoted(content []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(content) + len(content)/4)
	w := quotedprintable.NewWriter(&out)
	_, _ = w.Write(content)
	_ = w.Close()
	return out.Bytes()
}

// wrapped returns data as lines of base64.
func wrapped(data []byte) []byte {
	encoded := base64.StdEncoding.EncodeToString(data)
	out := make([]byte, 0, len(encoded)+len(encoded)/maxLine*2+2)
	for len(encoded) > maxLine {
		out = append(append(out, encoded[:maxLine]...), '\r', '\n')
		encoded = encoded[maxLine:]
	}
	return append(append(out, encoded...), '\r', '\n')
}

// encodeSubject makes any text the value of a header: in one line or folded ones, as it is where that is harmless, otherwise as encoded
// words (RFC 2047). Text that only looks like an encoded word is encoded too, because clients would decode it.
func encodeSubject(text string) string {
	text = strings.TrimSpace(render.Clean(text))
	if runes := []rune(text); len(runes) > maxSubject {
		text = string(runes[:maxSubject-1]) + "…"
	}
	const name = "Subject: "
	if folded, ok := fold(text, len(name)); ok {
		return folded
	}
	const before, behind = "=?utf-8?B?", "?="
	const room = (maxWord - len(before) - len(behind)) / 4 * 3 // bytes of one word; the first line has the name too
	var words []string
	for len(text) > 0 {
		n := min(len(text), room-len(name))
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n--
		}
		words = append(words, before+base64.StdEncoding.EncodeToString([]byte(text[:n]))+behind)
		text = text[n:]
	}
	return strings.Join(words, "\r\n ")
}

// fold breaks plain text at blanks, and reports whether it is plain and could be broken. used is how much of the first line is taken.
func fold(text string, used int) (string, bool) {
	if strings.Contains(text, "=?") || strings.Contains(text, "  ") || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return "", false
	}
	var out strings.Builder
	for i, word := range strings.Split(text, " ") {
		switch {
		case len(word) > maxLine-used && i == 0, len(word) >= maxLine:
			return "", false
		case i == 0:
		case used+1+len(word) > maxLine:
			out.WriteString("\r\n ")
			used = 1
		default:
			out.WriteByte(' ')
			used++
		}
		out.WriteString(word)
		used += len(word)
	}
	return out.String(), true
}
