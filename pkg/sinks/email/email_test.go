package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

func TestSuite(t *testing.T) {
	own, ca := certificate(t)
	server := serve(t, listener(t, ""), &tls.Config{Certificates: []tls.Certificate{own}}, false)
	server.ways, server.needs = []string{"PLAIN"}, true
	sinktest.Contract(t, sinktest.Target{
		Config: func(sinks.Secret, time.Duration) sinks.Config {
			c := server.config()
			c.User, c.Password, c.CAFile, c.TLS = "ci", sinks.NewSecret(passwordSecret), ca, "starttls"
			return c
		},
		Secrets: []string{passwordSecret}, Golden: "testdata/plans", Update: os.Getenv("POSTEE_UPDATE") != "",
	})
}

// first is a delivery of the first message of the suites.
func delivery(t *testing.T, s *sink) sinks.Delivery {
	t.Helper()
	m := sinktest.Messages()[0].Message
	parts, err := s.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	return sinks.Delivery{Key: sinktest.Key, Subject: m.Sections[0].Subject, Part: parts[0], Message: m}
}

// TestWays: each way to encrypt and to authenticate reaches the server as it should.
func TestWays(t *testing.T) {
	own, ca := certificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{own}}
	for name, c := range map[string]struct {
		server         *tls.Config
		implicit       bool
		offered        []string
		tls, auth      string
		user           string
		encrypted, may bool
	}{
		"nothing":              {nil, false, nil, "", "", "", false, true},
		"opportunistic":        {config, false, nil, "auto", "", "", true, true},
		"none although":        {config, false, nil, "none", "", "", false, true},
		"starttls":             {config, false, []string{"LOGIN", "PLAIN"}, "STARTTLS", "", "ci", true, true},
		"starttls not offered": {nil, false, []string{"PLAIN"}, "starttls", "", "ci", false, false},
		"implicit":             {config, true, []string{"PLAIN"}, "implicit", "plain", "ci", true, true},
		"login":                {config, false, []string{"PLAIN", "LOGIN"}, "starttls", "login", "ci", true, true},
		"only login":           {config, false, []string{"LOGIN"}, "starttls", "auto", "ci", true, true},
		"xoauth2":              {config, false, []string{"LOGIN", "XOAUTH2"}, "starttls", "xoauth2", "ci", true, true},
		"only xoauth2":         {config, false, []string{"XOAUTH2"}, "starttls", "", "ci", true, true},
		"not offered":          {config, false, []string{"PLAIN"}, "starttls", "login", "ci", true, false},
		"nothing offered":      {config, false, nil, "starttls", "", "ci", true, false},
		"loopback in clear":    {nil, false, []string{"PLAIN"}, "", "", "ci", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, listener(t, ""), c.server, c.implicit)
			server.ways, server.needs = c.offered, c.user != ""
			config := server.config()
			config.TLS, config.Auth, config.User, config.CAFile = c.tls, c.auth, c.user, ca
			config.ClientHostName = "ci.example.com"
			if c.user != "" {
				config.Password = sinks.NewSecret(passwordSecret)
			}
			s := open(t, config)
			_, err := s.Send(t.Context(), delivery(t, s))
			works, failed := s.Check(t.Context())
			if !c.may {
				verdict, _ := sinks.Judge(err)
				if err == nil || verdict != sinks.Hold || failed == nil || failed.Error() != err.Error() {
					t.Errorf("error %v, verdict %d; checked: %v", err, verdict, failed)
				}
				return
			}
			if err != nil || failed != nil {
				t.Fatalf("error %v; checked: %q, %v", err, works, failed)
			}
			got := server.mails()
			if len(got) != 1 {
				t.Fatalf("%d mails", len(got))
			}
			got[0].data = nil
			want := received{"postee@example.com", "a@example.com", c.user, "ci.example.com", c.encrypted, nil}
			if diff := cmp.Diff(want, got[0], cmp.AllowUnexported(received{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReplies: what a server says decides, and from the recipient on it is about this recipient only.
func TestReplies(t *testing.T) {
	for _, c := range []struct {
		at      string
		code    int
		verdict sinks.Verdict
		alone   bool
	}{
		{"mail", 450, sinks.Retry, false}, {"mail", 451, sinks.Retry, false}, {"mail", 553, sinks.Dead, false}, {"mail", 530, sinks.Hold, false},
		{"rcpt", 421, sinks.Retry, false}, {"rcpt", 450, sinks.Retry, true}, {"rcpt", 452, sinks.Retry, true}, {"rcpt", 550, sinks.Dead, true},
		{"rcpt", 530, sinks.Hold, false}, {"rcpt", 551, sinks.Dead, true},
		{"data", 421, sinks.Retry, false}, {"data", 451, sinks.Retry, true}, {"data", 552, sinks.Dead, true}, {"data", 554, sinks.Dead, true},
	} {
		server := serve(t, listener(t, ""), nil, false)
		switch c.at {
		case "mail":
			server.mail = reply(c.code)
		case "rcpt":
			server.rcpt = reply(c.code)
		default:
			server.data = reply(c.code)
		}
		s := open(t, server.config())
		receipt, err := s.Send(t.Context(), delivery(t, s))
		verdict, _ := sinks.Judge(err)
		f, ok := errors.AsType[*sinks.Failure](err)
		if !ok || verdict != c.verdict || f.Alone != c.alone || receipt.Ref != "" || !strings.Contains(err.Error(), fmt.Sprintf("%d says the server", c.code)) {
			t.Errorf("%d at %s: verdict %d, want %d, of %v", c.code, c.at, verdict, c.verdict, err)
		}
		if len(server.mails()) > 0 {
			t.Errorf("%d at %s: a mail was taken", c.code, c.at)
		}
	}
}

// TestTooLarge: a mail that is larger than the server says it takes is not sent to it.
func TestTooLarge(t *testing.T) {
	server := serve(t, listener(t, ""), nil, false)
	server.smtp.MaxMessageBytes = 2000
	s := open(t, server.config())
	d := delivery(t, s)
	_, err := s.Send(t.Context(), d)
	f, ok := errors.AsType[*sinks.Failure](err)
	if !ok || f.Verdict != sinks.Dead || !f.Alone || !strings.Contains(err.Error(), "takes mails of at most 2000 bytes") || len(server.mails()) > 0 {
		t.Errorf("%v, %d mails", err, len(server.mails()))
	}
	d.Part.Body = d.Part.Body[:1000]
	if _, err := s.Send(t.Context(), d); err != nil {
		t.Error(err)
	}
}

// talk answers each connection with one text, and then reads until the other side hangs up.
func talk(t *testing.T, says string) *Config {
	t.Helper()
	l := listener(t, "")
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(says))
			for buffer := make([]byte, 512); err == nil; _, err = conn.Read(buffer) {
			}
			_ = conn.Close()
		}
	}()
	address, _ := l.Addr().(*net.TCPAddr)
	return (&mailServer{host: "127.0.0.1", port: address.Port}).config()
}

// TestConnections: a server that is away, does not speak SMTP, will not talk to us, or says nothing.
func TestConnections(t *testing.T) {
	closed := listener(t, "")
	_ = closed.Close()
	address, _ := closed.Addr().(*net.TCPAddr)
	away := (&mailServer{host: "127.0.0.1", port: address.Port}).config()
	silent := talk(t, "")
	silent.Timeout = 50 * time.Millisecond
	for name, c := range map[string]struct {
		config  *Config
		verdict sinks.Verdict
		says    string
	}{
		"away":        {away, sinks.Retry, "connection refused"},
		"silent":      {silent, sinks.Retry, "no answer within 50ms"},
		"busy":        {talk(t, "421 too many connections\r\n"), sinks.Retry, "refuses the connection: 421 too many connections"},
		"no service":  {talk(t, "554 not for you\r\n"), sinks.Hold, "refuses the connection: 554 not for you"},
		"not SMTP":    {talk(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), sinks.Retry, ""},
		"half silent": {func() *Config { c := talk(t, "220 hello\r\n250-x\r\n"); c.Timeout = 50 * time.Millisecond; return c }(), sinks.Retry, "no answer within"},
	} {
		s := open(t, c.config)
		_, err := s.Send(t.Context(), delivery(t, s))
		verdict, _ := sinks.Judge(err)
		if err == nil || verdict != c.verdict || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: verdict %d of %v", name, verdict, err)
		}
	}
}

