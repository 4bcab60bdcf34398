package sinks

import (
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
)

// HTTP is the part of the configuration that all targets over HTTP share.
type HTTP struct {
	// Headers are sent with every request; their values may be credentials.
	Headers map[string][]Secret `cfg:"headers" doc:"Headers that are sent with every request. The names are your own."`
	// Timeout bounds one attempt, the answer's body included; 0 is 30 seconds.
	Timeout time.Duration `cfg:"timeout" doc:"How long one attempt may take." default:"30s"`
	// TLS says more about a URL with https; TLSVerify is another place for its Verify.
	TLS       TLS   `cfg:"tls" doc:"How the server is verified, and what it is shown."`
	TLSVerify *bool `cfg:"tls_verify" doc:"The same as tls.verify."`
	// Proxy is the proxy's URL, which may hold a password; "none" asks directly, and empty is what the environment says.
	Proxy Secret `cfg:"proxy" doc:"The URL of a proxy (http://, https:// or socks5://), or none. Default: what the environment says."`
}

// Client makes single requests to one target. It never follows a redirect, never repeats a request that was sent, and its
// errors name no part of the URL but host and port. It may be used by several goroutines.
type Client struct {
	http *http.Client
	// secret returns what every request has: a function, because package fmt does not print what a function captures.
	secret  func() *exchange
	timeout time.Duration
	now     func() time.Time
	agent   string
	hide    Redactor
}

// defaults fills in what nobody said.
func (c *Client) defaults() {
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	if c.now == nil {
		c.now = time.Now
	}
}

// Redactor returns what takes the target's secrets out of texts: for what a sink quotes of an answer.
func (c *Client) Redactor() Redactor { return c.hide }

// Do makes one exchange. Any 2xx whose body could be read as the request says is a success; any other status is an [*HTTPError].
// A request that cannot be built is a [Failure] with the verdict [Dead].
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	attempt, cancel := context.WithTimeoutCause(ctx, c.timeout, errSlow)
	defer cancel()
	request, err := c.secret().request(attempt, r, c.agent)
	if err != nil {
		return nil, &Failure{Verdict: Dead, Err: c.hide.Error(err)}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.failure(attempt, err)
	}
	defer response.Body.Close()
	answer := &Answer{Status: response.StatusCode, Header: response.Header, now: c.now()}
	if answer.Status == http.StatusSwitchingProtocols {
		// What follows is no body but the connection itself, which nothing ends: neither time nor an interrupt.
		return nil, c.refused(answer)
	}
	if answer.Status < 200 || answer.Status > 299 {
		// An error in reading takes nothing away from what the status says.
		answer.Body, _, _ = read(response.Body, maxAnswer, true)
		return nil, c.refused(answer)
	}
	if err := c.keep(attempt, answer, response.Body, r.MaxAnswer); err != nil {
		return nil, err
	}
	return answer, nil
}

// keep reads the body of a success into the answer.
func (c *Client) keep(attempt context.Context, answer *Answer, body io.Reader, limit int64) error {
	discard := limit == Discard
	if limit <= 0 {
		limit = maxAnswer
	}
	p, more, err := read(body, limit, discard)
	switch {
	case err != nil:
		return c.failure(attempt, fmt.Errorf("HTTP %d, and then its body broke off: %w", answer.Status, err))
	case discard:
	case more:
		return fmt.Errorf("HTTP %d, but the answer is longer than %d bytes: is the URL that of the target's API?", answer.Status, limit)
	default:
		answer.Body = p
	}
	return nil
}

// read returns at most limit bytes of a body, and whether it goes on. With drain, what little may follow is read too, so that the
// connection can be used again.
func read(body io.Reader, limit int64, drain bool) (p []byte, more bool, err error) {
	p, err = io.ReadAll(io.LimitReader(body, limit+1))
	if int64(len(p)) <= limit {
		return p, false, err
	}
	if drain {
		// An error here takes nothing away from what was read: the connection is not used again, that is all.
		_, _ = io.CopyN(io.Discard, body, maxDrain)
	}
	return p[:limit], true, err
}

// refused makes the error of an answer that is not a success.
func (c *Client) refused(answer *Answer) *HTTPError {
	return &HTTPError{
		Status: answer.Status, Body: c.hide.Quote(answer.Body), Wait: answer.Wait("Retry-After"),
		answer: func() *Answer { return answer },
	}
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

// transport returns a pool of connections for one target. Proxy errors are replaced because they quote the proxy's credentials.
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
