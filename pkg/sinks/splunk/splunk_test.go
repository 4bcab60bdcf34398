package splunk

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

const headerSecret = "header-secret-0c4f1a"

// channel is a channel of a token with acknowledgement.
const channel = "0aeeac95-ac74-4aa9-b30d-6c4c0ac581ba"

// success is how a collector answers when all is well.
func success(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"text":"Success","code":0}`))
}

func TestSuites(t *testing.T) {
	for name, compressed := range map[string]bool{"plain": false, "gzip": true} {
		t.Run(name, func(t *testing.T) {
			target := sinktest.Target{
				Config: func(endpoint sinks.Secret, timeout time.Duration) sinks.Config {
					gateway := map[string][]sinks.Secret{"X-Gateway": {sinks.NewSecret(headerSecret)}}
					return &Config{HTTP: sinks.HTTP{Timeout: timeout, Headers: gateway}, URL: endpoint, Token: sinks.NewSecret(token), Gzip: compressed}
				},
				Secrets: []string{headerSecret, token}, Golden: "testdata/plans", Update: os.Getenv("POSTEE_UPDATE") != "", Success: success,
			}
			sinktest.Contract(t, target)
			sinktest.HTTP(t, target)
		})
	}
}

func TestValidate(t *testing.T) {
	s := sinks.NewSecret
	long := strings.Repeat("x", 199)
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"least":    {Config{URL: s("http://server:8088"), Token: s("t")}, ""},
		"all":      {Config{URL: s("https://h"), Token: s("t"), SizeLimit: 4000, Index: "main", Channel: channel, Gzip: true}, ""},
		"nothing":  {Config{}, "token: missing: give the token of an HTTP Event Collector; url: missing"},
		"scheme":   {Config{URL: s("server:8088"), Token: s("t")}, "url: must begin with http:// or https://"},
		"raw":      {Config{URL: s("https://h/services/collector/raw"), Token: s("t")}, "url: names another endpoint of the collector: leave out what begins with /services/collector"},
		"small":    {Config{URL: s("https://h"), Token: s("t"), SizeLimit: 3999}, "SizeLimit: must be from 4000 to 1000000 bytes"},
		"large":    {Config{URL: s("https://h"), Token: s("t"), SizeLimit: 1000001}, "SizeLimit: must be from 4000 to 1000000 bytes"},
		"channel":  {Config{URL: s("https://h"), Token: s("t"), Channel: "1"}, "channel: must be a GUID, for example " + channel},
		"names":    {Config{URL: s("https://h"), Token: s("t"), Index: long, Source: long, SourceType: long, Host: long}, "index: is too long; host: is too long; source: is too long; sourcetype: is too long"},
		"token":    {Config{URL: s("https://h"), Token: s("a b")}, "token: has a blank, a control character or one that is not ASCII in it"},
		"reserved": {Config{URL: s("https://h"), Token: s("t"), HTTP: sinks.HTTP{Headers: map[string][]sinks.Secret{"x-splunk-request-channel": {s("1")}}}}, "headers.x-splunk-request-channel: is set by postee: remove it"},
	} {
		got := ""
		if err := sinks.Invalid(c.config.Validate()); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := (&Config{}).Needs(); n.Document || n.Open || n.Components || n.Concurrent != 4 {
		t.Errorf("needs %+v", n)
	}
}

// TestAddress: the path of the endpoint stands behind the address once, whether it was given or not.
func TestAddress(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.RequestURI
		success(w, r)
	}))
	defer server.Close()
	for given, want := range map[string]string{
		"": "/services/collector/event", "/": "/services/collector/event", "/services/collector": "/services/collector/event",
		"/services/collector/event": "/services/collector/event", "/services/collector/event/": "/services/collector/event",
		"/services/collector/event/1.0": "/services/collector/event", "/splunk%2Fa/": "/splunk%2Fa/services/collector/event",
		"/a%2Fb/services/collector?key=1": "/a%2Fb/services/collector/event?key=1", "/services/collectors": "/services/collectors/services/collector/event",
	} {
		c := Config{URL: sinks.NewSecret(server.URL + given), Token: sinks.NewSecret(token)}
		sink, err := c.Open(sinks.Env{})
		if err != nil {
			t.Fatalf("%s: %v", given, err)
		}
		if _, err := sink.(sinks.Checker).Check(t.Context()); err != nil || got != want {
			t.Errorf("%q: %q, want %q (%v)", given, got, want, err)
		}
	}
}

// TestCheck: a token is tried out, and nothing is created.
func TestCheck(t *testing.T) {
	h := serve(t)
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"good":  {Config{Token: sinks.NewSecret(token), Gzip: true}, ""},
		"wrong": {Config{Token: sinks.NewSecret("wrong")}, "Splunk says 4 Invalid token: give the token of an HTTP Event Collector of this Splunk"},
	} {
		c.config.URL = sinks.NewSecret(h.URL)
		sink, err := c.config.Open(sinks.Env{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		works, err := sink.(sinks.Checker).Check(t.Context())
		if err != nil {
			got = err.Error()
		}
		if got != c.want || (err == nil) != (len(works) == 1) {
			t.Errorf("%s: %q, %q, want %q", name, works, got, c.want)
		}
	}
	if len(h.events) > 0 || h.requests != 2 || h.compressed > 0 {
		t.Errorf("%d events in %d requests, %d of them in gzip", len(h.events), h.requests, h.compressed)
	}
}

// TestJudge has the collector's rules as others wrote them down look at every message of the suites, and at a large scan.
func TestJudge(t *testing.T) {
	messages := append(sinktest.Messages(), sinktest.Named{Name: "many", Message: findings(1500)}, sinktest.Named{Name: "much", Message: monstrous()})
	for name, c := range map[string]Config{
		"plain": {}, "all": {Gzip: true, Index: "main", Source: "ci", SourceType: "scan", Host: "runner", Channel: channel, SizeLimit: leastSize},
	} {
		t.Run(name, func(t *testing.T) {
			config := func(url sinks.Secret) sinks.Config {
				c.URL, c.Token = url, sinks.NewSecret(token)
				return &c
			}
			limit := "--limit=10000"
			if c.SizeLimit > 0 {
				limit = "--limit=4000"
			}
			sinktest.Judge(t, os.Getenv("POSTEE_VENDORS"), "splunk", sinktest.Capture(t, config, success, messages), limit)
		})
	}
}
