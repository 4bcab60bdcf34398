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

// cancellation checks that an attempt ends with its context while the server still thinks: the server waits for that.
func (target Target) cancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := send(ctx, t, target.open(t, server.URL, time.Hour))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that is context.Canceled", err)
	}
	if n := server.hits(); n != 1 {
		t.Errorf("%d attempts, want 1", n)
	}
}

// silence checks that the time limit of the attempt ends one whose answer stops in the header or the body, without an end.
func (target Target) silence(t *testing.T) {
	for what, begins := range map[string]string{
		"header": "HTTP/1.1 200 OK\r\nX-Slow: ",
		"body":   "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{",
		"error":  "HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n{",
	} {
		server := serve(t, hijack(t, func(conn net.Conn) { hold(conn, begins) }))
		_, err := send(t.Context(), t, target.open(t, server.URL, limit))
		expect(t, "silence in the "+what, err, sinks.Retry)
	}
}

// hold writes the beginning of an answer, and then nothing until the other side hangs up.
func hold(conn net.Conn, begins string) {
	_, _ = io.WriteString(conn, begins)
	_, _ = io.Copy(io.Discard, conn)
}

// endless checks that an answer of 10 MB is not read whole, be it an error's or a success's, and is quoted in at most 512 bytes.
func (target Target) endless(t *testing.T) {
	const size = 10 << 20
	for _, status := range []int{http.StatusBadRequest, http.StatusOK} {
		var written atomic.Int64
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			block := []byte(strings.Repeat("long \x1b[31m\u202eanswer\r\n", 256))
			for written.Load() < size {
				n, err := w.Write(block)
				written.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		_, err := send(t.Context(), t, target.open(t, server.URL, time.Minute))
		server.CloseClientConnections()
		server.Close()
		if n := written.Load(); n >= size {
			t.Errorf("HTTP %d: all %d bytes of the body were read", status, n)
		}
		if status == http.StatusOK {
			continue // a target that has no use for the answer may take it for a success
		}
		expect(t, "10 MB of error", err, sinks.Dead)
		answer, ok := errors.AsType[*sinks.HTTPError](err)
		if !ok {
			t.Fatalf("error %v is no *sinks.HTTPError", err)
		}
		if len(answer.Body) > 512 || strings.ContainsAny(answer.Body, "\x1b\u202e\r\n") {
			t.Errorf("quoted %d bytes: %q", len(answer.Body), answer.Body)
		}
	}
}
