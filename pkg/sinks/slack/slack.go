package slack

import (
	"context"
	"net/http"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// defaultAPI is where Slack's Web API is.
const defaultAPI = "https://slack.com/api/"

// every is Slack's pace: about one message a second for each channel.
const every = time.Second

// Config is a Slack target's part of the configuration: an incoming webhook's URL, or an app's token and a channel.
type Config struct {
	sinks.HTTP `cfg:",inline"`
	// URL is an incoming webhook's: whoever knows it can post, so that it is a secret as a whole.
	URL sinks.Secret `cfg:"url" doc:"The URL of an incoming webhook; or give token and channel."`
	// Token is a bot's ("xoxb-…") with the scope chat:write. With it, what follows about a subject answers in its thread.
	Token sinks.Secret `cfg:"token" doc:"An app's token (xoxb-…) with the scope chat:write: what follows about a subject answers in its thread."`
	// Channel is where the bot posts: an ID ("C0123456789"), or a name.
	Channel string `cfg:"channel" doc:"Where the app posts: an ID such as C0123456789, or a name."`
	// APIURL is where the Web API is; empty is https://slack.com/api/. It is a secret because a gateway's may hold a key.
	APIURL sinks.Secret `cfg:"api_url" doc:"Where the Web API is. Default: https://slack.com/api/"`
}

// Validate returns neither or both of the ways to send, what the chosen way lacks, and what cannot be sent.
func (c *Config) Validate() []sinks.Problem {
	endpoint, ways := c.endpoint(), c.validateWays()
	if len(ways) > 0 {
		endpoint.URL = sinks.NewSecret(defaultAPI) // whose URL it would be is not settled
	}
	return append(ways, c.HTTP.Validate(endpoint)...)
}

// validateWays looks at the two ways to send.
func (c *Config) validateWays() []sinks.Problem {
	bot := !c.Token.Empty() || c.Channel != ""
	problem := func(key, text string) []sinks.Problem { return []sinks.Problem{{Key: key, Text: text}} }
	switch {
	case !c.URL.Empty() && bot:
		return problem("url", "an incoming webhook needs neither token nor channel: give url, or token and channel")
	case !c.APIURL.Empty() && !bot:
		return problem("api_url", "only goes with token and channel")
	case !c.URL.Empty():
		return nil
	case !bot:
		return problem("url", "missing: give the URL of an incoming webhook, or token and channel")
	case c.Token.Empty():
		return problem("token", "missing: a channel needs the token of an app with the scope chat:write")
	case c.Channel == "":
		return problem("channel", "missing: a token needs the ID or name of a channel")
	}
	return nil
}

// endpoint returns the incoming webhook, or the Web API with the token.
func (c *Config) endpoint() sinks.Endpoint {
	e := sinks.Endpoint{URL: c.URL, Reserved: []string{"Content-Type"}, Secrets: []sinks.Secret{c.URL, c.Token, c.APIURL}}
	if c.Token.Empty() {
		return e
	}
	e.Key, e.URL, e.Credentials = "api_url", c.APIURL, sinks.Credentials{Token: c.Token}
	if e.URL.Empty() {
		e.URL = sinks.NewSecret(defaultAPI)
	}
	return e
}

// Needs asks for one message a second.
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
	p := planner{env.AquaServer}
	if c.Token.Empty() {
		return &hook{p, client}, nil
	}
	return &bot{p, client, c.Channel}, nil
}

// hook posts to an incoming webhook.
type hook struct {
	planner
	client *sinks.Client
}

// Send makes one request. Any 2xx is Slack's "ok".
func (h *hook) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	_, err := h.client.Do(ctx, sinks.Request{
		Method: http.MethodPost, MediaType: d.Part.MediaType, Body: d.Part.Body, MaxAnswer: sinks.Discard,
	})
	return sinks.Receipt{}, err
}
