package email

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
)

func TestValidate(t *testing.T) {
	secret := sinks.NewSecret("s3cr3t")
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"well":        {func(*Config) {}, ""},
		"direct":      {func(c *Config) { *c = Config{UseMX: true, Sender: c.Sender, Recipients: c.Recipients} }, ""},
		"as it stood": {func(c *Config) { c.UseMX, c.Port, c.User, c.Password = true, 587, "u", secret }, ""}, // the older product's sample has them beside
		"everything":  {func(c *Config) { c.User, c.Password, c.Auth, c.TLS, c.Port = "u", secret, "XOAUTH2", "STARTTLS", 2525 }, ""},
		"loopback":    {func(c *Config) { c.Host, c.User, c.Password, c.TLS = "::1", "u", secret, "none" }, ""},
		"clear":       {func(c *Config) { c.User, c.Password, c.TLS = "u", secret, "none" }, "tls: none would send the password in clear: only a server on this machine may have it so"},
		"no user":     {func(c *Config) { c.Password = secret }, "user: missing: a password needs a user"},
		"no password": {func(c *Config) { c.User = "u" }, "password: missing: a user needs a password, or a token with auth: xoauth2"},
		"nobody":      {func(c *Config) { c.Auth = "login" }, "user: missing: login needs a user and a password"},
		"none":        {func(c *Config) { c.User, c.Password, c.Auth = "u", secret, "none" }, "auth: none contradicts user: remove one of them"},
		"way":         {func(c *Config) { c.Auth = "kerberos" }, "auth: must be auto, plain, login, xoauth2 or none"},
		"encryption":  {func(c *Config) { c.TLS = "ssl" }, "tls: must be auto, starttls, implicit or none"},
		"implicit":    {func(c *Config) { c.UseMX, c.TLS = true, "implicit" }, "tls: implicit is not for UseMX: mail servers of domains take STARTTLS"},
		"no host":     {func(c *Config) { c.Host = "" }, "host: missing: give the mail server, or UseMX: true"},
		"URL":         {func(c *Config) { c.Host = "smtp://h" }, "host: must be a host name, without a port or a scheme"},
		"blank":       {func(c *Config) { c.Host = "a b" }, "host: must be a host name, without a port or a scheme"},
		"port":        {func(c *Config) { c.Port = 65536 }, "port: must be a number from 1 to 65535"},
		"no sender":   {func(c *Config) { c.Sender = "" }, "sender: missing: the address that mails come from"},
		"sender":      {func(c *Config) { c.Sender = "a@example.com\r\nBcc: b@example.com" }, "sender: must be a mail address: name@example.com"},
		"IDN":         {func(c *Config) { c.Sender = "a@bücher.example" }, "sender: must be ASCII: write the domain in its xn-- form"},
		"domain":      {func(c *Config) { c.Sender = "a@-x.example" }, "sender: has no valid domain behind the @"},
		"long":        {func(c *Config) { c.Sender = strings.Repeat("x", 250) + "@example.com" }, "sender: is too long for a mail address"},
		"quoted":      {func(c *Config) { c.Sender = `"a b"@example.com` }, "sender: has a sign in it that a mail address here must not have"},
		"recipients":  {func(c *Config) { c.Recipients = []string{"", " "} }, "recipients: missing: give addresses, or <%application_scope_owner%>"},
		"recipient": {func(c *Config) { c.Recipients = []string{"a@b.example", "x", "<%owner%>"} },
			"recipients: entry 2 is no mail address: write name@example.com, or <%application_scope_owner%>; " +
				"recipients: entry 3 is no mail address: write name@example.com, or <%application_scope_owner%>"},
		"name":    {func(c *Config) { c.ClientHostName = "LOCALHOST" }, "client-host-name: must be a full host name: ci.example.com"},
		"file":    {func(c *Config) { c.CAFile = "ca.pem" }, "ca_file: must be an absolute path"},
		"timeout": {func(c *Config) { c.Timeout = -1 }, "timeout: must not be negative"},
	} {
		config := &Config{Host: "mail.example.com", Sender: "postee <postee@example.com>", Recipients: []string{"a@example.com"}}
		c.change(config)
		got := ""
		if err := sinks.Invalid(config.Validate()); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestRecipients: a list in all the ways in which people wrote it.
func TestRecipients(t *testing.T) {
	for list, want := range map[string]string{
		"a@x.test":                                "[a@x.test] false",
		"a@x.test, b@x.test":                      "[a@x.test b@x.test] false",
		"Jane Doe <jane@x.test>":                  "[jane@x.test] false",
		`"Doe, Jane" <jane@x.test>, b@x.test`:     "[jane@x.test b@x.test] false",
		"<%application_scope_owner%>":             "[] true",
		"<%application_scope_owner%>, a@x.test":   "[a@x.test] true",
		"a@x.test|A@X.test|a@x.test, b@x.test||":  "[a@x.test b@x.test] false",
		" <%application_scope_owner%> | a@x.test": "[a@x.test] true",
	} {
		c := &Config{Recipients: strings.Split(list, "|")}
		to, owners, wrong := c.recipients()
		if diff := cmp.Diff(want, fmt.Sprint(to, owners)); diff != "" || len(wrong) > 0 {
			t.Errorf("%q: %v, %s", list, wrong, diff)
		}
		if alone := owners && len(to) == 0; c.Needs().Owners != alone {
			t.Errorf("%q: it needs owners: %v", list, !alone)
		}
	}
}

// TestPorts: what is encrypted how, when nobody says.
func TestPorts(t *testing.T) {
	for _, c := range []struct {
		config Config
		port   int
		tls    string
	}{
		{Config{}, 587, "auto"}, {Config{TLS: "Implicit"}, 465, "implicit"}, {Config{Port: 465}, 465, "implicit"}, {Config{Port: 465, TLS: "starttls"}, 465, "starttls"},
		{Config{Port: 25, TLS: "NONE"}, 25, "none"}, {Config{Port: 465, UseMX: true}, 465, "auto"},
	} {
		if c.config.port() != c.port || c.config.tls() != c.tls {
			t.Errorf("%+v: port %d, %s", c.config, c.config.port(), c.config.tls())
		}
	}
}
