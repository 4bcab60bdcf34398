package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/postee/postee/pkg/sinks"
)

// defaultSignature is the header that carries the signature unless another is configured.
const defaultSignature = "X-Postee-Signature"

// Auth is how the endpoint knows the sender: a user with a password (Basic), or a token (Bearer).
type Auth struct {
	User     string       `cfg:"user"`
	Password sinks.Secret `cfg:"password"`
	Token    sinks.Secret `cfg:"token"`
}

// HMAC signs the body, so that the endpoint can tell that nobody else sent or changed it.
type HMAC struct {
	// Secret is the key of HMAC-SHA256; an empty one signs nothing.
	Secret sinks.Secret `cfg:"secret"`
	// Header carries "sha256=" and the signature in hexadecimal digits; "" is X-Postee-Signature.
	Header string `cfg:"header"`
}

// header is the header in the spelling of HTTP.
func (h *HMAC) header() string {
	if h.Header == "" {
		return defaultSignature
	}
	return http.CanonicalHeaderKey(h.Header)
}

// sign returns the value of the header for a body.
func (h *HMAC) sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(h.Secret.Reveal()))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// validateAuth finds credentials that contradict each other or the headers.
func (c *Config) validateAuth() error {
	a := &c.Auth
	basic, bearer := a.User != "" || !a.Password.Empty(), !a.Token.Empty()
	switch {
	case basic && bearer:
		return errors.New("auth: user and password, or token: not both")
	case basic && (a.User == "" || a.Password.Empty()):
		return errors.New("auth: user and password belong together")
	case (basic || bearer) && c.configured("Authorization"):
		return errors.New("auth: headers has an Authorization too: remove one of them")
	case c.HMAC.Secret.Empty() && c.HMAC.Header != "":
		return errors.New("hmac: secret is missing")
	case c.HMAC.Secret.Empty():
		return nil
	case slices.Contains(reserved(), c.HMAC.header()) || c.configured(c.HMAC.header()):
		return errors.New("hmac: the header " + c.HMAC.header() + " is taken: name another")
	}
	// The rules of a header's name are the shared block's.
	return sinks.HTTP{Headers: map[string][]sinks.Secret{c.HMAC.header(): nil}}.Validate()
}

// configured reports whether the user set a header.
func (c *Config) configured(name string) bool {
	for h := range c.Headers {
		if http.CanonicalHeaderKey(h) == name {
			return true
		}
	}
	return false
}

// authorised is the shared block with the header that authorises.
func (c *Config) authorised() sinks.HTTP {
	var value string
	switch a := &c.Auth; {
	case !a.Token.Empty():
		value = "Bearer " + a.Token.Reveal()
	case a.User != "":
		value = "Basic " + base64.StdEncoding.EncodeToString([]byte(a.User+":"+a.Password.Reveal()))
	default:
		return c.HTTP
	}
	shared := c.HTTP
	shared.Headers = maps.Clone(shared.Headers)
	if shared.Headers == nil {
		shared.Headers = make(map[string][]sinks.Secret)
	}
	shared.Headers["Authorization"] = []sinks.Secret{sinks.NewSecret(value)}
	return shared
}
