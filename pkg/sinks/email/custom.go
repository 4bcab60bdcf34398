package email

import (
	"errors"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/render"
	"github.com/postee/postee/pkg/sinks"
)

// maxCustom is how large what a template wrote may be, in bytes: with its encoding it stays within what servers take.
const maxCustom = 5 << 20

// errCustom is that it is larger.
var errCustom = errors.New("email: what the template wrote has more than 5 MiB, which no mail server takes: let it say less")

// customMail returns what one group gets when templates wrote it: HTML with a text that is made of it, or text alone.
func (p planner) customMail(m *message.Message, c *message.Custom, to []string) ([]byte, error) {
	body := sinks.CustomText(c)
	if len(body) > maxCustom {
		return nil, errCustom
	}
	var files bundle
	if p.attach {
		files.documents(m)
	}
	l := letter{from: p.sender, to: to, subject: render.Title(m), text: []byte(body), files: files.list}
	if render.IsHTML(body) {
		l.html, l.text = []byte(body), render.HTMLText(body)
	}
	if note := files.note(); note != "" {
		l.text = append(l.text, "\n\n"+note+"\n"...)
	}
	return l.encode(), nil
}
