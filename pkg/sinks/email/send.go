package email

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// keepThread is the Message-ID of the first mail about a subject, which all that follow refer to.
const keepThread = "thread"

// sink sends mails.
type sink struct {
	config Config
	plan   planner
	sender *mail.Address
	now    func() time.Time
	net    network
	hide   sinks.Redactor
}

// Plan returns a part for each mail and recipient.
func (s *sink) Plan(m *message.Message) ([]sinks.Part, error) { return s.plan.Plan(m) }

// Send delivers one mail to one recipient. The receipt names the subject's thread.
func (s *sink) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return sinks.Receipt{}, err
	}
	number, to, _ := strings.Cut(d.Part.Name, " ")
	if to == nobody {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Dead, Alone: true, Err: errors.New(string(d.Part.Body))}
	}
	id := s.messageID(d.Key, number)
	thread := threadOf(d, id)
	limit := s.config.timeout()
	inTime, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	mail := envelope{from: s.sender.Address, to: to, content: append(s.head(id, thread), d.Part.Body...)}
	var err error
	if s.config.UseMX {
		err = s.relay(inTime, mail)
	} else {
		err = s.submit(inTime, mail)
	}
	switch {
	case ctx.Err() != nil && err != nil:
		return sinks.Receipt{}, ctx.Err()
	case inTime.Err() != nil && err != nil:
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Retry, Alone: s.config.UseMX, Err: fmt.Errorf("no answer within %s: %w", limit, err)}
	case err != nil:
		return sinks.Receipt{}, err
	}
	receipt := sinks.Receipt{Ref: id}
	if d.Subject != "" {
		receipt.Keep = map[string]string{keepThread: thread}
	}
	return receipt, nil
}

// messageID returns the name of a mail without its brackets: the same for every attempt and recipient, because it is the same mail.
func (s *sink) messageID(key, number string) string {
	_, domain := cut(s.sender.Address)
	part, _, _ := strings.Cut(number, "/")
	return key + "." + part + "@" + domain
}

// threadOf returns the Message-ID of the first mail about the subject: the one that was kept, or the mail's own. A digest is about
// several and stands by itself.
func threadOf(d sinks.Delivery, id string) string {
	kept := d.Last.Keep[keepThread]
	if d.Subject == "" || !regexp.MustCompile(`^[0-9a-f]{32}\.[0-9]{1,6}@[A-Za-z0-9._-]{1,254}$`).MatchString(kept) {
		return id
	}
	return kept
}

// head is what only an attempt knows. It stands before the part's own header.
func (s *sink) head(id, thread string) []byte {
	now := time.Now()
	if s.now != nil {
		now = s.now()
	}
	head := fmt.Appendf(nil, "Date: %s\r\nMessage-ID: <%s>\r\n", now.Format(time.RFC1123Z), id)
	if thread != id {
		head = fmt.Appendf(head, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", thread, thread)
	}
	return head
}
