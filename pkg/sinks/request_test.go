package sinks

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// TestAddress: the base URL keeps what it has, and requests add to it.
func TestAddress(t *testing.T) {
	for _, c := range []struct {
		base, path string
		query      url.Values
		want       string
	}{
		{"https://h", "", nil, "https://h"},
		{"https://h", "api/v2", nil, "https://h/api/v2"},
		{"https://h/", "/api/v2/", nil, "https://h/api/v2/"},
		{"https://h/hooks/a//b/?sig=x%2By", "", nil, "https://h/hooks/a//b/?sig=x%2By"},
		{"https://u:p@h:8443/x%2Fy?key=1", "z", url.Values{"q": {"a b"}}, "https://u:p@h:8443/x%2Fy/z?key=1&q=a+b"},
		{"https://h/x%2Fy", url.PathEscape("a/b?c#d %"), nil, "https://h/x%2Fy/a%2Fb%3Fc%23d%20%25"},
		{"https://h?b&a", "", url.Values{"c": {"1"}}, "https://h?b&a&c=1"},
		{"https://h", "", url.Values{"c": {"1", "2"}}, "https://h?c=1&c=2"},
		{"https://h/x", "a/../b", nil, ""}, {"https://h/x", "%2e%2E", nil, ""}, {"https://h/x", ".", nil, ""},
		{"https://h/x", "a?b", nil, ""}, {"https://h/x", "a#b", nil, ""}, {"https://h/x", "a b", nil, ""}, {"https://h/x", "100%", nil, ""},
	} {
		base, err := ParseURL(NewSecret(c.base))
		if err != nil {
			t.Fatal(err)
		}
		before := *base
		u, err := (&exchange{base: base}).join(c.path, c.query)
		if (err != nil) != (c.want == "") || err == nil && u.String() != c.want {
			t.Errorf("%s + %s: %v, %v, want %q", c.base, c.path, u, err, c.want)
		}
		if *base != before {
			t.Errorf("%s: the base URL was changed to %v", c.base, base)
		}
	}
}

// connect makes a client for a handler on loopback.
func connect(t *testing.T, e Endpoint, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	e.URL = NewSecret(server.URL + e.URL.Reveal())
	c, err := HTTP{}.Client(e, Env{UserAgent: "postee/test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLongAnswers: what is longer than it may be is an error unless nobody wants it, and is not read to its end.
func TestLongAnswers(t *testing.T) {
	for _, c := range []struct {
		size  int
		limit int64
		kept  int
		ok    bool
	}{
		{0, 0, 0, true}, {maxAnswer, 0, maxAnswer, true}, {maxAnswer + 1, 0, 0, false}, {10 << 20, 0, 0, false},
		{10, 10, 10, true}, {11, 10, 0, false}, {maxAnswer + 1, maxAnswer + 1, maxAnswer + 1, true},
		{0, Discard, 0, true}, {10, Discard, 0, true}, {maxAnswer + 1, Discard, 0, true}, {10 << 20, Discard, 0, true},
	} {
		client := connect(t, Endpoint{}, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", c.size))
		})
		a, err := client.Do(t.Context(), Request{MaxAnswer: c.limit})
		if (err == nil) != c.ok || c.ok && len(a.Body) != c.kept {
			t.Errorf("%d bytes of %d: %v, %v", c.size, c.limit, a, err)
		}
		if verdict, _ := Judge(err); err != nil && (verdict != Retry || !strings.Contains(err.Error(), "longer than")) {
			t.Errorf("%d bytes of %d: verdict %d for %v", c.size, c.limit, verdict, err)
		}
	}
}

// TestBodySecrets: a token in the body is there on its way only, and no error shows it.
func TestBodySecrets(t *testing.T) {
	const secret = `5ecre7"and\long`
	client := connect(t, Endpoint{BodySecrets: map[string]Secret{"routing_key": NewSecret(secret), "a": NewSecret("1")}},
		func(w http.ResponseWriter, r *http.Request) {
			p, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(p)
		})
	for body, want := range map[string]string{
		`{"x":1}`: `{"a":"1","routing_key":"5ecre7\"and\\long","x":1}`,
		"{ }":     `{"a":"1","routing_key":"5ecre7\"and\\long" }`,
	} {
		_, err := client.Do(t.Context(), Request{Method: http.MethodPost, Body: []byte(body)})
		refused, ok := errors.AsType[*HTTPError](err)
		if !ok || string(refused.Answer().Body) != want {
			t.Errorf("%s: sent %v", body, err)
		}
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), fmt.Sprintf("%+v %#v", client, client)} {
			if strings.Contains(text, "5ecre7") {
				t.Errorf("%s: a secret in %s", body, text)
			}
		}
	}
	if _, err := client.Do(t.Context(), Request{}); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("without a body: %v", err)
	}
	_, err := client.Do(t.Context(), Request{Body: []byte("{}"), Members: struct {
		Thread string `json:"thread"`
	}{"17"}})
	if refused, ok := errors.AsType[*HTTPError](err); !ok || string(refused.Answer().Body) != `{"a":"1","routing_key":"5ecre7\"and\\long","thread":"17"}` {
		t.Errorf("with a member of the request: %v", err)
	}
	for _, body := range []string{"", "[]", "x"} {
		_, err := client.Do(t.Context(), Request{Body: []byte(body)})
		if verdict, _ := Judge(err); err == nil || verdict != Dead {
			t.Errorf("%q: verdict %d for %v, want Dead", body, verdict, err)
		}
	}
}

// TestRefusedAnswer: a sink can judge by what the server said in header and body.
func TestRefusedAnswer(t *testing.T) {
	client := connect(t, Endpoint{URL: NewSecret("/path-5ecre7")}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Code", "9")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, `{"code":9,"text":%q}`, r.URL.Path)
	})
	_, err := client.Do(t.Context(), Request{})
	refused, ok := errors.AsType[*HTTPError](err)
	var code struct {
		Code int    `json:"code"`
		Text string `json:"text"`
	}
	if !ok || refused.Answer().JSON("Splunk", &code) != nil || code.Code != 9 || code.Text != "/path-5ecre7" || refused.Answer().Header.Get("X-Code") != "9" {
		t.Errorf("%v: %+v", err, code)
	}
	if shown := fmt.Sprintf("%v %+v %#v", err, refused, refused); strings.Contains(shown, "5ecre7") {
		t.Errorf("a secret in %s", shown)
	}
	if (&HTTPError{Status: 1}).Answer().Status != 1 {
		t.Error("an error that no client made has no answer")
	}
}

func TestNotJSON(t *testing.T) {
	a := Answer{Status: 200, Body: []byte("<html>5ecre7")}
	if err := a.JSON("Slack", new(any)); err == nil || err.Error() != "HTTP 200, but the answer is not Slack's: is a proxy between?" {
		t.Error(err)
	}
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":1}`), "k", "v")
	f.Add([]byte(" {\n} "), "", "\xff")
	f.Add([]byte("[]"), "k", `"`)
	f.Fuzz(func(t *testing.T, object []byte, name, value string) {
		out, err := addMembers(object, map[string]string{name: value})
		good := jsontext.Value(object).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
		if good && err == nil && !jsontext.Value(out).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
			t.Errorf("%q became %q", object, out)
		}
		if good && (err == nil) != (jsontext.Value(object).Kind() == '{') {
			t.Errorf("%q: %v", object, err)
		}
	})
}
