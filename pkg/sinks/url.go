package sinks

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ParseURL reads the URL of a target: absolute, http or https. It does no I/O, and its errors never contain the URL, because
// a webhook's URL is its password.
func ParseURL(s Secret) (*url.URL, error) {
	if s.Empty() {
		return nil, errors.New("url: missing")
	}
	u, err := url.Parse(s.Reveal())
	switch {
	case err != nil:
		return nil, errors.New("url: not a valid URL (it is not shown because it may hold a secret)")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("url: must begin with http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("url: names no host")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// Validate finds headers that cannot be sent, and what contradicts itself. Its errors name the header, never its value.
func (h HTTP) Validate() error {
	if h.Timeout < 0 {
		return errors.New("timeout: must not be negative")
	}
	if h.TLSVerify != nil && h.TLS.Verify != nil && *h.TLSVerify != *h.TLS.Verify {
		return errors.New("tls_verify: contradicts verify under tls: remove one of them")
	}
	if err := h.TLS.validate(); err != nil {
		return err
	}
	if !h.Proxy.Empty() && h.Proxy.Reveal() != proxyNone {
		if _, err := parseProxy(h.Proxy); err != nil {
			return err
		}
	}
	for name, values := range h.Headers {
		if !token(name) {
			return errors.New("headers: " + strconv.QuoteToASCII(name) + " is not the name of a header")
		}
		for _, v := range values {
			if !fieldValue(v.Reveal()) {
				return errors.New("headers: the value of " + name + " has a line break or control character in it")
			}
		}
	}
	return nil
}

// token reports whether s may name a header or a method (RFC 9110, 5.6.2).
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// fieldValue reports whether s may be the value of a header (RFC 9110, 5.5).
func fieldValue(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) < 0
}

// HeaderValue makes any text safe as a header's value: what is not visible ASCII, and the percent sign, becomes %XX. No more
// than limit bytes are given; a cut never splits an escape.
func HeaderValue(s string, limit int) string {
	var out strings.Builder
	for i := range len(s) {
		next := s[i : i+1]
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '%' {
			next = "%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:])
		}
		if out.Len()+len(next) > limit {
			break
		}
		out.WriteString(next)
	}
	return out.String()
}

// retryAfter reads Retry-After: seconds, or a date, which is compared with the server's own clock where it says its time.
// 0 is that there is none, or that it cannot be read; more than a day is a day.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, maxWait)
	} else if errors.Is(err, strconv.ErrRange) {
		return maxWait
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if said, err := http.ParseTime(h.Get("Date")); err == nil {
		now = said
	}
	return min(max(at.Sub(now), 0), maxWait)
}
