package sinks

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Endpoint is what a target over HTTP says of its server beside the shared block [HTTP]. It holds only what the configuration
// says: making one does no I/O.
type Endpoint struct {
	// URL is the base URL: http or https. Its path and query are part of every request.
	URL Secret
	// Key is the URL's key, for problems; "" is "url".
	Key string
	// Credentials authorise every request.
	Credentials Credentials
	// Reserved are headers that the target sets itself: the configuration cannot.
	Reserved []string
	// BodySecrets are put into the body of every request that has one, as members of those names: for a target that wants its
	// token there. Such a body must be a JSON object. Parts are planned without, because people see them.
	BodySecrets map[string]Secret
	// Secrets are more values that no error may show.
	Secrets []Secret
}

// key returns the URL's key.
func (e *Endpoint) key() string {
	if e.Key == "" {
		return "url"
	}
	return e.Key
}

// Reserves reports whether a header, in any case, is set by the program: the configuration cannot set it.
func (e *Endpoint) Reserves(name string) bool {
	name = http.CanonicalHeaderKey(name)
	authorises, _ := e.Credentials.header()
	return authorises != "" && http.CanonicalHeaderKey(authorises) == name || slices.Contains([]string{"Connection", "Content-Length", "Host", "Transfer-Encoding"}, name) ||
		slices.ContainsFunc(e.Reserved, func(r string) bool { return http.CanonicalHeaderKey(r) == name })
}

// Validate returns all that is wrong with the shared block and the endpoint. It does no I/O.
func (h HTTP) Validate(e Endpoint) []Problem {
	var list []Problem
	if _, err := ParseURL(e.URL); err != nil {
		list = append(list, Problem{Key: e.key(), Text: err.Error()})
	}
	list = append(list, e.Credentials.validate()...)
	for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
		list = append(list, e.validateHeader(name, h.Headers[name])...)
	}
	if h.Timeout < 0 {
		list = append(list, Problem{Key: "timeout", Text: "must not be negative"})
	}
	if h.TLSVerify != nil && h.TLS.Verify != nil && *h.TLSVerify != *h.TLS.Verify {
		list = append(list, Problem{Key: "tls_verify", Text: "contradicts verify under tls: remove one of them"})
	}
	list = append(list, h.TLS.validate()...)
	if !h.Proxy.Empty() && h.Proxy.Reveal() != proxyNone {
		if _, err := parseProxy(h.Proxy); err != nil {
			list = append(list, Problem{Key: "proxy", Text: err.Error()})
		}
	}
	return list
}

// validateHeader returns what is wrong with a configured header. Its values are not shown.
func (e *Endpoint) validateHeader(name string, values []Secret) []Problem {
	authorises, _ := e.Credentials.header()
	key := "headers." + name
	switch {
	case !ValidHeaderName(name):
		return []Problem{{Key: key, Text: "is not the name of a header"}}
	case strings.EqualFold(name, authorises):
		return []Problem{{Key: key, Text: "carries the credentials: remove one of them"}}
	case e.Reserves(name):
		return []Problem{{Key: key, Text: "is set by postee: remove it"}}
	case slices.ContainsFunc(values, func(v Secret) bool { return !validFieldValue(v.Reveal()) }):
		return []Problem{{Key: key, Text: "the value has a line break or control character in it"}}
	}
	return nil
}

// ParseURL reads the URL of a target: absolute, http or https. It does no I/O, and its errors never contain the URL, because
// a webhook's URL is its password.
func ParseURL(s Secret) (*url.URL, error) {
	if s.Empty() {
		return nil, errors.New("missing")
	}
	u, err := url.Parse(s.Reveal())
	switch {
	case err != nil:
		return nil, errors.New("not a valid URL (it is not shown because it may hold a secret)")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("must begin with http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("names no host")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// Client makes the client of an endpoint, in which [HTTP.Validate] must have found no problem. It does no I/O.
func (h HTTP) Client(e Endpoint, env Env) (*Client, error) {
	base, err := ParseURL(e.URL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.key(), err)
	}
	x := &exchange{base: base, header: make(http.Header), members: make(map[string]string)}
	for name, values := range h.Headers {
		for _, v := range values {
			x.header.Add(name, v.Reveal())
		}
	}
	if name, value := e.Credentials.header(); name != "" {
		x.header.Set(name, value)
	}
	for name, secret := range e.BodySecrets {
		x.members[name] = secret.Reveal()
	}
	c := &Client{secret: func() *exchange { return x }, timeout: h.Timeout, now: env.Now, agent: env.UserAgent, hide: h.redactor(e, x)}
	c.defaults()
	c.http = &http.Client{Transport: h.roundTripper(env), CheckRedirect: stay}
	return c, nil
}

// redactor hides all that is secret in a target over HTTP. Host and scheme of its URLs are not.
func (h HTTP) redactor(e Endpoint, x *exchange) Redactor {
	var all spellings
	all.addURL(x.base)
	if proxy, err := parseProxy(h.Proxy); err == nil && h.Proxy.Reveal() != proxyNone {
		all.addURL(proxy)
	}
	for _, s := range slices.Concat(e.Secrets, slices.Collect(maps.Values(e.BodySecrets)), []Secret{e.Credentials.Password, e.Credentials.Token}) {
		if u, err := ParseURL(s); err == nil {
			all.addURL(u)
			continue
		}
		all.add(s.Reveal())
	}
	for name, values := range x.header {
		if !saysNothing(name) {
			for _, v := range values {
				all.add(withoutScheme(v))
			}
		}
	}
	return all.redactor()
}

// saysNothing reports whether a header has no credentials: what it holds is in half of all texts.
func saysNothing(name string) bool {
	return strings.HasPrefix(name, "Accept") || strings.HasPrefix(name, "Content-") || name == "User-Agent"
}

// withoutScheme is a header's value without a word such as Bearer before the token: a server repeats the token alone.
func withoutScheme(value string) string {
	scheme, token, found := strings.Cut(strings.TrimSpace(value), " ")
	if found && strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz") == "" {
		return strings.TrimSpace(token)
	}
	return value
}
