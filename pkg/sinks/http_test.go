package sinks

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want Verdict
		wait time.Duration
	}{
		"unknown":           {errors.New("connection refused"), Retry, 0},
		"permanent":         {fmt.Errorf("x: %w", &Failure{Verdict: Dead, Err: errors.New("no")}), Dead, 0},
		"permanent 503":     {&Failure{Verdict: Dead, Err: &HTTPError{Status: 503}}, Dead, 0},
		"held 200":          {fmt.Errorf("x: %w", &Failure{Verdict: Hold, Wait: time.Minute, Err: &HTTPError{Status: 200}}), Hold, time.Minute},
		"passing 400":       {&Failure{Verdict: Retry, Wait: time.Second, Err: &HTTPError{Status: 400}}, Retry, time.Second},
		"failure first":     {&Failure{Verdict: Retry, Err: &tls.CertificateVerificationError{Err: errors.New("x")}}, Retry, 0},
		"401":               {&HTTPError{Status: 401}, Hold, 0},
		"403 with wait":     {&HTTPError{Status: 403, Wait: time.Minute}, Hold, time.Minute},
		"404":               {&HTTPError{Status: 404, Wait: time.Minute}, Dead, 0},
		"429 with wait":     {fmt.Errorf("x: %w", &HTTPError{Status: 429, Wait: time.Minute}), Retry, time.Minute},
		"500":               {&HTTPError{Status: 500}, Retry, 0},
		"302":               {&HTTPError{Status: 302}, Dead, 0},
		"untrusted":         {&url.Error{Op: "Post", URL: "x", Err: &tls.CertificateVerificationError{Err: errors.New("x")}}, Hold, 0},
		"our certificate":   {&net.OpError{Op: "remote error", Err: tls.AlertError(116)}, Hold, 0},
		"handshake failure": {&net.OpError{Op: "remote error", Err: tls.AlertError(40)}, Retry, 0},
		"reset":             {&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, Retry, 0},
	} {
		if got, wait := Judge(c.err); got != c.want || wait != c.wait {
			t.Errorf("%s: %d, %v, want %d, %v", name, got, wait, c.want, c.wait)
		}
	}
}

// TestClientCertificateMissing shows that the alert is recognised as crypto/tls gives it.
func TestClientCertificateMissing(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	server.StartTLS()
	defer server.Close()
	c, err := HTTP{}.Client(Endpoint{URL: NewSecret(server.URL)}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	c.http.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	_, err = c.Do(t.Context(), Request{Method: "POST", Body: []byte("x")})
	if got, _ := Judge(err); got != Hold {
		t.Errorf("verdict %d for %v, want Hold", got, err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0}, {"5", "", 5 * time.Second}, {" 5 ", "", 5 * time.Second}, {"-5", "", 0}, {"5.5", "", 0}, {"x", "", 0},
		{"4294967295", "", maxWait}, {"99999999999999999999999", "", maxWait}, {date(time.Minute), "", time.Minute},
		{date(-time.Minute), "", 0}, {date(48 * time.Hour), "", maxWait},
		{date(time.Minute), date(30 * time.Second), 30 * time.Second}, {date(time.Minute), "garbage", time.Minute},
	} {
		h := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if got := wait(h, "Retry-After", now); got != c.want {
			t.Errorf("Retry-After %q, Date %q: %v, want %v", c.value, c.date, got, c.want)
		}
	}
	for value, want := range map[string]time.Duration{"2026-11-22T03:01Z": time.Minute, strconv.FormatInt(now.Unix()+90, 10): 90 * time.Second, "4294967295": maxWait, "2026-11-22T04:00:30+01:00": 30 * time.Second} {
		a := Answer{Header: http.Header{"X-Ratelimit-Reset": {value}}, now: now}
		if got := a.Wait("X-RateLimit-Reset"); got != want {
			t.Errorf("X-RateLimit-Reset %q: %v, want %v", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "5", "Sun, 22 Nov 2026 03:00:00 GMT", "-1", "9e9"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		got := wait(http.Header{"Retry-After": {value}, "Date": {date}}, "Retry-After", time.Unix(0, 0))
		if got < 0 || got > maxWait {
			t.Errorf("%q, %q: %v", value, date, got)
		}
	})
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"https://example.com/a?b=c#d", "http://u:p@[::1]:80/", "://", "http://", "HTTP://x", "http://h:port/secret-value"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURL(NewSecret(s))
		if err != nil {
			const fixed = "must begin with http:// or https://, not a valid URL (it is not shown because it may hold a secret), names no host, missing"
			if !strings.Contains(fixed, err.Error()) {
				t.Errorf("%q: the error says more than it should: %v", s, err)
			}
			return
		}
		if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			t.Errorf("%q: host %q, scheme %q", s, u.Host, u.Scheme)
		}
		if _, err := (HTTP{}).Client(Endpoint{URL: NewSecret(s)}, Env{}); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func FuzzHeaderValue(f *testing.F) {
	f.Add("docker.io/app:1\r\nX: ü %", 1024)
	f.Add("%%%", 4)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got := HeaderValue(s, limit)
		if len(got) > max(limit, 0) || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q: %q", s, got)
		}
		back, err := url.PathUnescape(got)
		if err != nil || !strings.HasPrefix(s, back) || limit > 3*len(s) && back != s {
			t.Errorf("%q: %q is read as %q, error %v", s, got, back, err)
		}
	})
}

