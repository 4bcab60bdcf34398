package sinktest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// prompt is how long a cancelled or timed-out attempt may take to return on a busy machine.
const prompt = 10 * time.Second

// cancellation checks that an attempt ends with its context while the server still thinks.
func (s Suite) cancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	sink := s.open(t, server.URL, time.Hour)
	began := time.Now()
	_, err := send(ctx, t, sink)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that is context.Canceled", err)
	}
	if took := time.Since(began); took > prompt {
		t.Errorf("returned %v after the cancellation", took)
	}
}

// slow checks that a header or a body that comes byte by byte is bounded by the time limit of the attempt.
func (s Suite) slow(t *testing.T) {
	const limit = 200 * time.Millisecond
	for what, begins := range map[string]string{
		"header": "HTTP/1.1 200 OK\r\nX-Slow: ",
		"body":   "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
		"error":  "HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n",
	} {
		server := serve(t, hijack(t, func(conn net.Conn) { drip(conn, begins) }))
		sink := s.open(t, server.URL, limit)
		began := time.Now()
		_, err := send(t.Context(), t, sink)
		expect(t, "dripping "+what, err, sinks.Retry)
		if took := time.Since(began); took > prompt {
			t.Errorf("dripping %s: took %v with a limit of %v", what, took, limit)
		}
	}
}

// drip writes the beginning, and then a byte now and then for as long as somebody takes it.
func drip(conn net.Conn, begins string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for _, err := io.WriteString(conn, begins); err == nil; _, err = io.WriteString(conn, "x") {
		<-tick.C
	}
}

// endless checks that an error's body of 10 MB is not read whole, and is quoted in at most 512 bytes.
func (s Suite) endless(t *testing.T) {
	const size = 10 << 20
	var written atomic.Int64
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		block := []byte(strings.Repeat("long \x1b[31m\u202eanswer\r\n", 256))
		for written.Load() < size {
			n, err := w.Write(block)
			written.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	sink := s.open(t, server.URL, time.Minute)
	_, err := send(t.Context(), t, sink)
	expect(t, "10 MB of error", err, sinks.Dead)
	server.CloseClientConnections()
	server.Close()
	if n := written.Load(); n >= size {
		t.Errorf("all %d bytes of the body were read", n)
	}
	answer, ok := errors.AsType[*sinks.HTTPError](err)
	if !ok {
		t.Fatalf("error %v is no *sinks.HTTPError", err)
	}
	if len(answer.Body) > 512 || strings.ContainsAny(answer.Body, "\x1b\u202e\r\n") {
		t.Errorf("quoted %d bytes: %q", len(answer.Body), answer.Body)
	}
}

// echo answers with all that it was asked, as debugging proxies do: every secret is in it, in several spellings.
func echo(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusTeapot)
	_ = r.Header.Write(w)
	user, password, _ := r.BasicAuth()
	_, _ = io.WriteString(w, strings.Join([]string{
		r.URL.String(), r.RequestURI, r.URL.Path, r.URL.RawQuery, r.URL.Query().Get("key"), user, password,
		strings.ReplaceAll(r.URL.Path, "/", `\/`), "http://" + r.Host + r.URL.String(),
	}, "\n"))
}
