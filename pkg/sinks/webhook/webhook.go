// Package webhook sends messages to any HTTP endpoint: the scanner's own document as the body, byte for byte, or what is new as JSON, or
// what a template writes.
package webhook

import (
	"cmp"
	"context"
	"fmt"
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
	// Body is what is sent: document (""), message or template.
	Body string `cfg:"body,literal" doc:"What is sent: the document as it was received, the difference, or what the route's template wrote. Default: document." enum:"document,message,template"`
	// BodyContent is a text that is sent instead, the same for every message.
	BodyContent string `cfg:"body-content,literal" doc:"A text that is sent instead, the same for every message."`
	// BodyFile is a text that is sent instead, which a file has.
	BodyFile string `cfg:"body-file,file" doc:"A file whose text is sent instead, the same for every message; relative to this file."`
	// ContentType is sent with the body; "" is application/json, and for text text/plain.
	ContentType string `cfg:"content_type" doc:"The media type of each body. Default: application/json, for a text text/plain."`
	// Auth authorises each request.
	Auth sinks.Credentials `cfg:"auth" doc:"What authorises each request."`
	// HMAC signs each body.
	HMAC HMAC `cfg:"hmac" doc:"Signs each body with HMAC-SHA256."`
}

// What a body can be.
const (
	bodyDocument = "document"
	bodyMessage  = "message"
	bodyTemplate = "template"
	// bodyContent is a text of the configuration.
	bodyContent = "body-content"
)

// Validate returns what is wrong with the URL, the method, the body, the credentials, the signature, and the headers.
func (c *Config) Validate() []sinks.Problem {
	var list []sinks.Problem
	if !slices.Contains([]string{"POST", "PUT", "PATCH"}, c.method()) {
		list = append(list, sinks.Problem{Key: "method", Text: "must be POST, PUT or PATCH"})
	}
	switch body := strings.ToLower(c.Body); {
	case !slices.Contains([]string{"", bodyDocument, bodyMessage, bodyTemplate}, body):
		list = append(list, sinks.Problem{Key: "body", Text: fmt.Sprintf("unknown body %q: document, message or template; a text of your own is body-content or body-file", c.Body)})
	case body != "" && c.BodyContent != "":
		list = append(list, sinks.Problem{Key: "body-content", Text: "stands beside body: give one or the other"})
	case c.BodyFile != "" && (body != "" || c.BodyContent != ""):
		list = append(list, sinks.Problem{Key: "body-file", Text: "stands beside body or body-content: give one of them"})
	}
	if strings.ContainsFunc(c.ContentType, func(r rune) bool { return r < ' ' || r > '~' }) {
		list = append(list, sinks.Problem{Key: "content_type", Text: "must be plain ASCII, for example application/json"})
	}
	return slices.Concat(list, c.validateHMAC(), c.HTTP.Validate(c.endpoint()))
}

// endpoint returns the server, and the headers that tell it what the body is about.
func (c *Config) endpoint() sinks.Endpoint {
	auth := c.Auth
	auth.Under = "auth"
	return sinks.Endpoint{
		URL: c.URL, Credentials: auth, Secrets: []sinks.Secret{c.HMAC.Secret},
		Reserved: []string{headerKey, headerRoute, headerSubject},
	}
}

// Needs asks for the document where that is sent.
func (c *Config) Needs() sinks.Needs {
	return sinks.Needs{Document: c.body() == bodyDocument, Concurrent: concurrent}
}

// body returns what is sent.
func (c *Config) body() string {
	switch {
	case c.BodyContent != "", c.BodyFile != "":
		return bodyContent
	case c.Body == "":
		return bodyDocument
	}
	return strings.ToLower(c.Body)
}

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	client, err := c.Client(c.endpoint(), env)
	if err != nil {
		return nil, err
	}
	s := &sink{client: client, method: c.method(), body: c.body(), content: cmp.Or(c.BodyContent, c.BodyFile), mediaType: c.ContentType, aquaServer: env.AquaServer}
	if !c.HMAC.Secret.Empty() {
		s.sign = func(h http.Header, body []byte) { h.Set(c.HMAC.header(), c.HMAC.sign(body)) }
	}
	return s, nil
}

// method returns the configured method, in capitals as HTTP has it.
func (c *Config) method() string {
	if c.Method == "" {
		return http.MethodPost
	}
	return strings.ToUpper(c.Method)
}

// sink sends to one endpoint.
type sink struct {
	client *sinks.Client
	method string
	// body is what is sent, content the text of body-content.
	body, content string
	// mediaType is sent with it; "" is the body's own.
	mediaType string
	// aquaServer is the console of the normalised view, "" when there is none.
	aquaServer string
	// sign adds the signature of a body; nil signs nothing. A function, because package fmt does not print what a function captures.
	sign func(http.Header, []byte)
}

// Plan returns one part, whatever there is to send.
func (s *sink) Plan(m *message.Message) ([]sinks.Part, error) {
	body, mediaType, err := s.bodyOf(m)
	if err != nil {
		return nil, err
	}
	if s.mediaType != "" {
		mediaType = s.mediaType
	}
	return []sinks.Part{{Name: "1/1", MediaType: mediaType, Body: body}}, nil
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
	receipt := sinks.Receipt{}
	if s.body != bodyTemplate && d.Message.Dialect() != nil {
		receipt.Notes = []string{sinks.TemplateIgnored("body: template sends what it writes")}
	}
	_, err := s.client.Do(ctx, sinks.Request{
		Method: s.method, Header: header, MediaType: d.Part.MediaType, Body: d.Part.Body, MaxAnswer: sinks.Discard,
	})
	if err != nil {
		return sinks.Receipt{}, err
	}
	return receipt, nil
}
