package email

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/sinks"
)

// Validate returns all that is missing, contradicts itself or cannot be sent.
func (c *Config) Validate() []sinks.Problem {
	list := c.validateAddresses()
	if c.UseMX {
		if c.tls() == tlsImplicit {
			list = append(list, sinks.Problem{Key: "tls", Text: "implicit is not for UseMX: mail servers of domains take STARTTLS"})
		}
	} else {
		list = append(list, c.validateServer()...)
	}
	if !slices.Contains([]string{tlsAuto, tlsStart, tlsImplicit, tlsNone}, c.tls()) {
		list = append(list, sinks.Problem{Key: "tls", Text: "must be auto, starttls, implicit or none"})
	}
	if !slices.Contains([]string{"", authAuto, authPlain, authLogin, authXOAUTH2, authNone}, strings.ToLower(c.Auth)) {
		list = append(list, sinks.Problem{Key: "auth", Text: "must be auto, plain, login, xoauth2 or none"})
	}
	if c.CAFile != "" && !filepath.IsAbs(c.CAFile) {
		list = append(list, sinks.Problem{Key: "ca_file", Text: "must be an absolute path"})
	}
	if c.ClientHostName != "" && (!validDomain(c.ClientHostName) || strings.EqualFold(c.ClientHostName, "localhost")) {
		list = append(list, sinks.Problem{Key: "client-host-name", Text: "must be a full host name: ci.example.com"})
	}
	if c.Timeout < 0 {
		list = append(list, sinks.Problem{Key: "timeout", Text: "must not be negative"})
	}
	return list
}

// validateAddresses looks at the sender and the recipients.
func (c *Config) validateAddresses() []sinks.Problem {
	var list []sinks.Problem
	if c.Sender == "" {
		list = append(list, sinks.Problem{Key: "sender", Text: "missing: the address that mails come from"})
	} else if _, err := parseAddress(c.Sender); err != nil {
		list = append(list, sinks.Problem{Key: "sender", Text: err.Error()})
	}
	to, owners, wrong := c.recipients()
	for _, n := range wrong { // it is not shown: what is no address may be anything
		list = append(list, sinks.Problem{Key: "recipients", Text: fmt.Sprintf("entry %d is no mail address", n), Hint: "write name@example.com, or " + ownerVariable})
	}
	if len(to) == 0 && !owners && len(wrong) == 0 {
		list = append(list, sinks.Problem{Key: "recipients", Text: "missing: give addresses, or " + ownerVariable})
	}
	return list
}

// validateServer looks at the server that takes submissions, and at how to be somebody there.
func (c *Config) validateServer() []sinks.Problem {
	var list []sinks.Problem
	add := func(key, text string) { list = append(list, sinks.Problem{Key: key, Text: text}) }
	switch {
	case c.Host == "":
		add("host", "missing: give the mail server, or UseMX: true")
	case !loopback(c.Host) && !validDomain(c.Host) && !strings.Contains(c.Host, ":"):
		add("host", "must be a host name, without a port or a scheme")
	case strings.ContainsAny(c.Host, "/@ \r\n"):
		add("host", "must be a host name, without a port or a scheme")
	}
	if c.Port < 0 || c.Port > 65535 {
		add("port", "must be a number from 1 to 65535")
	}
	ways := strings.ToLower(c.Auth)
	switch {
	case c.User == "" && !c.Password.Empty():
		add("user", "missing: a password needs a user")
	case c.User != "" && ways == authNone:
		add("auth", "none contradicts user: remove one of them")
	case c.User != "" && c.Password.Empty():
		add("password", "missing: a user needs a password, or a token with auth: xoauth2")
	case c.User == "" && (ways == authPlain || ways == authLogin || ways == authXOAUTH2):
		add("user", "missing: "+ways+" needs a user and a password")
	}
	if c.User != "" && c.tls() == tlsNone && !loopback(c.Host) {
		add("tls", "none would send the password in clear: only a server on this machine may have it so")
	}
	return list
}
