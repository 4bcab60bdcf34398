package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/postee/postee/pkg/sinks"
)

// defaultSignature is the header that carries the signature unless another is configured.
const defaultSignature = "X-Postee-Signature"

// HMAC signs the body, so that the endpoint can tell that nobody else sent or changed it.
type HMAC struct {
	// Secret is the key of HMAC-SHA256; an empty one signs nothing.
	Secret sinks.Secret `cfg:"secret" doc:"The key that signs each body."`
	// Header carries "sha256=" and the signature in hexadecimal digits; "" is X-Postee-Signature.
	Header string `cfg:"header" doc:"The header that carries the signature. Default: X-Postee-Signature."`
}

// header returns the header in the spelling of HTTP.
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

// validateHMAC returns what is wrong with the signature.
func (c *Config) validateHMAC() []sinks.Problem {
	endpoint := c.endpoint()
	switch name := c.HMAC.header(); {
	case c.HMAC.Secret.Empty() && c.HMAC.Header != "":
		return []sinks.Problem{{Key: "hmac.secret", Text: "missing"}}
	case c.HMAC.Secret.Empty():
		return nil
	case !sinks.ValidHeaderName(name):
		return []sinks.Problem{{Key: "hmac.header", Text: strconv.QuoteToASCII(name) + " is not the name of a header"}}
	case endpoint.Reserves(name) || c.configured(name):
		return []sinks.Problem{{Key: "hmac.header", Text: "the header " + name + " is taken: name another"}}
	}
	return nil
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
