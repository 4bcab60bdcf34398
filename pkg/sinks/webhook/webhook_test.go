package webhook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

const headerSecret = "header-secret-0c4f1a"

// configure is the webhook with a header that authorises it.
func configure(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
	return &Config{
		HTTP: sinks.HTTP{Timeout: timeout, Headers: map[string][]sinks.Secret{"X-Token": {sinks.NewSecret("Bearer " + headerSecret)}}},
		URL:  endpoint,
	}
}

func TestSuites(t *testing.T) {
	target := sinktest.Target{
		Config: configure, Secrets: []string{headerSecret}, Golden: "testdata/plans", Update: os.Getenv("POSTEE_UPDATE") != "",
	}
	sinktest.Contract(t, target)
	sinktest.HTTP(t, target)
	target.Golden = "testdata/messages"
	target.Config = func(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
		c := configure(endpoint, timeout).(*Config)
		c.Body = bodyMessage
		return c
	}
	sinktest.Contract(t, target)
}

func TestRequest(t *testing.T) {
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p, _ := io.ReadAll(r.Body)
		got, body = r.Clone(t.Context()), string(p)
	}))
	defer server.Close()
	config := &Config{URL: sinks.NewSecret(server.URL + "/in?key=1"), Method: "put", ContentType: "application/vnd.scan+json"}
	sink, err := config.Open(sinks.Env{UserAgent: "postee/1"})
	if err != nil {
		t.Fatal(err)
	}
	const document = "{\"a\" : `1`, \"b\":\"<&>\"}\n"
	m := &message.Message{Route: "eü", Sections: []message.Section{{Subject: "x", Document: []byte(document)}}}
	parts, err := sink.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	d := sinks.Delivery{Key: sinktest.Key, Subject: "a b/100%\r\nX-Evil: 1", Part: parts[0], Message: m}
	if _, err := sink.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got.Method != http.MethodPut || got.URL.String() != "/in?key=1" || body != document {
		t.Errorf("%s %s with %q", got.Method, got.URL, body)
	}
	want := map[string]string{
		"Idempotency-Key": sinktest.Key, "X-Postee-Route": "e%C3%BC", "X-Postee-Subject": "a%20b/100%25%0D%0AX-Evil:%201",
		"User-Agent": "postee/1", "Content-Type": "application/vnd.scan+json", "X-Evil": "",
	}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), value)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"good":           {Config{URL: sinks.NewSecret("https://example.com/x")}, ""},
		"no url":         {Config{}, "url: missing"},
		"relative":       {Config{URL: sinks.NewSecret("/hooks/secret")}, "url: must begin with http:// or https://"},
		"GET":            {Config{URL: sinks.NewSecret("http://h"), Method: "GET"}, "method: must be POST, PUT or PATCH"},
		"type":           {Config{URL: sinks.NewSecret("http://h"), ContentType: "a\nb"}, "content_type: must be plain ASCII, for example application/json"},
		"body":           {Config{URL: sinks.NewSecret("http://h"), Body: "custom"}, `body: unknown body "custom": document, message or template; a text of your own is body-content or body-file`},
		"two bodies":     {Config{URL: sinks.NewSecret("http://h"), Body: "document", BodyContent: "x"}, "body-content: stands beside body: give one or the other"},
		"timeout":        {Config{URL: sinks.NewSecret("http://h"), HTTP: sinks.HTTP{Timeout: -1}}, "timeout: must not be negative"},
		"our header":     {with("idempotency-key", "x"), "headers.idempotency-key: is set by postee: remove it"},
		"no header name": {with("a b", "x"), "headers.a b: is not the name of a header"},
		"line break":     {with("X-Token", "abcdef\nX-Evil: 1"), "headers.X-Token: the value has a line break or control character in it"},
		"several": {Config{Method: "GET", HMAC: HMAC{Header: "X"}, Auth: sinks.Credentials{User: "u"}},
			"method: must be POST, PUT or PATCH; hmac.secret: missing; url: missing; auth.password: missing: a user needs a password"},
	} {
		got := ""
		if err := sinks.Invalid(c.config.Validate()); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// with is a good configuration with one header.
func with(name, value string) Config {
	return Config{
		URL:  sinks.NewSecret("http://h"),
		HTTP: sinks.HTTP{Headers: map[string][]sinks.Secret{name: {sinks.NewSecret(value)}}},
	}
}

func FuzzPlan(f *testing.F) {
	f.Add("route", "subject", []byte(`{"a":1}`), []byte(`[]`))
	f.Add("\xff", "\x00\r\n", []byte(nil), []byte(nil))
	config := Config{URL: sinks.NewSecret("http://127.0.0.1:9")}
	sink, err := config.Open(sinks.Env{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, route, subject string, one, two []byte) {
		m := &message.Message{Route: route, Sections: []message.Section{{Subject: subject, Document: one}, {Subject: subject, Document: two}}}
		parts, err := sink.Plan(m)
		if err != nil || len(parts) != 1 {
			t.Fatalf("%d parts, error %v", len(parts), err)
		}
		if body := string(parts[0].Body); !strings.Contains(body, string(one)) || !strings.Contains(body, string(two)) {
			t.Errorf("%q does not contain %q and %q as they came", body, one, two)
		}
	})
}
