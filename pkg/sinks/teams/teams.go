package teams

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// every is the pace at which a channel gets messages. Connectors take four a second; a flow takes more, but posts what comes at once
// in any order.
const every = time.Second

// The formats.
const (
	adaptiveCard = "adaptivecard"
	messageCard  = "messagecard"
)

// Config is a Teams target's part of the configuration.
type Config struct {
	sinks.HTTP `cfg:",inline"`
	// URL is the webhook's: whoever knows it can post, so that it is a secret as a whole.
	URL sinks.Secret `cfg:"url" doc:"The URL of a webhook of the Workflows app."`
	// Format is adaptivecard or messagecard, in any case; "" is adaptivecard.
	Format string `cfg:"format" doc:"messagecard is for what takes the language of the retired connectors." enum:"adaptivecard,messagecard" default:"adaptivecard"`
}

// Validate returns what is wrong with the format, the URL and the shared block. The URL's host is not looked at: flows have many.
func (c *Config) Validate() []sinks.Problem {
	var list []sinks.Problem
	if !slices.Contains([]string{adaptiveCard, messageCard}, c.format()) {
		list = append(list, sinks.Problem{Key: "format", Text: fmt.Sprintf("unknown format %q: %s or %s", c.Format, adaptiveCard, messageCard)})
	}
	return append(list, c.HTTP.Validate(c.endpoint())...)
}

// Warnings returns those of the shared block, and one for the URL of a connector.
func (c *Config) Warnings() []string {
	list := c.HTTP.Warnings()
	u, err := sinks.ParseURL(c.URL)
	if err != nil {
		return list
	}
	host := strings.ToLower(u.Hostname())
	if host != "outlook.office.com" && host != "outlook.office365.com" && host != "webhook.office.com" && !strings.HasSuffix(host, ".webhook.office.com") {
		return list
	}
	text := "the URL is that of an Office 365 connector, which Microsoft retired in spring 2026: make a webhook with the Workflows app of Teams"
	if c.format() == adaptiveCard {
		text += "; where connectors still work, they need format: " + messageCard
	}
	return append(list, text)
}

// format returns the configured format, or the default.
func (c *Config) format() string {
	if c.Format == "" {
		return adaptiveCard
	}
	return strings.ToLower(c.Format)
}

// endpoint returns the webhook.
func (c *Config) endpoint() sinks.Endpoint {
	return sinks.Endpoint{URL: c.URL, Reserved: []string{"Content-Type"}, Secrets: []sinks.Secret{c.URL}}
}

// Needs asks for one message a second, one after the other.
func (c *Config) Needs() sinks.Needs { return sinks.Needs{Every: every, Concurrent: 1} }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := sinks.Invalid(c.Validate()); err != nil {
		return nil, err
	}
	client, err := c.Client(c.endpoint(), env)
	if err != nil {
		return nil, err
	}
	p := planner{aquaServer: env.AquaServer, dialect: card{}}
	if c.format() == messageCard {
		p.dialect = connector{}
	}
	return &sink{p, client}, nil
}

// sink posts to one webhook.
type sink struct {
	planner
	client *sinks.Client
}

// Send makes one request.
func (s *sink) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	answer, err := s.client.Do(ctx, sinks.Request{Method: http.MethodPost, MediaType: d.Part.MediaType, Body: d.Part.Body})
	if err != nil {
		return sinks.Receipt{}, refusal(err)
	}
	return sinks.Receipt{}, s.accepted(answer)
}