func FuzzQuote(f *testing.F) {
	f.Add("the token is secret-token-1!", "secret-token-1")
	f.Add(strings.Repeat("secret-", 300), "secret-secret-")
	f.Fuzz(func(t *testing.T, body, secret string) {
		if len(secret) > 256 {
			t.Skip("a real secret is shorter, and time grows with it")
		}
		got := NewRedactor(NewSecret(secret)).Quote([]byte(body))
		if len(got) > maxQuote || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is quoted as %q", body, got)
		}
		shows(t, got, secret)
	})
}

// shows fails when a text has a secret in it, or eight bytes of one. A text of stars may look like what hides it.
func shows(t *testing.T, text, secret string) {
	t.Helper()
	for i := 0; i+window <= len(secret); i++ {
		if run := secret[i : i+window]; strings.Contains(text, run) && !strings.Contains(run, "*") {
			t.Fatalf("%q of %q is shown in %q", run, secret, text)
		}
	}
	if len(secret) >= shortest && strings.Contains(text, secret) && !strings.Contains(secret, "*") {
		t.Fatalf("%q is shown in %q", secret, text)
	}
}

// FuzzRedact hides what is repeated in part, wherever it is cut, and nothing of a text that has no part of the secret.
func FuzzRedact(f *testing.F) {
	f.Add("bad token ", "xoxb-1234567890-abcdefghij", 3, 14)
	f.Add("é", "pässwörd-éé", 1, 9)
	f.Fuzz(func(t *testing.T, text, secret string, from, to int) {
		if len(secret) > 1024 || len(text) > 1<<16 {
			t.Skip("larger than what is real")
		}
		from = max(0, min(from, len(secret)))
		to = max(from, min(to, len(secret)))
		r := NewRedactor(NewSecret(secret))
		for _, echoed := range []string{text + secret[from:to] + text, secret[from:to] + secret[:from], text} {
			shows(t, r.Text(echoed), secret)
			shows(t, r.Quote([]byte(echoed)), secret)
			common := false
			for i := 0; i+shortest <= len(secret) && !common; i++ {
				common = strings.Contains(echoed, secret[i:i+shortest])
			}
			if url.QueryEscape(secret) == secret && !common && r.Text(echoed) != echoed {
				t.Fatalf("%q became %q because of %q", echoed, r.Text(echoed), secret)
			}
		}
	})
}

// TestOrdinaryWordsStay: what an address has in common with others is no secret.
func TestOrdinaryWordsStay(t *testing.T) {
	h := HTTP{Headers: map[string][]Secret{"Accept": {NewSecret("application/json")}, "X-Key": {NewSecret("Bearer 0123456789abcdef")}}}
	c, err := h.Client(Endpoint{
		URL:     NewSecret("https://hooks.slack.com/services/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"),
		Secrets: []Secret{NewSecret("https://gate.example.com/api/chat/k3y-0f-th3-gateway?token=hunter-2-hunter")},
	}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	r := c.Redactor()
	for _, same := range []string{
		"dial tcp: lookup hooks.slack.com: no such host", "these services are not available, https://hooks.slack.com/services/",
		"expected application/json of a Bearer", "https://gate.example.com/api/chat/ is not there: token= is missing",
	} {
		if got := r.Text(same); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
	for text, want := range map[string]string{
		"no_service for T0A1B2C3D/B0E4F5G6H":               "no_service for ***",
		"https://hooks.slack.com/services/T0A1B2C3D/x":     "https://hooks.slack.com/services/***x",
		"unknown key YcZdWeVfUg":                           "unknown key ***",
		"key fUgThSiRj… is revoked":                        "key ***… is revoked",
		"Bearer 456789abcd":                                "Bearer ***",
		"GET /api/chat/k3y-0f-th3-ga: no route":            "GET /api/chat/***: no route",
		"?token=hunter-2-hun":                              "?token=***",
		"the channel C0123 in 0A1B2C3D and in aXbYcZdWeVf": "the channel C0123 in *** and in ***",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}

// TestRedactingIsLinear: a long answer to many long secrets costs as much as its length.
func TestRedactingIsLinear(t *testing.T) {
	r := NewRedactor(NewSecret(strings.Repeat("0123456789abcdef", 256)), NewSecret(strings.Repeat("s", 4096)))
	var got string
	text := strings.Repeat("s", maxAnswer)
	if n := testing.AllocsPerRun(1, func() { got = r.Text(text) }); got != hidden || n > 20 {
		t.Errorf("%.100s, %v allocations", got, n)
	}
}

func TestQuoteCutsThroughNoSecret(t *testing.T) {
	const secret = "0123456789abcdefghij"
	r := NewRedactor(NewSecret(secret))
	for n := range len(secret) {
		got := r.Quote([]byte("body: " + secret[:n]))
		if n >= shortest && strings.Contains(got, "0") {
			t.Errorf("a body that breaks off in a secret is quoted as %q", got)
		}
	}
	long := strings.Repeat(strings.Repeat("s", 3000), 60)
	if got := NewRedactor(NewSecret(strings.Repeat("s", 3000))).Quote([]byte(long[:maxAnswer])); strings.Contains(got, "ssssss") {
		t.Errorf("%q", got)
	}
}

func TestProxyErrorsHideItsPassword(t *testing.T) {
	env := Env{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("bad proxy http://u:p4ssw0rd@x") }}
	c, err := HTTP{}.Client(Endpoint{URL: NewSecret("http://127.0.0.1:9")}, env)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), Request{Method: "POST"})
	if err == nil || strings.Contains(err.Error(), "p4ssw0rd") || !strings.Contains(err.Error(), "proxy") {
		t.Errorf("%v", err)
	}
}
