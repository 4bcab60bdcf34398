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
func (target Target) secrets(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for what, base := range map[string]string{
		"refused": serve(t, echo(http.StatusTeapot)).URL,
		"busy":    serve(t, echo(http.StatusServiceUnavailable)).URL,
		"repeats": serve(t, echo(http.StatusOK)).URL,
		"redirected": serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
		}).URL,
		"cut":         serve(t, hijack(t, func(net.Conn) {})).URL,
		"malformed":   serve(t, hijack(t, func(conn net.Conn) { _, _ = io.WriteString(conn, pathSecret+" "+queryAsSent+"\r\n\r\n") })).URL,
		"unreachable": closed.URL,
		"too slow":    serve(t, hijack(t, func(conn net.Conn) { hold(conn, "HTTP/1.1 200 OK\r\nX-Slow: ") })).URL,
	} {
		sink := target.open(t, base, limit)
		target.attempt(t.Context(), t, what, sink, what == "repeats")
		target.attempt(ctx, t, what+", cancelled", sink, false)
		target.search(t, what+", sink", sink)
	}
}

// attempt sends and checks, and looks for secrets in what comes back.
func (target Target) attempt(ctx context.Context, t *testing.T, what string, sink sinks.Sink, mayDo bool) {
	t.Helper()
	receipt, err := send(ctx, t, sink)
	if err == nil && !mayDo {
		t.Errorf("%s: no error", what)
	}
	target.search(t, what, err)
	target.search(t, what+", receipt", receipt)
	if checker, ok := sink.(sinks.Checker); ok {
		lines, err := checker.Check(ctx)
		target.search(t, what+", checked", err)
		target.search(t, what+", checked", lines)
	}
}

// allSecrets are the endpoint's and the target's.
func (target Target) allSecrets() []string {
	basic := base64.StdEncoding.EncodeToString([]byte("ci:" + userSecret))
	return append([]string{pathSecret, querySecret, queryAsSent, userSecret, basic}, target.Secrets...)
}

// search prints a value in every way and looks for secrets.
func (target Target) search(t *testing.T, what string, v any) {
	t.Helper()
	// A value that cannot be written as JSON cannot leak in it either.
	encoded, _ := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	for _, text := range []string{fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%q", v), string(encoded)} {
		for _, secret := range target.allSecrets() {
			// A part of a secret is one too: targets cut what they repeat.
			for i := 0; i+part <= len(secret); i++ {
				if strings.Contains(text, secret[i:i+part]) {
					t.Errorf("%s: %q of %q is shown in %.300s", what, secret[i:i+part], secret, text)
					break
				}
			}
		}
	}
}

// part is how many bytes of a secret are too many.
const part = 8

// echo answers with all that it was asked, as debugging proxies do: every secret is in it, in several spellings.
func echo(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_ = r.Header.Write(w)
		user, password, _ := r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, strings.Join([]string{
			r.URL.String(), r.RequestURI, r.URL.Path, r.URL.RawQuery, r.URL.Query().Get("key"), user, password,
			strings.ReplaceAll(r.URL.Path, "/", `\/`), "http://" + r.Host + r.URL.String(), string(body),
			cut(r.URL.Path), cut(r.URL.RawQuery), cut(r.URL.Query().Get("key")), cut(password), cut(r.Header.Get("Authorization")),
		}, "\n"))
	}
}

// cut is a text without its ends, as it stands in an answer that is careful, and not careful enough.
func cut(s string) string {
	return s[len(s)/5:len(s)-len(s)/5] + "…"
}

// limit is the time limit of attempts that nothing else ends. No check depends on how long they really take.
const limit = 100 * time.Millisecond
