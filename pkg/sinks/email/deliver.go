package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// maxHosts is how many servers of a domain one attempt asks.
const maxHosts = 4

// network is how servers are found: tests put a resolver and a port of their own here.
type network struct {
	resolver *net.Resolver
	// port is where mail servers of domains listen.
	port int
}

// submit hands a mail to the configured server.
func (s *sink) submit(ctx context.Context, mail envelope) error {
	c, err := s.dial(ctx, s.config.Host, s.config.port())
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.authenticate(); err != nil {
		return err
	}
	if err := c.deliver(mail); err != nil {
		return err
	}
	c.quit()
	return nil
}

// relay hands a mail to the first server of the recipient's domain that takes it. A server that is away, or cannot take it now, leaves it to
// the next; one that refuses it for good has spoken for all of them.
func (s *sink) relay(ctx context.Context, mail envelope) error {
	_, domain := cut(mail.to)
	hosts, err := s.net.exchangers(ctx, domain)
	if err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	for i, host := range hosts {
		share := time.Until(deadline) / time.Duration(len(hosts)-i)
		if err = s.exchange(ctx, share, host, mail); err == nil || ctx.Err() != nil || settled(err) {
			return err
		}
	}
	return err
}

// exchange makes one try at one server, within its share of the time.
func (s *sink) exchange(ctx context.Context, share time.Duration, host string, mail envelope) error {
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	c, err := s.dial(ctx, host, s.net.port)
	if notFound(err) {
		return &sinks.Failure{Verdict: sinks.Dead, Alone: true, Err: fmt.Errorf("%s has no address in the DNS: is the domain spelt right?", host)}
	}
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.deliver(mail); err != nil {
		return err
	}
	c.quit()
	return nil
}

// settled reports whether another server of the domain must not be asked: this one has refused the mail for good, or may have it.
func settled(err error) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && (r.stage == accepting || r.stage > connecting && permanent(r.code))
}

// exchangers returns the mail servers of a domain, the preferred ones first; without any, the domain is its own (RFC 5321, 5.1).
func (n network) exchangers(ctx context.Context, domain string) ([]string, error) {
	resolver := n.resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	list, err := resolver.LookupMX(ctx, domain+".")
	if notFound(err) {
		return []string{domain}, nil
	}
	if len(list) == 0 && err != nil {
		return nil, &sinks.Failure{Verdict: sinks.Retry, Alone: true, Err: fmt.Errorf("the mail servers of %s cannot be looked up: %w", domain, err)}
	}
	var hosts []string
	for _, mx := range list[:min(len(list), maxHosts)] {
		if host := strings.TrimSuffix(mx.Host, "."); host != "" {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 {
		return nil, &sinks.Failure{Verdict: sinks.Dead, Alone: true, Err: fmt.Errorf("%s takes no mail: it says so in the DNS (null MX)", domain)}
	}
	return hosts, nil
}

// notFound reports whether a name does not exist, or has no record of the kind: not that nobody could be asked.
func notFound(err error) bool {
	looked, ok := errors.AsType[*net.DNSError](err)
	return ok && looked.IsNotFound
}

// Check makes a connection and authenticates, and sends nothing. Which servers there will be for whom, only a mail can tell.
func (s *sink) Check(ctx context.Context) ([]string, error) {
	if s.config.UseMX {
		return nil, sinks.ErrUnchecked
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	inTime, cancel := context.WithTimeout(ctx, s.config.timeout())
	defer cancel()
	c, err := s.dial(inTime, s.config.Host, s.config.port())
	if err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	defer c.close()
	how := "encrypted"
	if !c.encrypted {
		how = "not encrypted"
	}
	works := []string{fmt.Sprintf("%s:%d answers, %s", s.config.Host, s.config.port(), how)}
	if s.config.auth() == authNone {
		c.quit()
		return works, nil
	}
	if err := c.authenticate(); err != nil {
		return works, cmp.Or(ctx.Err(), err)
	}
	c.quit()
	return append(works, "it knows the user "+s.config.User), nil
}
