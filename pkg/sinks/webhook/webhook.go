// Package webhook sends messages to any HTTP endpoint: the scanner's own document as the body, byte for byte.
package webhook

import (
	"context"
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
	URL sinks.Secret `cfg:"url" doc:"Where requests go."`
	// Method is POST, PUT or PATCH; "" is POST.
	Method string `cfg:"method" doc:"The method of each request." enum:"POST,PUT,PATCH" default:"POST"`
	// ContentType is sent with the body; "" is application/json.
	ContentType string `cfg:"content_type" doc:"The media type of each body." default:"application/json"`
	// Auth authorises each request.
	Auth sinks.Credentials `cfg:"auth" doc:"What authorises each request."`
	// HMAC signs each body.
	HMAC HMAC `cfg:"hmac" doc:"Signs each body with HMAC-SHA256."`
}

// Validate returns what is wrong with the URL, the method, the credentials, the signature, and the headers.
func (c *Config) Validate() []sinks.Problem {
	var list []sinks.Problem
	if !slices.Contains([]string{"POST", "PUT", "PATCH"}, c.method()) {
		list = append(list, sinks.Problem{Key: "method", Text: "must be POST, PUT or PATCH"})
	}
	if strings.ContainsFunc(c.ContentType, func(r rune) bool { return r < ' ' || r > '~' }) {
		list = append(list, sinks.Problem{Key: "content_type", Text: "must be plain ASCII, for example application/json"})
	}
	return slices.Concat(list, c.validateHMAC(), c.HTTP.Validate(c.endpoint()))
}

// endpoint is the server, and the headers that tell it what the body is about.
func (c *Config) endpoint() sinks.Endpoint {
	auth := c.Auth
	auth.Under = "auth"
	return sinks.Endpoint{
		URL: c.URL, Credentials: auth, Secrets: []sinks.Secret{c.HMAC.Secret},
		Reserved: []string{headerKey, headerRoute, headerSubject},
	}
}

// Needs asks for the document.
func (c *Config) Needs() sinks.Needs { return sinks.Needs{Document: true, Concurrent: concurrent} }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	client, err := c.Client(c.endpoint(), env)
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

// sink sends to one endpoint.
type sink struct {
	client    *sinks.Client
	method    string
	mediaType string
	// sign adds the signature of a body; nil signs nothing. A function, because package fmt does not print what a function captures.
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
	_, err := s.client.Do(ctx, sinks.Request{
		Method: s.method, Header: header, MediaType: d.Part.MediaType, Body: d.Part.Body, MaxAnswer: sinks.Discard,
	})
	return sinks.Receipt{}, err
}
