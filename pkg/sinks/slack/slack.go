package slack

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
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
	URL sinks.Secret `cfg:"url"`
	// Token is a bot's ("xoxb-…") with the scope chat:write. With it, what follows about a subject answers in its thread.
	Token sinks.Secret `cfg:"token"`
	// Channel is where the bot posts: an ID ("C0123456789"), or a name.
	Channel string `cfg:"channel"`
	// APIURL is where the Web API is; empty is https://slack.com/api/. It is a secret because a gateway's may hold a key.
	APIURL sinks.Secret `cfg:"api_url"`
}

// Validate finds neither or both of the ways to send, what the chosen way lacks, and what cannot be sent.
func (c *Config) Validate() error {
	for name := range c.Headers {
		if canonical := http.CanonicalHeaderKey(name); canonical == "Content-Length" || canonical == "Transfer-Encoding" ||
			canonical == "Host" || canonical == "Connection" || canonical == "Content-Type" {
			return errors.New("headers: " + canonical + " is set by postee: remove it")
		}
		if !c.Token.Empty() && http.CanonicalHeaderKey(name) == "Authorization" {
			return errors.New("headers: Authorization carries the token: remove one of them")
		}
	}
	if err := c.validateWay(); err != nil {
		return err
	}
	return c.HTTP.Validate()
}

// validateWay looks at the two ways to send.
func (c *Config) validateWay() error {
	bot := !c.Token.Empty() || c.Channel != ""
	switch {
	case !c.URL.Empty() && bot:
		return errors.New("url: an incoming webhook needs neither token nor channel: give url, or token and channel")
	case !c.APIURL.Empty() && !bot:
		return errors.New("api_url: only goes with token and channel")
	case !c.URL.Empty():
		_, err := sinks.ParseURL(c.URL)
		return err
	case !bot:
		return errors.New("url: missing: give the URL of an incoming webhook, or token and channel")
	case c.Token.Empty():
		return errors.New("token: missing: a channel needs the token of an app with the scope chat:write")
	case c.Channel == "":
		return errors.New("channel: missing: a token needs the ID or name of a channel")
	case strings.ContainsFunc(c.Token.Reveal(), func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return errors.New("token: has a blank, a control character or one that is not ASCII in it")
	}
	_, err := c.method("")
	return err
}

// Needs asks for one message a second.
func (c *Config) Needs() sinks.Needs { return sinks.Needs{Every: every, Concurrent: 1} }

// Open makes the sink.
func (c *Config) Open(env sinks.Env) (sinks.Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Token.Empty() {
		client, err := c.Client(c.URL, env)
		if err != nil {
			return nil, err
		}
		return &hook{planner: planner{env.AquaServer}, client: client}, nil
	}
	shared := c.authorised()
	b := &bot{planner: planner{env.AquaServer}, channel: c.Channel, hide: sinks.NewRedactor(c.Token)}
	for name, client := range map[string]**sinks.Client{"chat.postMessage": &b.post, "auth.test": &b.test} {
		address, err := c.method(name)
		if err != nil {
			return nil, err
		}
		if *client, err = shared.Client(address, env, c.Token, c.APIURL); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// method is the URL of a method of the Web API.
func (c *Config) method(name string) (sinks.Secret, error) {
	base := c.APIURL
	if base.Empty() {
		base = sinks.NewSecret(defaultAPI)
	}
	u, err := sinks.ParseURL(base)
	if err != nil {
		return sinks.Secret{}, errors.New("api_" + err.Error())
	}
	return sinks.NewSecret(join(u, name)), nil
}

// join adds a method's name to the path; a query stays.
func join(u *url.URL, name string) string { return u.JoinPath(name).String() }

// authorised is the shared block with the header that carries the token.
func (c *Config) authorised() sinks.HTTP {
	shared := c.HTTP
	shared.Headers = maps.Clone(shared.Headers)
	if shared.Headers == nil {
		shared.Headers = make(map[string][]sinks.Secret)
	}
	shared.Headers["Authorization"] = []sinks.Secret{sinks.NewSecret("Bearer " + c.Token.Reveal())}
	return shared
}

// hook posts to an incoming webhook.
type hook struct {
	planner
	client *sinks.Client
}

// Send makes one request. Any 2xx is Slack's "ok".
func (h *hook) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	_, err := h.client.Do(ctx, sinks.Request{Method: http.MethodPost, MediaType: d.Part.MediaType, Body: d.Part.Body})
	return sinks.Receipt{}, err
}
