package email

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/postee/postee/pkg/sinks"
)

const passwordSecret = "mail-password-s3cr3t-77"

// received is a mail that a server took.
type received struct {
	from, to, user string
	hello          string
	encrypted      bool
	data           []byte
}

// mailServer is a real SMTP server on loopback. What it refuses is set before a mail is sent.
type mailServer struct {
	host string
	port int
	// ways are the ways to authenticate that it offers.
	ways []string
	// needs says that nobody is served who has not authenticated.
	needs bool
	smtp  *smtp.Server
	// mail, rcpt and data refuse.
	mail, rcpt, data func(string) error

	mu   sync.Mutex
	took []received
}

// certificate is one for 127.0.0.1 and example.com, with the file of its authority.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	web := httptest.NewTLSServer(http.NotFoundHandler())
	defer web.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return web.TLS.Certificates[0], file
}

// listener listens on loopback; "" is any port of 127.0.0.1.
func listener(t *testing.T, address string) net.Listener {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve starts a server. config makes STARTTLS be offered; implicit encrypts from the first byte.
func serve(t *testing.T, l net.Listener, config *tls.Config, implicit bool) *mailServer {
	t.Helper()
	address, _ := l.Addr().(*net.TCPAddr)
	m := &mailServer{host: address.IP.String(), port: address.Port}
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &mailSession{server: m, conn: c}, nil
	}))
	m.smtp = server
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = "mx.example.com", true, quiet{}
	if implicit {
		l = tls.NewListener(l, config)
	} else {
		server.TLSConfig = config
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return m
}

// quiet is a log that nobody reads.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// mails returns what was taken so far.
func (m *mailServer) mails() []received {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.took)
}

// config is a configuration for the server.
func (m *mailServer) config() *Config {
	return &Config{Host: m.host, Port: m.port, Sender: "Postee <postee@example.com>", Recipients: []string{"a@example.com"}, Timeout: time.Minute}
}

// mailSession is one dialogue.
type mailSession struct {
	server *mailServer
	conn   *smtp.Conn
	mail   received
	user   string
}

var _ smtp.AuthSession = (*mailSession)(nil)

func (s *mailSession) AuthMechanisms() []string { return s.server.ways }

// Auth takes PLAIN, LOGIN and XOAUTH2 with the password, and repeats in its refusal what it was told, as debugging servers do.
func (s *mailSession) Auth(mech string) (sasl.Server, error) {
	return &proof{mech: mech, known: func(user, password string) error {
		if user != "ci" || password != passwordSecret {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "no such user " + user + " with " + password}
		}
		s.user = user
		return nil
	}}, nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.needs && s.user == "" {
		return &smtp.SMTPError{Code: 530, Message: "authenticate first"}
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.mail = received{from: from, user: s.user, hello: s.conn.Hostname(), encrypted: encrypted}
	return refusing(s.server.mail, from)
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to += to
	return refusing(s.server.rcpt, to)
}

func (s *mailSession) Data(r io.Reader) (err error) {
	if s.mail.data, err = io.ReadAll(r); err != nil {
		return err
	}
	if err := refusing(s.server.data, s.mail.to); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.took = append(s.server.took, s.mail)
	return nil
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

// refusing calls what refuses, if there is any.
func refusing(refuses func(string) error, about string) error {
	if refuses == nil {
		return nil
	}
	return refuses(about)
}

// reply refuses with a code.
func reply(code int) func(string) error {
	return func(string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "says the server"}
	}
}

// proof is the server's side of authentication.
type proof struct {
	mech, user string
	step       int
	known      func(user, password string) error
}

// Next takes what the client says and says what it wants to know.
func (p *proof) Next(said []byte) (challenge []byte, done bool, err error) {
	p.step++
	switch {
	case p.mech == "PLAIN":
		fields := strings.Split(string(said), "\x00")
		if len(fields) != 3 {
			return nil, false, errors.New("not PLAIN")
		}
		return nil, true, p.known(fields[1], fields[2])
	case p.mech == "LOGIN" && p.step == 1:
		return []byte("Username:"), false, nil
	case p.mech == "LOGIN" && p.step == 2:
		p.user = string(said)
		return []byte("Password:"), false, nil
	case p.mech == "LOGIN":
		return nil, true, p.known(p.user, string(said))
	case p.step == 1:
		fields := bytes.Split(said, []byte("\x01"))
		user, _ := bytes.CutPrefix(fields[0], []byte("user="))
		token, _ := bytes.CutPrefix(fields[1], []byte("auth=Bearer "))
		if p.known(string(user), string(token)) == nil {
			return nil, true, nil
		}
		return []byte(`{"status":"401"}`), false, nil // the client answers with nothing, and then it is refused
	}
	return nil, true, &smtp.SMTPError{Code: 535, Message: "the token is old"}
}

// open makes the sink.
func open(t *testing.T, c *Config) *sink {
	t.Helper()
	made, err := c.Open(sinks.Env{Now: func() time.Time { return time.Date(2026, 11, 25, 14, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	s, ok := made.(*sink)
	if !ok {
		t.Fatalf("%T", made)
	}
	return s
}
