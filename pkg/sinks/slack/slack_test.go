package slack

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

const (
	headerSecret = "header-secret-0c4f1a"
	tokenSecret  = "xoxb-token-secret-5d21"
)

// header is a configuration with a header that a gateway asks for.
func shared(timeout time.Duration) sinks.HTTP {
	return sinks.HTTP{Timeout: timeout, Headers: map[string][]sinks.Secret{"X-Gateway": {sinks.NewSecret(headerSecret)}}}
}

func TestWebhookSuites(t *testing.T) {
	target := sinktest.Target{
		Config: func(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
			return &Config{HTTP: shared(timeout), URL: endpoint}
		},
		Secrets: []string{headerSecret}, Golden: "testdata/plans", Update: os.Getenv("POSTEE_UPDATE") != "",
		Success: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) },
	}
	sinktest.Contract(t, target)
	sinktest.HTTP(t, target)
}

// TestBotSuites: both ways share their plans.
func TestBotSuites(t *testing.T) {
	target := sinktest.Target{
		Config: func(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
			return &Config{HTTP: shared(timeout), APIURL: endpoint, Token: sinks.NewSecret(tokenSecret), Channel: "#security"}
		},
		Secrets: []string{headerSecret, tokenSecret}, Golden: "testdata/plans",
		Success: func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"ok":true,"channel":"C1","ts":"1.2"}`))
		},
	}
	sinktest.Contract(t, target)
	sinktest.HTTP(t, target)
}

func TestValidate(t *testing.T) {
	s := sinks.NewSecret
	header := func(name string) sinks.HTTP { return sinks.HTTP{Headers: map[string][]sinks.Secret{name: {s("x")}}} }
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"webhook":      {Config{URL: s("https://hooks.example/x")}, ""},
		"bot":          {Config{Token: s("xoxb-1"), Channel: "C1"}, ""},
		"bot, gateway": {Config{Token: s("xoxb-1"), Channel: "C1", APIURL: s("http://127.0.0.1:1/api?key=1")}, ""},
		"nothing":      {Config{}, "url: missing: give the URL of an incoming webhook, or token and channel"},
		"both": {Config{URL: s("https://hooks.example/x"), Token: s("xoxb-1"), Channel: "C1"},
			"url: an incoming webhook needs neither token nor channel: give url, or token and channel"},
		"channel for a webhook": {Config{URL: s("https://hooks.example/x"), Channel: "C1"},
			"url: an incoming webhook needs neither token nor channel: give url, or token and channel"},
		"no token":   {Config{Channel: "C1"}, "token: missing: a channel needs the token of an app with the scope chat:write"},
		"no channel": {Config{Token: s("xoxb-1")}, "channel: missing: a token needs the ID or name of a channel"},
		"ftp":        {Config{URL: s("ftp://h/x")}, "url: must begin with http:// or https://"},
		"api_url":    {Config{Token: s("xoxb-1"), Channel: "C1", APIURL: s("slack.com/api")}, "api_url: must begin with http:// or https://"},
		"api alone":  {Config{URL: s("https://h/x"), APIURL: s("https://h")}, "api_url: only goes with token and channel"},
		"token": {Config{Token: s("xoxb-1\nX-Evil: 1"), Channel: "C1"},
			"token: has a blank, a control character or one that is not ASCII in it"},
		"several": {Config{Channel: "C1", HTTP: sinks.HTTP{Timeout: -1, Headers: header("Host").Headers}},
			"token: missing: a channel needs the token of an app with the scope chat:write; " +
				"headers.Host: is set by postee: remove it; timeout: must not be negative"},
		"timeout": {Config{URL: s("https://h/x"), HTTP: sinks.HTTP{Timeout: -1}}, "timeout: must not be negative"},
		"authorization": {Config{Token: s("xoxb-1"), Channel: "C1", HTTP: header("authorization")},
			"headers.authorization: carries the credentials: remove one of them"},
		"content-type": {Config{URL: s("https://h/x"), HTTP: header("content-type")}, "headers.content-type: is set by postee: remove it"},
	} {
		got := ""
		if err := sinks.Invalid(c.config.Validate()); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, err := c.config.Open(sinks.Env{}); (err == nil) != (c.want == "") {
			t.Errorf("%s: opened with error %v", name, err)
		}
	}
	if n := (&Config{}).Needs(); n.Document || n.Every != time.Second || n.Concurrent != 1 {
		t.Errorf("needs %+v", n)
	}
}

// TestOnlyTheBotCanBeChecked: a webhook cannot be tried out without a message.
func TestOnlyTheBotCanBeChecked(t *testing.T) {
	for want, c := range map[bool]Config{
		false: {URL: sinks.NewSecret("https://h/x")}, true: {Token: sinks.NewSecret("xoxb-1"), Channel: "C1"},
	} {
		sink, err := c.Open(sinks.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if _, got := sink.(sinks.Checker); got != want {
			t.Errorf("%T can be checked: %v", sink, got)
		}
	}
}

// TestMethodURL: the method goes behind the path, and a gateway's query stays.
func TestMethodURL(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI }))
	defer server.Close()
	for base, want := range map[string]string{
		"": "/auth.test", "/api/": "/api/auth.test", "/x%2Fy?key=1": "/x%2Fy/auth.test?key=1",
	} {
		c := Config{APIURL: sinks.NewSecret(server.URL + base), Token: sinks.NewSecret(tokenSecret), Channel: "C1"}
		sink, err := c.Open(sinks.Env{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sink.(sinks.Checker).Check(t.Context()); err == nil || got != want {
			t.Errorf("%q: %q, want %q (%v)", base, got, want, err)
		}
	}
	if e := (&Config{Token: sinks.NewSecret("xoxb-1")}).endpoint(); e.URL.Reveal() != "https://slack.com/api/" {
		t.Errorf("without api_url: %s", e.URL.Reveal())
	}
}
