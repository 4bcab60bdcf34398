package sinks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Limits of one exchange. An answer is read no further than what a person or a sink can use of it.
const (
	defaultTimeout = 30 * time.Second
	maxAnswer      = 64 << 10
	maxDrain       = 64 << 10
	maxQuote       = 512
	maxWait        = 24 * time.Hour
)

// HTTP is the part of the configuration that all targets over HTTP share.
type HTTP struct {
	// Headers are sent with every request; their values may be credentials.
	Headers map[string][]Secret `cfg:"headers"`
	// Timeout bounds one attempt, the answer's body included; 0 is 30 seconds.
	Timeout time.Duration `cfg:"timeout"`
	// TLS says more about a URL with https; TLSVerify is another place for its Verify.
	TLS       TLS   `cfg:"tls"`
	TLSVerify *bool `cfg:"tls_verify"`
	// Proxy is the proxy's URL, which may hold a password; "none" asks directly, and empty is what the environment says.
	Proxy Secret `cfg:"proxy"`
}

// Client makes single requests to one target. It never follows a redirect, never repeats a request that was sent, and its
// errors name no part of the URL but host and port. It may be used by several goroutines.
type Client struct {
	http *http.Client
	// endpoint returns the URL and the configured headers: a function, because no printer looks into one.
	endpoint func() (string, http.Header)
	timeout  time.Duration
	now      func() time.Time
	agent    string
	hide     Redactor
}

// Request is one exchange to make.
type Request struct {
	Method string
	// Header is sent besides the configured one, and wins over it.
	Header http.Header
	// MediaType becomes Content-Type when it is not "".
	MediaType string
	// Body is sent when it is not nil.
	Body []byte
}

// Answer is a successful exchange.
type Answer struct {
	// Status is 200 to 299.
	Status int
	Header http.Header
	// Body is the beginning of the body: at most 64 KiB.
	Body []byte
}

// Client makes the client for one URL, which [ParseURL] must accept. It does no I/O. More secrets than the URL's and the
// headers' are hidden from errors by naming them.
func (h HTTP) Client(target Secret, env Env, secrets ...Secret) (*Client, error) {
	u, err := ParseURL(target)
	if err != nil {
		return nil, err
	}
	headers := make(http.Header)
	for name, values := range h.Headers {
		for _, v := range values {
			headers.Add(name, v.Reveal())
		}
	}
	c := &Client{
		endpoint: func() (string, http.Header) { return u.String(), headers },
		timeout:  h.Timeout, now: env.Now, agent: env.UserAgent, hide: newRedactor(u, target, h.Headers, append(secrets, h.proxySecrets()...)),
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.http = &http.Client{Transport: h.roundTripper(env), CheckRedirect: stay}
	return c, nil
}

// Do makes one exchange. Any 2xx whose body could be read is a success; any other status is an [*HTTPError].
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	attempt, cancel := context.WithTimeoutCause(ctx, c.timeout, errSlow)
	defer cancel()
	request, err := c.request(attempt, r)
	if err != nil {
		return nil, &Failure{Verdict: Dead, Err: c.hide.Error(err)}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.failure(attempt, err)
	}
	defer response.Body.Close()
	body, err := read(response.Body)
	if status := response.StatusCode; status < 200 || status > 299 {
		return nil, &HTTPError{Status: status, Body: c.hide.Quote(body), Wait: retryAfter(response.Header, c.now())}
	}
	if err != nil {
		return nil, c.failure(attempt, fmt.Errorf("HTTP %d, and then its body broke off: %w", response.StatusCode, err))
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// request builds what goes out. Without GetBody the transport cannot send a request a second time on its own account, which
// it otherwise would for one that carries an Idempotency-Key.
func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	address, configured := c.endpoint()
	request, err := http.NewRequestWithContext(ctx, r.Method, address, body)
	if err != nil {
		return nil, plain(err)
	}
	request.GetBody = nil
	request.Header.Set("User-Agent", c.agent)
	if r.MediaType != "" {
		request.Header.Set("Content-Type", r.MediaType)
	}
	for _, from := range []http.Header{configured, r.Header} {
		for name, values := range from {
			request.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	return request, nil
}

// errSlow is why the attempt's own time limit ended it.
var errSlow = errors.New("no complete answer in time")

// failure turns an error of the network into one that may be shown: without URL, and with the reason where it was time.
func (c *Client) failure(attempt context.Context, err error) error {
	err = plain(err)
	if errors.Is(context.Cause(attempt), errSlow) {
		err = fmt.Errorf("%w: waited %v", errSlow, c.timeout) // what net/http says of it is the same once more
	}
	return c.hide.Error(err)
}

// plain takes off the wrapping in which net/http and net/url name the URL.
func plain(err error) error {
	for {
		named, ok := errors.AsType[*url.Error](err)
		if !ok {
			return err
		}
		err = named.Err
	}
}

// stay keeps the client from following: a repeated POST would be a second message, or a secret sent elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// transport is a pool of connections for one target. Proxy errors are replaced because they quote the proxy's credentials.
func transport(proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	t := &http.Transport{
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
		MaxResponseHeaderBytes: maxAnswer, DisableCompression: true,
	}
	if proxy != nil {
		t.Proxy = func(r *http.Request) (*url.URL, error) {
			u, err := proxy(r)
			if err != nil {
				return nil, errors.New("the proxy's address is not a valid URL: check HTTP_PROXY and HTTPS_PROXY")
			}
			return u, nil
		}
	}
	return t
}

// read takes the beginning of a body. What little may follow is read too, so that the connection can be used again.
func read(body io.Reader) ([]byte, error) {
	p, err := io.ReadAll(io.LimitReader(body, maxAnswer))
	if err == nil && len(p) == maxAnswer {
		// An error here takes nothing away from what was read: the connection is not used again, that is all.
		_, _ = io.CopyN(io.Discard, body, maxDrain)
	}
	return p, err
}
