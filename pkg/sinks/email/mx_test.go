package email

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// zone is what the DNS knows: for a name with a dot at its end, "10 mx.example." is an MX, "127.0.0.2" an address, "SERVFAIL" that
// the server fails.
type zone map[string][]string

// resolver is one that asks a server on loopback about a zone.
func resolver(t *testing.T, z zone) *net.Resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(z.answer(buffer[:n]), from)
		}
	})
	t.Cleanup(func() {
		_ = conn.Close()
		done.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer answers one question.
func (z zone) answer(asked []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(asked) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	q := m.Questions[0]
	records, known := z[strings.ToLower(q.Name.String())]
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, r := range records {
		head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60}
		var preference uint16
		var host string
		_, err := fmt.Sscanf(r, "%d %s", &preference, &host)
		switch ip := net.ParseIP(r); {
		case r == "SERVFAIL":
			m.RCode = dnsmessage.RCodeServerFailure
		case q.Type == dnsmessage.TypeA && ip != nil:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: [4]byte(ip.To4())}})
		case q.Type == dnsmessage.TypeMX && ip == nil && err == nil:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.MXResource{Pref: preference, MX: dnsmessage.MustNewName(host)}})
		}
	}
	p, _ := m.Pack()
	return p
}

// pair listens on two addresses of the loopback with the same port, as mail servers do.
func pair(t *testing.T, one, two string) (a, b net.Listener, port int) {
	t.Helper()
	for range 50 {
		a = listener(t, one+":0")
		address, _ := a.Addr().(*net.TCPAddr)
		var err error
		if b, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", fmt.Sprintf("%s:%d", two, address.Port)); err == nil {
			return a, b, address.Port
		}
		_ = a.Close()
	}
	t.Skip("this machine has no second address on its loopback")
	return nil, nil, 0
}

// direct is a sink that delivers to the servers of a zone.
func direct(t *testing.T, z zone, port int, c Config, recipients ...string) *sink {
	t.Helper()
	c.Sender, c.Recipients, c.UseMX = "postee@example.com", recipients, true
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	s := open(t, &c)
	s.net = network{resolver: resolver(t, z), port: port}
	return s
}

// sendAll makes an attempt at each part, and returns what became of it by the part's name.
func sendAll(t *testing.T, s *sink) map[string]string {
	t.Helper()
	m := sinktest.Messages()[0].Message
	parts, err := s.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, p := range parts {
		receipt, err := s.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Subject: m.Sections[0].Subject, Part: p, Message: m})
		got[p.Name] = "sent"
		if err == nil && receipt.Ref == "" {
			t.Errorf("%s: no receipt", p.Name)
		}
		if err != nil {
			verdict, _ := sinks.Judge(err)
			what := [...]string{sinks.Retry: "retry", sinks.Hold: "hold", sinks.Dead: "dead"}[verdict]
			if f, ok := err.(*sinks.Failure); ok && f.Alone { //nolint:errorlint // it is not wrapped
				what += " alone"
			}
			got[p.Name] = what + ": " + err.Error()
		}
	}
	return got
}

// addresses are whom a server got mails for.
func addresses(m *mailServer) string {
	var list []string
	for _, one := range m.mails() {
		list = append(list, one.to)
	}
	return strings.Join(list, " ")
}

