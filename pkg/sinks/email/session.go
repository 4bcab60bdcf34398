package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/postee/postee/pkg/sinks"
)

// envelope is a mail with whom it is from and to, as servers see it.
type envelope struct {
	from, to string
	content  []byte
}

// session is one connection to a mail server that has said who it is.
type session struct {
	sink *sink
	// host is the server's name.
	host   string
	conn   net.Conn
	client *smtp.Client
	// encrypted says that nobody on the way reads along.
	encrypted bool
	// release takes the context's hold off the connection.
	release func() bool
}

// dial connects to a server, greets it, and encrypts as the mode says. What goes on ends with ctx.
func (s *sink) dial(ctx context.Context, host string, port int) (*session, error) {
	config, err := s.config.tlsConfig(host)
	if err != nil {
		return nil, err
	}
	mode := s.config.tls()
	address := net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port))
	dialer := &net.Dialer{Resolver: s.net.resolver}
	var conn net.Conn
	if mode == tlsImplicit {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, "tcp", address)
	} else {
		conn, err = dialer.DialContext(ctx, "tcp", address)
	}
	if err != nil {
		return nil, s.failure(connecting, host, err)
	}
	c := &session{sink: s, host: host, conn: conn, encrypted: mode == tlsImplicit}
	c.release = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	if err := c.greet(mode, config); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// greet reads the server's greeting, says who we are, and encrypts.
func (c *session) greet(mode string, config *tls.Config) error {
	client, err := smtp.NewClient(c.conn, c.host)
	if err == nil {
		c.client = client
		client.SkipSMTPUTF8(true) // all addresses are ASCII
		err = client.Hello(c.name())
	}
	if err != nil {
		return c.sink.failure(connecting, c.host, err)
	}
	if mode == tlsImplicit || mode == tlsNone {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		if mode == tlsAuto {
			return nil
		}
		return c.refuse("offers no STARTTLS: give the port that does, or tls: implicit")
	}
	if err := client.StartTLS(config); err != nil {
		return c.sink.failure(connecting, c.host, err)
	}
	c.encrypted = true
	return nil
}

// name is what EHLO says: a full name, or the address that this end of the connection has (RFC 5321, 4.1.4).
func (c *session) name() string {
	if c.sink.config.ClientHostName != "" {
		return c.sink.config.ClientHostName
	}
	name, err := os.Hostname()
	if err == nil && strings.Contains(name, ".") && validDomain(name) && !strings.HasPrefix(name, "localhost.") {
		return name
	}
	local, ok := c.conn.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok:
		return "[127.0.0.1]"
	case local.IP.To4() == nil:
		return "[IPv6:" + local.IP.String() + "]"
	}
	return "[" + local.IP.String() + "]"
}

// refuse is a failure that somebody must mend before it is worth while to ask again.
func (c *session) refuse(why string) error {
	return &sinks.Failure{Verdict: sinks.Hold, Err: errors.New(c.host + " " + why)}
}

// authenticate says who the user is, in the configured way or the first that the server offers.
func (c *session) authenticate() error {
	config := &c.sink.config
	way := config.auth()
	if way == authNone {
		return nil
	}
	if !c.encrypted && !c.local() {
		return c.refuse("offers no encryption, and a password is never sent in clear: give a port with STARTTLS or TLS")
	}
	_, offered := c.client.Extension("AUTH")
	ways := strings.Fields(strings.ToLower(offered))
	if way == authAuto {
		way = first(ways)
	}
	if !slices.Contains(ways, way) {
		return c.refuse(fmt.Sprintf("offers none of the ways to authenticate that are allowed, but %q: set auth, or remove user and password", c.sink.hide.Quote([]byte(offered))))
	}
	var proof smtp.Auth
	switch way {
	case authPlain:
		proof = smtp.PlainAuth("", config.User, config.Password.Reveal(), c.host, true)
	case authLogin:
		proof = smtp.LoginAuth(config.User, config.Password.Reveal(), c.host, true)
	default:
		proof = smtp.XOAuth2Auth(config.User, config.Password.Reveal())
	}
	if err := c.client.Auth(proof); err != nil {
		return c.sink.failure(authenticating, c.host, err)
	}
	return nil
}

// local reports whether the server is on this machine: nobody can read along on the way.
func (c *session) local() bool {
	peer, ok := c.conn.RemoteAddr().(*net.TCPAddr)
	return ok && peer.IP.IsLoopback()
}

// first returns the way to authenticate to choose of those that are offered.
func first(offered []string) string {
	for _, way := range []string{authPlain, authLogin, authXOAUTH2} {
		if slices.Contains(offered, way) {
			return way
		}
	}
	return ""
}

// deliver hands a mail over. When it returns nil, the server has taken the responsibility for it.
func (c *session) deliver(mail envelope) error {
	if limit := c.limit(); limit > 0 && len(mail.content) > limit {
		return &sinks.Failure{Verdict: sinks.Dead, Alone: true, Err: &refusal{receiving, replyTooLarge, fmt.Errorf(
			"%s takes mails of at most %d bytes, and this one has %d: switch attach off, or narrow what the route tells", c.host, limit, len(mail.content))}}
	}
	if err := c.client.Mail("<" + mail.from + ">"); err != nil {
		return c.sink.failure(sending, c.host, err)
	}
	if err := c.client.Rcpt("<" + mail.to + ">"); err != nil {
		return c.sink.failure(receiving, c.host, err)
	}
	w, err := c.client.Data()
	if err == nil {
		_, err = w.Write(mail.content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return c.sink.failure(accepting, c.host, err)
	}
	return nil
}

// limit is how large a mail the server says it takes, in bytes, 0 when it does not say (RFC 1870): some hang up in the middle of a larger one,
// which would look like a network that fails.
func (c *session) limit() int {
	_, says := c.client.Extension("SIZE")
	n, err := strconv.Atoi(strings.TrimSpace(says))
	if err != nil {
		return 0
	}
	return n
}

// farewell is how long a server may take to say good-bye: the mail is delivered by then.
const farewell = time.Second

// quit ends a session that went well.
func (c *session) quit() {
	c.release()
	_ = c.conn.SetDeadline(time.Now().Add(farewell))
	_ = c.client.Quit()
	c.close()
}

// close ends the connection.
func (c *session) close() {
	c.release()
	_ = c.conn.Close()
}
