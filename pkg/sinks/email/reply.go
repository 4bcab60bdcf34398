package email

import (
	"errors"
	"fmt"
	"net/textproto"

	"github.com/postee/postee/pkg/sinks"
)

// stage is how far a dialogue has come.
type stage uint8

// The stages: the connection is made, the user says who it is, the server is told the sender, the recipient, the mail.
const (
	connecting stage = iota
	authenticating
	sending
	receiving
	accepting
)

// Replies that mean more than their first digit (RFC 5321, 4.2.3; RFC 4954, 6).
const (
	replyClosing   = 421 // the server goes away
	replyNeedsAuth = 530
	replyTooWeak   = 534
	replyBadAuth   = 535
	replyNeedsTLS  = 538
	replyTooLarge  = 552
)

// refusal is why a dialogue ended, and where.
type refusal struct {
	stage stage
	// code is the server's reply, 0 when there was none.
	code int
	err  error
}

// Error returns what the server said, and about what.
func (r *refusal) Error() string { return r.err.Error() }

// Unwrap returns what was wrong with the connection.
func (r *refusal) Unwrap() error { return r.err }

// failure says what an error of a dialogue means. A server's reply is judged by its code: 4xx passes, 5xx does not; a user who is not
// known, and a server that will not talk to us, can be mended. From the recipient on it is about this recipient only. Between mail
// servers everything is: the next recipient has another server.
func (s *sink) failure(at stage, host string, err error) error {
	what := [...]string{
		connecting: "refuses the connection", authenticating: "refuses the user", sending: "refuses the sender", receiving: "refuses the recipient",
		accepting: "refuses the mail",
	}[at]
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		broken := s.hide.Error(fmt.Errorf("%s: %w", host, err))
		verdict, _ := sinks.Judge(broken)
		if !s.config.UseMX {
			return broken
		}
		return &sinks.Failure{Verdict: verdict, Alone: true, Err: &refusal{at, 0, broken}}
	}
	said := fmt.Errorf("%s %s: %s", host, what, s.hide.Quote(fmt.Appendf(nil, "%d %s", reply.Code, reply.Msg)))
	f := &sinks.Failure{Verdict: sinks.Retry, Err: &refusal{at, reply.Code, said}}
	if s.config.UseMX {
		f.Alone = true
		if permanent(reply.Code) {
			f.Verdict = sinks.Dead
		}
		return f
	}
	f.Alone = at >= receiving && reply.Code != replyClosing
	switch {
	case !permanent(reply.Code):
	case at < sending, reply.Code == replyNeedsAuth, reply.Code == replyTooWeak, reply.Code == replyBadAuth, reply.Code == replyNeedsTLS:
		f.Verdict, f.Alone = sinks.Hold, false
	default:
		f.Verdict = sinks.Dead
	}
	return f
}

// permanent reports whether a reply says that asking again is of no use.
func permanent(code int) bool { return code >= 500 && code < 600 }
