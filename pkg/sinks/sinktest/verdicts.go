package sinktest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// success answers well to every message, and checks that the answer is read and closed: the connection serves again.
func (target Target) success(t *testing.T) {
	server := serve(t, target.answer())
	sink := target.open(t, server.URL, time.Minute)
	for _, n := range Messages() {
		before := server.hits()
		if _, err := sink.Send(t.Context(), deliveries(t, sink, n.Message)[0]); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
		if server.hits() == before {
			t.Errorf("%s: nothing was sent", n.Name)
		}
	}
	if n := server.connections(); n != 1 {
		t.Errorf("%d connections for messages sent one after the other, want 1 used again", n)
	}
}

// statuses checks that every refusal is asked for once, and judged by its status.
func (target Target) statuses(t *testing.T) {
	var status atomic.Int64
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) })
	sink := target.open(t, server.URL, time.Minute)
	for code := 400; code <= 599; code++ {
		status.Store(int64(code))
		before := server.hits()
		_, err := send(t.Context(), t, sink)
		if n := server.hits() - before; n != 1 {
			t.Errorf("HTTP %d: %d attempts, want 1", code, n)
		}
		expect(t, fmt.Sprintf("HTTP %d", code), err, verdictOf(code))
	}
}

// verdictOf is what behaviour says of a status.
func verdictOf(code int) sinks.Verdict {
	switch {
	case code == 401, code == 403:
		return sinks.Hold
	case code == 408, code == 425, code == 429, code >= 500:
		return sinks.Retry
	}
	return sinks.Dead
}

// expect checks what an error is judged as.
func expect(t *testing.T, what string, err error, want sinks.Verdict) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	if got, _ := sinks.Judge(err); got != want {
		t.Errorf("%s: verdict %d, want %d (error %v)", what, got, want, err)
	}
}

// retryAfter checks seconds, dates by the server's own clock, and what is neither.
func (target Target) retryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	var value atomic.Value
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", now.Format(http.TimeFormat))
		w.Header().Set("Retry-After", value.Load().(string))
		w.WriteHeader(http.StatusTooManyRequests)
	})
	sink := target.open(t, server.URL, time.Minute)
	for _, c := range []struct {
		value    string
		min, max time.Duration
	}{
		{"7", 7 * time.Second, 7 * time.Second},
		{"0", 0, 0},
		{"-3", 0, 0},
		{"soon", 0, 0},
		{"99999999999999999999", time.Hour, 8760 * time.Hour},
		{now.Add(2 * time.Minute).Format(http.TimeFormat), 2 * time.Minute, 2 * time.Minute},
		{now.Add(-time.Hour).Format(http.TimeFormat), 0, 0},
	} {
		value.Store(c.value)
		_, err := send(t.Context(), t, sink)
		verdict, wait := sinks.Judge(err)
		if verdict != sinks.Retry || wait < c.min || wait > c.max {
			t.Errorf("Retry-After %q: verdict %d, wait %v, want %v to %v", c.value, verdict, wait, c.min, c.max)
		}
	}
}

// redirects checks that none is followed: the second address would get the message, and what authorises it.
func (target Target) redirects(t *testing.T) {
	other := serve(t, target.answer())
	var status atomic.Int64
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", other.URL+"/elsewhere")
		w.WriteHeader(int(status.Load()))
	})
	sink := target.open(t, server.URL, time.Minute)
	for _, code := range []int{300, 301, 302, 303, 304, 307, 308} {
		status.Store(int64(code))
		_, err := send(t.Context(), t, sink)
		expect(t, fmt.Sprintf("HTTP %d", code), err, sinks.Dead)
	}
	if other.hits() != 0 {
		t.Errorf("%d redirects were followed", other.hits())
	}
}

// cut checks answers that end too soon: before the first byte, in the header, in the body. Each is one attempt.
func (target Target) cut(t *testing.T) {
	for what, begins := range map[string]string{
		"nothing":         "",
		"half a header":   "HTTP/1.1 200 O",
		"half a body":     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"ok\":",
		"half a chunk":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nok",
		"no HTTP at all":  "220 mail.example.com ESMTP\r\n",
		"a bad error too": "HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nbusy",
	} {
		server := serve(t, hijack(t, func(conn net.Conn) { _, _ = io.WriteString(conn, begins) }))
		sink := target.open(t, server.URL, time.Minute)
		_, err := send(t.Context(), t, sink)
		expect(t, what, err, sinks.Retry)
		if server.hits() != 1 {
			t.Errorf("%s: %d attempts, want 1", what, server.hits())
		}
	}
}

// unreachable checks a port at which nobody listens.
func (target Target) unreachable(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	_, err := send(t.Context(), t, target.open(t, closed.URL, time.Minute))
	expect(t, "nobody listens", err, sinks.Retry)
}

// untrusted checks a certificate that nobody vouches for: a person must mend it, and nothing may be sent meanwhile.
func (target Target) untrusted(t *testing.T) {
	var hits atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	_, err := send(t.Context(), t, target.open(t, server.URL, time.Minute))
	expect(t, "unknown authority", err, sinks.Hold)
	if hits.Load() != 0 {
		t.Error("the message was sent to a server that nobody vouches for")
	}
}
