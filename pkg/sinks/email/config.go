package email

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"strings"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// ownerVariable stands in the list of recipients for the owners whom the document names.
const ownerVariable = "<%application_scope_owner%>"

// Ports of mail, and which is taken for what (RFC 5321, RFC 6409, RFC 8314).
const (
	portRelay      = 25
	portImplicit   = 465
	portSubmission = 587
)

// Values of the key tls.
const (
	tlsAuto     = "auto"
	tlsStart    = "starttls"
	tlsImplicit = "implicit"
	tlsNone     = "none"
)

// Values of the key auth.
const (
	authAuto    = "auto"
	authPlain   = "plain"
	authLogin   = "login"
	authXOAUTH2 = "xoauth2"
	authNone    = "none"
)

// defaultTimeout bounds one attempt.
const defaultTimeout = 30 * time.Second

// concurrent is how many mails may be under way at once: providers count connections.
const concurrent = 2

// Config is a mail target's part of the configuration.
type Config struct {
	// Host and Port are the server that takes submissions. Port 0 is 587, or 465 where TLS is implicit.
	Host string `cfg:"host" doc:"The server that takes submissions."`
	Port int    `cfg:"port" doc:"The server's port. Default: 587, or 465 with tls: implicit."`
	// User and Password authenticate there; without a user nobody does. For XOAUTH2 the password is an access token.
	User     string       `cfg:"user" doc:"The user at the server; without one nobody authenticates."`
	Password sinks.Secret `cfg:"password" doc:"The user's password; with auth: xoauth2 an access token."`
	// Sender is the address that mails come from, with a name or without: "postee <postee@example.com>".
	Sender string `cfg:"sender" doc:"The address that mails come from, with a name or without."`
	// Recipients are addresses; <%application_scope_owner%> is the owners whom the document names.
	Recipients []string `cfg:"recipients" doc:"Addresses; <%application_scope_owner%> is the owners whom the document names."`
	// UseMX delivers to the servers of the recipients' domains; host, port, user and password are then of no use.
	UseMX bool `cfg:"UseMX" doc:"true: delivers to the servers of the recipients' domains, without host and port." default:"false"`
	// ClientHostName is what EHLO says; "" is the machine's full name, or its address where it has none.
	ClientHostName string `cfg:"client-host-name" doc:"What EHLO says. Default: the machine's full name."`
	// TLS is auto, starttls, implicit or none; "" is auto: implicit on port 465, otherwise STARTTLS where it is offered.
	TLS string `cfg:"tls" doc:"How the connection is encrypted; auto: implicit on port 465, else STARTTLS where it is offered." enum:"auto,starttls,implicit,none" default:"auto"`
	// TLSVerify is true unless it says false: then anybody on the way can pose as the server.
	TLSVerify *bool `cfg:"tls_verify" doc:"false lets anybody on the way pose as the server." default:"true"`
	// CAFile holds the authorities that are trusted instead of the system's, in PEM. Its path is absolute.
	CAFile string `cfg:"ca_file" doc:"Trusted authorities in PEM, an absolute path. Default: the system's."`
	// Auth is auto, plain, login, xoauth2 or none; "" is auto: the first of plain and login that is offered, or else xoauth2.
	Auth string `cfg:"auth" doc:"How the user authenticates; auto: what the server offers." enum:"auto,plain,login,xoauth2,none" default:"auto"`
	// Attach adds the document as it was received, compressed with gzip.
	Attach bool `cfg:"attach" doc:"true: the document as it was received, compressed." default:"false"`
	// Timeout bounds one attempt; 0 is 30 seconds.
	Timeout time.Duration `cfg:"timeout" doc:"How long one attempt may take." default:"30s"`
}

var _ sinks.Warner = (*Config)(nil)

// Needs asks for the document where it is attached, and for owners where nobody else gets mails.
func (c *Config) Needs() sinks.Needs {
	to, owners, _ := c.recipients()
	return sinks.Needs{Document: c.Attach, Owners: owners && len(to) == 0, Concurrent: concurrent}
}

