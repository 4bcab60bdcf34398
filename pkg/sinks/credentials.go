package sinks

import (
	"encoding/base64"
	"strings"
)

// Credentials authorise the requests to a target: a user with a password (Basic), or a token. They are a part of the
// configuration, under a key of their own or inline, and what an [Endpoint] is given. The zero value authorises nothing.
type Credentials struct {
	User     string `cfg:"user" doc:"The user, with a password (Basic)."`
	Password Secret `cfg:"password" doc:"The user's password."`
	Token    Secret `cfg:"token" doc:"A token (Bearer), instead of user and password."`
	// Scheme stands before the token: "Splunk", "GenieKey". "" is Bearer, or nothing when Header is set.
	Scheme string
	// Header carries the credentials; "" is Authorization.
	Header string
	// Under is the key of the mapping that they stand in, for problems; "" when their keys are the target's own.
	Under string
}

// headerAuthorization is where HTTP has credentials.
const headerAuthorization = "Authorization"

// validate returns what contradicts itself, and what cannot be sent. No credentials at all are no problem.
func (c *Credentials) validate() []Problem {
	basic := c.User != "" || !c.Password.Empty()
	switch {
	case basic && !c.Token.Empty():
		return []Problem{{Key: c.key("token"), Text: "stands beside user and password: give one or the other"}}
	case basic && c.User == "":
		return []Problem{{Key: c.key("user"), Text: "missing: a password needs a user"}}
	case basic && c.Password.Empty():
		return []Problem{{Key: c.key("password"), Text: "missing: a user needs a password"}}
	case strings.ContainsFunc(c.Token.Reveal(), func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return []Problem{{Key: c.key("token"), Text: "has a blank, a control character or one that is not ASCII in it"}}
	}
	return nil
}

// key returns the path of one of their keys.
func (c *Credentials) key(name string) string {
	if c.Under == "" {
		return name
	}
	return c.Under + "." + name
}

// header returns the header that authorises a request, with its value; both are "" when there are no credentials.
func (c *Credentials) header() (name, value string) {
	name, scheme := c.Header, c.Scheme
	if name == "" {
		name = headerAuthorization
		if scheme == "" {
			scheme = "Bearer"
		}
	}
	switch {
	case !c.Token.Empty():
		return name, strings.TrimSpace(scheme + " " + c.Token.Reveal())
	case c.User != "":
		return name, "Basic " + base64.StdEncoding.EncodeToString([]byte(c.User+":"+c.Password.Reveal()))
	}
	return "", ""
}