// TestUntrusted: a certificate that nobody vouches for ends it before a password is sent; without verification it does not.
func TestUntrusted(t *testing.T) {
	own, _ := certificate(t)
	server := serve(t, listener(t, ""), &tls.Config{Certificates: []tls.Certificate{own}}, false)
	server.ways = []string{"PLAIN"}
	config := server.config()
	config.User, config.Password = "ci", sinks.NewSecret(passwordSecret)
	s := open(t, config)
	_, err := s.Send(t.Context(), delivery(t, s))
	if verdict, _ := sinks.Judge(err); verdict != sinks.Hold || !strings.Contains(fmt.Sprint(err), "certificate") {
		t.Errorf("verdict %d of %v", verdict, err)
	}
	no := false
	config.TLSVerify = &no
	s = open(t, config)
	if _, err := s.Send(t.Context(), delivery(t, s)); err != nil || len(config.Warnings()) != 1 {
		t.Errorf("%v, warnings %q", err, config.Warnings())
	}
	config.CAFile = "/nowhere/ca.pem"
	s = open(t, config)
	_, err = s.Send(t.Context(), delivery(t, s))
	if verdict, _ := sinks.Judge(err); verdict != sinks.Hold || !strings.Contains(fmt.Sprint(err), "ca_file: open /nowhere/ca.pem") {
		t.Errorf("verdict %d of %v", verdict, err)
	}
}