// Warnings says what is allowed and dangerous, a sentence each.
func (c *Config) Warnings() []string {
	if c.unverified() && !c.UseMX {
		return []string{"TLS verification is off: anybody on the way to the mail server can pose as it"}
	}
	return nil
}

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	sender, err := parseAddress(c.Sender)
	if err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	to, owners, _ := c.recipients()
	own := *c
	password := c.Password.Reveal()
	encode := func(s string) sinks.Secret { return sinks.NewSecret(base64.StdEncoding.EncodeToString([]byte(s))) }
	return &sink{
		config: own, sender: sender,
		plan: planner{sender: *sender, to: to, owners: owners, attach: c.Attach, aquaServer: env.AquaServer},
		now:  env.Now, net: network{port: portRelay},
		hide: sinks.NewRedactor(c.Password, encode(password), encode("\x00"+c.User+"\x00"+password),
			encode("user="+c.User+"\x01auth=Bearer "+password+"\x01\x01")),
	}, nil
}

// unverified reports whether the server's certificate is not looked at.
func (c *Config) unverified() bool { return c.TLSVerify != nil && !*c.TLSVerify }

// port returns the configured port of the submission server, or the usual one.
func (c *Config) port() int {
	switch {
	case c.Port != 0:
		return c.Port
	case strings.EqualFold(c.TLS, tlsImplicit):
		return portImplicit
	}
	return portSubmission
}

// tls says how the connection to the server is encrypted: starttls, implicit, none, or auto where the server may choose.
func (c *Config) tls() string {
	mode := strings.ToLower(c.TLS)
	if mode == "" {
		mode = tlsAuto
	}
	if mode == tlsAuto && !c.UseMX && c.port() == portImplicit {
		return tlsImplicit
	}
	return mode
}

// auth returns the configured way to authenticate: none without a user, because then there is nobody to be.
func (c *Config) auth() string {
	switch {
	case c.User == "" || c.UseMX:
		return authNone
	case c.Auth == "":
		return authAuto
	}
	return strings.ToLower(c.Auth)
}

// timeout bounds one attempt.
func (c *Config) timeout() time.Duration {
	if c.Timeout == 0 {
		return defaultTimeout
	}
	return c.Timeout
}

// tlsConfig says how a server of that name is verified. Where nobody asked for encryption, as between mail servers, a certificate
// proves nothing and is not looked at: encryption without proof is still better than none (RFC 7435).
func (c *Config) tlsConfig(host string) (*tls.Config, error) {
	unverified := c.unverified() || c.UseMX && c.tls() == tlsAuto
	config := &tls.Config{ServerName: host, InsecureSkipVerify: unverified, MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err == nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			err = errors.New(c.CAFile + " holds no certificate in PEM")
		}
	}
	if err != nil {
		return nil, &sinks.Failure{Verdict: sinks.Hold, Err: fmt.Errorf("ca_file: %w: mend the file, or name another", err)}
	}
	return config, nil
}

// recipients returns the addresses of the list, each once, whether the owners are among them, and the numbers, from 1, of the entries that
// are no addresses.
func (c *Config) recipients() (to []string, owners bool, wrong []int) {
	for i, entry := range c.Recipients {
		if list, err := mail.ParseAddressList(entry); err == nil && !strings.Contains(entry, ownerVariable) {
			for _, a := range list {
				if err := checkAddress(a.Address); err != nil {
					wrong = append(wrong, i+1)
					continue
				}
				to = appendNew(to, a.Address)
			}
			continue
		}
		for one := range strings.SplitSeq(entry, ",") {
			one = strings.TrimSpace(one)
			a, err := parseAddress(one)
			switch {
			case one == "": // the older product's sample has such entries
			case one == ownerVariable:
				owners = true
			case err != nil:
				wrong = append(wrong, i+1)
			default:
				to = appendNew(to, a.Address)
			}
		}
	}
	return to, owners, wrong
}

// loopback reports whether a host is this machine itself.
func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
