// Package webhook sends messages to any HTTP endpoint: the scanner's own document as the body, byte for byte.
package webhook

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// Headers that tell the endpoint what the body is about. The configuration cannot set them.
const (
	headerKey     = "Idempotency-Key"
	headerRoute   = "X-Postee-Route"
	headerSubject = "X-Postee-Subject"
)

// maxHeader bounds a header's value, in bytes: servers commonly refuse more than 8 KiB of headers altogether.
const maxHeader = 1024

// concurrent is how many requests an endpoint gets at once.
const concurrent = 4

// Config is a webhook's part of the configuration.
type Config struct {
	sinks.HTTP `cfg:",inline"`
	// URL is where the requests go; it is a secret because it often holds a key.
	URL sinks.Secret `cfg:"url"`
	// Method is POST, PUT or PATCH; "" is POST.
	Method string `cfg:"method"`
	// ContentType is sent with the body; "" is application/json.
	ContentType string `cfg:"content_type"`
	// Auth authorises each request.
	Auth Auth `cfg:"auth"`
	// HMAC signs each body.
	HMAC HMAC `cfg:"hmac"`
}

// Validate finds a missing or malformed URL, a method without a body, and headers that cannot be sent or are not to be set.
func (c *Config) Validate() error {
	if _, err := sinks.ParseURL(c.URL); err != nil {
		return err
	}
	if !slices.Contains([]string{"POST", "PUT", "PATCH"}, c.method()) {
		return errors.New("method: must be POST, PUT or PATCH")
	}
	if strings.ContainsFunc(c.ContentType, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("content_type: must be plain ASCII, for example application/json")
	}
	for name := range c.Headers {
		if slices.Contains(reserved(), http.CanonicalHeaderKey(name)) {
			return errors.New("headers: " + http.CanonicalHeaderKey(name) + " is set by postee: remove it")
		}
	}
	if err := c.validateAuth(); err != nil {
		return err
	}
	return c.authorised().Validate()
}

// reserved are the headers that the configuration cannot set.
func reserved() []string {
	return []string{headerKey, headerRoute, headerSubject, "Connection", "Content-Length", "Host", "Transfer-Encoding"}
}

// Needs asks for the document.
func (c *Config) Needs() sinks.Needs { return sinks.Needs{Document: true, Concurrent: concurrent} }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	client, err := c.authorised().Client(c.URL, env, c.Auth.Password, c.Auth.Token, c.HMAC.Secret)
	if err != nil {
		return nil, err
	}
	s := &sink{client: client, method: c.method(), mediaType: c.mediaType()}
	if !c.HMAC.Secret.Empty() {
		s.sign = func(h http.Header, body []byte) { h.Set(c.HMAC.header(), c.HMAC.sign(body)) }
	}
	return s, nil
}

// method is the configured method, in capitals as HTTP has it.
func (c *Config) method() string {
	if c.Method == "" {
		return http.MethodPost
	}
	return strings.ToUpper(c.Method)
}

// mediaType is the configured Content-Type.
func (c *Config) mediaType() string {
	if c.ContentType == "" {
		return "application/json"
	}
	return c.ContentType
}

// sink speaks to one endpoint.
type sink struct {
	client    *sinks.Client
	method    string
	mediaType string
	// sign adds the signature of a body; nil signs nothing. It is a function, because no printer looks into one.
	sign func(http.Header, []byte)
}

// Plan returns one part: the document as received, an array of documents for a digest, or a small object without any.
func (s *sink) Plan(m *message.Message) ([]sinks.Part, error) {
	body, err := body(m)
	if err != nil {
		return nil, err
	}
	return []sinks.Part{{Name: "1/1", MediaType: s.mediaType, Body: body}}, nil
}

// Send makes one request.
func (s *sink) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	header := http.Header{headerKey: {d.Key}, headerRoute: {sinks.HeaderValue(d.Message.Route, maxHeader)}}
	if d.Subject != "" {
		header.Set(headerSubject, sinks.HeaderValue(d.Subject, maxHeader))
	}
	if s.sign != nil {
		s.sign(header, d.Part.Body)
	}
	request := sinks.Request{Method: s.method, Header: header, MediaType: d.Part.MediaType, Body: d.Part.Body}
	_, err := s.client.Do(ctx, request)
	return sinks.Receipt{}, err
}
