package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// exchange sends one document to a server that answers with a status and all that it was sent.
func exchange(t *testing.T, c Config, status int) (*http.Request, string, error) {
	t.Helper()
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := io.ReadAll(r.Body)
		got, body = r.Clone(t.Context()), string(p)
		w.WriteHeader(status)
		fmt.Fprintf(w, "%v", r.Header)
	}))
	defer server.Close()
	c.URL = sinks.NewSecret(server.URL)
	sink, err := c.Open(sinks.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if all := fmt.Sprintf("%v %+v %#v", sink, sink, sink); strings.Contains(all, "5ecre7") {
		t.Errorf("a secret in %s", all)
	}
	m := &message.Message{Route: "r", Sections: []message.Section{{Subject: "s", Document: []byte(`{"a": 1}`)}}}
	parts, err := sink.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sink.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Subject: "s", Part: parts[0], Message: m})
	return got, body, err
}

func TestAuth(t *testing.T) {
	secret := sinks.NewSecret("5ecre7-and-long")
	got, _, err := exchange(t, Config{Auth: sinks.Credentials{User: "u", Password: secret}}, 200)
	if user, password, ok := got.BasicAuth(); err != nil || !ok || user != "u" || password != secret.Reveal() {
		t.Errorf("basic: %q, %v", got.Header, err)
	}
	c := Config{Auth: sinks.Credentials{Token: secret}}
	c.Headers = map[string][]sinks.Secret{"X-A": {sinks.NewSecret("a")}}
	got, _, err = exchange(t, c, 200)
	if err != nil || got.Header.Get("Authorization") != "Bearer "+secret.Reveal() || got.Header.Get("X-A") != "a" {
		t.Errorf("bearer: %q, %v", got.Header, err)
	}
	if len(c.Headers) != 1 {
		t.Errorf("the configuration was changed: %v", c.Headers)
	}
}

func TestSignature(t *testing.T) {
	const secret = "5ecre7-and-long"
	for header, want := range map[string]string{"": "X-Postee-Signature", "x-hub-signature-256": "X-Hub-Signature-256"} {
		got, body, err := exchange(t, Config{HMAC: HMAC{Secret: sinks.NewSecret(secret), Header: header}}, 200)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(body))
		if signature := "sha256=" + hex.EncodeToString(mac.Sum(nil)); err != nil || got.Header.Get(want) != signature {
			t.Errorf("%s: %q, want %q; %v", want, got.Header, signature, err)
		}
	}
}

// TestCredentialsStayHidden: a server that repeats what it was sent gives nothing away.
func TestCredentialsStayHidden(t *testing.T) {
	secret := sinks.NewSecret("5ecre7-and-long")
	for name, c := range map[string]Config{
		"basic": {Auth: sinks.Credentials{User: "someone", Password: secret}}, "bearer": {Auth: sinks.Credentials{Token: secret}},
	} {
		_, _, err := exchange(t, c, 400)
		if err == nil || strings.Contains(err.Error(), "5ecre7") || strings.Contains(err.Error(), "c29tZW9uZTo1ZWNyZT") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidateAuth(t *testing.T) {
	s := sinks.NewSecret("5ecre7")
	headers := map[string][]sinks.Secret{"authorization": {s}, "x-postee-signature": {s}}
	for want, c := range map[string]Config{
		"": {Auth: sinks.Credentials{User: "u", Password: s}, HMAC: HMAC{Secret: s}},
		"auth.token: stands beside user and password: give one or the other": {Auth: sinks.Credentials{User: "u", Token: s}},
		"auth.password: missing: a user needs a password":                    {Auth: sinks.Credentials{User: "u"}},
		"headers.authorization: carries the credentials: remove one of them": {Auth: sinks.Credentials{Token: s}, HTTP: sinks.HTTP{Headers: headers}},
		"hmac.secret: missing": {HMAC: HMAC{Header: "X"}},
		"hmac.header: the header X-Postee-Signature is taken: name another":           {HMAC: HMAC{Secret: s}, HTTP: sinks.HTTP{Headers: headers}},
		"hmac.header: the header Idempotency-Key is taken: name another":              {HMAC: HMAC{Secret: s, Header: "idempotency-key"}},
		"hmac.header: the header Authorization is taken: name another":                {Auth: sinks.Credentials{Token: s}, HMAC: HMAC{Secret: s, Header: "authorization"}},
		`hmac.header: "a b" is not the name of a header`:                              {HMAC: HMAC{Secret: s, Header: "a b"}},
		"auth.token: has a blank, a control character or one that is not ASCII in it": {Auth: sinks.Credentials{Token: sinks.NewSecret("a\nb")}},
	} {
		c.URL = sinks.NewSecret("https://example.com")
		got := ""
		if err := sinks.Invalid(c.Validate()); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
