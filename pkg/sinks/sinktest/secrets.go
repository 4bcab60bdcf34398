package sinktest

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/sinks"
)

// secrets provokes every kind of error and looks for secrets in it, however it is printed.
func (s Suite) secrets(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	quoting := serve(t, hijack(t, func(conn net.Conn) { _, _ = io.WriteString(conn, pathSecret+" "+queryAsSent+"\r\n\r\n") }))
	for what, base := range map[string]string{
		"refused": serve(t, echo).URL,
		"redirected": serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
		}).URL,
		"cut":         serve(t, hijack(t, func(net.Conn) {})).URL,
		"malformed":   quoting.URL,
		"unreachable": closed.URL,
		"too slow":    serve(t, hijack(t, func(conn net.Conn) { drip(conn, "HTTP/1.1 200 OK\r\n") })).URL,
	} {
		sink := s.open(t, base, 200*time.Millisecond)
		_, err := send(t.Context(), t, sink)
		s.search(t, what, err)
		_, err = send(ctx, t, sink)
		s.search(t, what+", cancelled", err)
		s.searchValue(t, what+", sink", sink)
	}
	s.searchValue(t, "configuration", s.Config(endpoint("http://127.0.0.1:9"), time.Minute))
	for _, bad := range []string{"://" + pathSecret, "ftp://host/" + pathSecret, "http://[::1/" + pathSecret, "http://h:port/" + pathSecret,
		"http:///" + pathSecret, "http://host/%zz" + pathSecret, "http://host/\x7f" + pathSecret, pathSecret} {
		config := s.Config(sinks.NewSecret(bad), time.Minute)
		s.search(t, "a bad URL", sinks.Invalid(config.Validate()))
		_, err := config.Open(sinks.Env{})
		s.search(t, "a bad URL, opened", err)
	}
}

// search looks for secrets in an error, and in all that it wraps and shows as its own.
func (s Suite) search(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	s.searchValue(t, what, err)
}

// searchValue prints a value in every way and looks for secrets.
func (s Suite) searchValue(t *testing.T, what string, v any) {
	t.Helper()
	// A value that cannot be written as JSON cannot leak in it either.
	encoded, _ := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	basic := base64.StdEncoding.EncodeToString([]byte("ci:" + userSecret))
	for _, text := range []string{fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%q", v), string(encoded)} {
		for _, secret := range append([]string{pathSecret, querySecret, queryAsSent, userSecret, basic}, s.Secrets...) {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %q is shown in %.300s", what, secret, text)
			}
		}
	}
}