// far is a connection to another machine.
type far struct{ net.Conn }

func (far) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 587} }

// TestPasswordInClear: without encryption a password goes to nobody but this machine.
func TestPasswordInClear(t *testing.T) {
	config := &Config{Host: "mail.example.com", User: "ci", Password: sinks.NewSecret(passwordSecret), Sender: "a@b", Recipients: []string{"a@b"}}
	c := &session{sink: open(t, config), host: config.Host, conn: far{}}
	err := c.authenticate()
	if verdict, _ := sinks.Judge(err); verdict != sinks.Hold || !strings.Contains(fmt.Sprint(err), "never sent in clear") {
		t.Errorf("verdict %d of %v", verdict, err)
	}
}

// TestSecrets: a server that repeats what it was told gives nothing away.
func TestSecrets(t *testing.T) {
	for _, way := range []string{"PLAIN", "LOGIN", "XOAUTH2"} {
		server := serve(t, listener(t, ""), nil, false)
		server.ways, server.needs = []string{way}, true
		config := server.config()
		const wrong = "wr0ng-" + passwordSecret
		config.User, config.Password = "ci", sinks.NewSecret(wrong)
		s := open(t, config)
		_, err := s.Send(t.Context(), delivery(t, s))
		verdict, _ := sinks.Judge(err)
		text := fmt.Sprintf("%v %+v %#v %+v", err, err, err, s)
		if verdict != sinks.Hold || strings.Contains(text, wrong[:12]) || !strings.Contains(text, "refuses the user: 535") {
			t.Errorf("%s: verdict %d of %s", way, verdict, text)
		}
	}
}

// TestCancellation: an attempt ends with its context while the server still thinks.
func TestCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := serve(t, listener(t, ""), nil, false)
	over := make(chan struct{})
	server.data = func(string) error {
		cancel()
		<-over
		return errors.New("too late")
	}
	s := open(t, server.config())
	_, err := s.Send(ctx, delivery(t, s))
	close(over)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that is context.Canceled", err)
	}
}
