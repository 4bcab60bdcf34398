package sinktest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/postee/postee/pkg/sinks"
)

// Secrets that every endpoint of the suites has in its URL.
const (
	pathSecret  = "path-secret-b5f0e7"
	querySecret = "query+secret/41c9&d2"
	queryAsSent = "query%2Bsecret%2F41c9%26d2"
	userSecret  = "user-secret-77aa12"
)

// endpoint returns the URL of a server with secrets in its user information, path and query.
func endpoint(base string) sinks.Secret {
	const scheme = "://"
	for i := range base {
		if len(base) > i+len(scheme) && base[i:i+len(scheme)] == scheme {
			at := i + len(scheme)
			return sinks.NewSecret(base[:at] + "ci:" + userSecret + "@" + base[at:] + "/hooks/" + pathSecret + "?key=" + queryAsSent)
		}
	}
	return sinks.NewSecret(base)
}

// server is a loopback server that counts.
type server struct {
	*httptest.Server
	requests atomic.Int64
	opened   atomic.Int64
}

// serve starts a server that reads each request whole before it answers. It ends with the test.
func serve(t *testing.T, h http.HandlerFunc) *server {
	t.Helper()
	s := new(server)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		h(w, r)
	}))
	s.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state != http.StateNew {
			return
		}
		s.opened.Add(1)
		if tcp, ok := c.(*net.TCPConn); ok {
			// A small buffer: what the client does not read, the handler cannot write.
			_ = tcp.SetWriteBuffer(32 << 10)
		}
	}
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// hits is the number of requests so far, connections that of connections.
func (s *server) hits() int64        { return s.requests.Load() }
func (s *server) connections() int64 { return s.opened.Load() }

// hijack takes the connection from the server and returns it to f, which closes it by returning.
func hijack(t *testing.T, f func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		f(conn)
	}
}
