package email

import (
	"fmt"
	"net/textproto"
	"strings"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// maxAttached is how large the attachments of one mail may be together, in bytes, compressed: with text and encoding it stays within the 10 MB
// that many servers take.
const maxAttached = 5 << 20

// maxPlain is from which size on the report is compressed, in bytes: until then it opens at a touch.
const maxPlain = 2 << 20

// file is an attachment. Its name and type are the program's own.
type file struct {
	name, mediaType string
	data            []byte
}

// header describes the file.
func (f file) header() textproto.MIMEHeader {
	return textproto.MIMEHeader{
		"Content-Type":              {fmt.Sprintf("%s; name=%q", f.mediaType, f.name)},
		"Content-Disposition":       {fmt.Sprintf("attachment; filename=%q", f.name)},
		"Content-Transfer-Encoding": {"base64"},
	}
}

// bundle is the attachments of a mail.
type bundle struct {
	list []file
	size int
	// reported is the name of the whole report, "" when the mail says all.
	reported string
	// left counts what is too large.
	left int
}

// add attaches a file if it fits.
func (b *bundle) add(f file) bool {
	if b.size+len(f.data) > maxAttached {
		b.left++
		return false
	}
	b.size += len(f.data)
	b.list = append(b.list, f)
	return true
}

// report attaches all that there is to say, as a page of its own.
func (b *bundle) report(page []byte) {
	f := file{"report.html", "text/html; charset=utf-8", page}
	if len(page) > maxPlain {
		f = file{"report.html.gz", "application/gzip", sinks.Compress(page)}
	}
	if b.add(f) {
		b.reported = f.name
	}
}

// documents attaches the documents as they were received, compressed.
func (b *bundle) documents(m *message.Message) {
	for i := range m.Sections {
		if document := m.Sections[i].Document; len(document) > 0 {
			b.add(file{fmt.Sprintf("document-%d.json.gz", i+1), "application/gzip", sinks.Compress(document)})
		}
	}
}

// note says what is attached because it is not in the mail, and what is not attached; "" when there is nothing to say.
func (b *bundle) note() string {
	var said []string
	if b.reported != "" {
		said = append(said, "not everything fits into a mail: all of it is in the attached "+b.reported)
	}
	switch {
	case b.left == 1:
		said = append(said, "one attachment was too large to be sent along")
	case b.left > 1:
		said = append(said, fmt.Sprintf("%d attachments were too large to be sent along", b.left))
	}
	return strings.Join(said, "; ")
}