// TestMX: each domain has servers of its own, by preference, and one that fails keeps no other waiting.
func TestMX(t *testing.T) {
	own, _ := certificate(t)
	a, b, port := pair(t, "127.0.0.1", "127.0.0.2")
	first := serve(t, a, &tls.Config{Certificates: []tls.Certificate{own}}, false)
	second := serve(t, b, nil, false)
	first.rcpt = func(to string) error {
		switch {
		case strings.HasPrefix(to, "gone@"):
			return reply(550)(to)
		case strings.HasPrefix(to, "later@"), strings.HasSuffix(to, "@moved.test"):
			return reply(451)(to)
		}
		return nil
	}
	s := direct(t, zone{
		"good.test.": {"20 mx2.good.test.", "10 mx1.good.test."}, "mx1.good.test.": {"127.0.0.1"}, "mx2.good.test.": {"127.0.0.2"},
		"moved.test.": {"10 mx1.good.test.", "20 mx2.good.test."}, "plain.test.": {"127.0.0.2"}, "null.test.": {"0 ."}, "broken.test.": {"SERVFAIL"},
		"lost.test.": {"10 nowhere.test."}, "down.test.": {"127.0.0.3"}, "part.test.": {"10 nowhere.test.", "20 mx2.good.test."},
	}, port, Config{}, "well@good.test", "gone@good.test", "later@good.test", "x@moved.test", "x@plain.test", "x@null.test", "x@none.test", "x@broken.test",
		"x@lost.test", "x@down.test", "x@part.test")
	got := sendAll(t, s)
	for name, begins := range map[string]string{
		"well@good.test": "sent", "gone@good.test": "dead alone: mx1.good.test refuses the recipient: 550 ", "x@moved.test": "sent", "x@plain.test": "sent", "x@part.test": "sent",
		"later@good.test": "sent",
		"x@null.test":     "dead alone: null.test takes no mail", "x@none.test": "dead alone: none.test has no address", "x@lost.test": "dead alone: nowhere.test has no address",
		"x@broken.test": "retry alone: the mail servers of broken.test cannot be looked up", "x@down.test": "retry alone: down.test: ",
	} {
		if !strings.HasPrefix(got["1/1 "+name], begins) {
			t.Errorf("%s: %s, want %s", name, got["1/1 "+name], begins)
		}
	}
	if diff := cmp.Diff([]string{"well@good.test", "later@good.test x@moved.test x@plain.test x@part.test"}, []string{addresses(first), addresses(second)}); diff != "" {
		t.Error(diff)
	}
	if mail := first.mails()[0]; !mail.encrypted || second.mails()[0].encrypted {
		t.Error("encrypted where it was not offered, or not where it was")
	}
	if _, err := s.Check(t.Context()); err == nil {
		t.Error("what only a mail can tell was checked")
	}
}

// TestMXEncrypted: with tls: starttls nothing goes to a server that cannot prove who it is, or does not encrypt.
func TestMXEncrypted(t *testing.T) {
	own, ca := certificate(t)
	a, b, port := pair(t, "127.0.0.1", "127.0.0.2")
	proven := serve(t, a, &tls.Config{Certificates: []tls.Certificate{own}}, false)
	bare := serve(t, b, nil, false)
	z := zone{"good.test.": {"10 example.com."}, "example.com.": {"127.0.0.1"}, "clear.test.": {"127.0.0.2"}, "bad.test.": {"127.0.0.1"}}
	s := direct(t, z, port, Config{TLS: "starttls", CAFile: ca}, "x@good.test", "x@clear.test", "x@bad.test")
	got := sendAll(t, s)
	if got["1/1 x@good.test"] != "sent" || !strings.Contains(got["1/1 x@clear.test"], "offers no STARTTLS") || !strings.Contains(got["1/1 x@bad.test"], "certificate") {
		t.Errorf("%q", got)
	}
	if addresses(proven) != "x@good.test" || addresses(bare) != "" {
		t.Errorf("%q, %q", addresses(proven), addresses(bare))
	}
}

// TestMXLost: when the answer to the mail itself does not come, no other server gets it: the first may have it.
func TestMXLost(t *testing.T) {
	a, b, port := pair(t, "127.0.0.1", "127.0.0.2")
	first, second := serve(t, a, nil, false), serve(t, b, nil, false)
	first.data = reply(451)
	got := sendAll(t, direct(t, zone{"good.test.": {"10 one.test.", "20 two.test."}, "one.test.": {"127.0.0.1"}, "two.test.": {"127.0.0.2"}}, port, Config{}, "x@good.test"))
	if !strings.HasPrefix(got["1/1 x@good.test"], "retry alone: one.test refuses the mail: 451") || addresses(second) != "" {
		t.Errorf("%q, %q", got, addresses(second))
	}
}
