package slack

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// fake is Slack's Web API on loopback: one channel, in which timestamps count up.
type fake struct {
	posts []map[string]any
	// refuse is the code of the next answers, gone says that threads are.
	refuse string
	gone   bool
	header http.Header
	status int
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for k, v := range f.header {
		w.Header()[k] = v
	}
	if f.status != 0 {
		w.WriteHeader(f.status)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+tokenSecret || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		fmt.Fprint(w, `{"ok":false,"error":"not_authed"}`)
		return
	}
	if f.refuse != "" {
		fmt.Fprintf(w, `{"ok":false,"error":%q,"needed":"chat:write"}`, f.refuse)
		return
	}
	if r.URL.Path == "/api/auth.test" {
		fmt.Fprint(w, `{"ok":true,"team":"Shop","user":"postee"}`)
		return
	}
	var post map[string]any
	if err := json.UnmarshalRead(r.Body, &post); err != nil {
		fmt.Fprint(w, `{"ok":false,"error":"invalid_json"}`)
		return
	}
	thread, _ := post["thread_ts"].(string)
	if f.gone {
		thread = ""
	}
	f.posts = append(f.posts, post)
	fmt.Fprintf(w, `{"ok":true,"channel":"C01","ts":"17.%03d","message":{"thread_ts":%q,"text":"…"},"extra":[1]}`, len(f.posts), thread)
}

// start makes a bot for a fake.
func (f *fake) start(t *testing.T) sinks.Sink {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	c := Config{APIURL: sinks.NewSecret(server.URL + "/api/"), Token: sinks.NewSecret(tokenSecret), Channel: "#security"}
	sink, err := c.Open(sinks.Env{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

// post sends the parts of a message, as deliver does: each with the receipt of the one before.
func post(t *testing.T, sink sinks.Sink, m *message.Message, last sinks.Receipt) sinks.Receipt {
	t.Helper()
	parts, err := sink.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		receipt, err := sink.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Part: p, Last: last, Message: m})
		if err != nil {
			t.Fatal(err)
		}
		if len(receipt.Keep) > 0 {
			last = receipt
		}
	}
	return last
}

func TestThreads(t *testing.T) {
	f := new(fake)
	sink := f.start(t)
	last := post(t, sink, findings(300), sinks.Receipt{})
	several := len(f.posts)
	if several < 2 {
		t.Fatalf("%d parts, want several", several)
	}
	last = post(t, sink, sinktest.Messages()[1].Message, last)
	for i, p := range f.posts {
		want := any("17.001")
		if i == 0 {
			want = nil
		}
		if p["thread_ts"] != want || p["channel"] != "#security" || p["reply_broadcast"] != nil || p["blocks"] == nil || p["text"] == "" {
			t.Errorf("post %d: %v", i, p)
		}
	}
	want := sinks.Receipt{
		Ref:  fmt.Sprintf("C01/17.%03d", several+1),
		Keep: map[string]string{"ts": "17.001", "channel": "C01", "to": "#security"},
	}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("receipt (-want +got):\n%s", diff)
	}
}

// TestThreadOfAnotherChannel: a thread is of its channel.
func TestThreadOfAnotherChannel(t *testing.T) {
	f := new(fake)
	sink := f.start(t)
	last := sinks.Receipt{Keep: map[string]string{"ts": "16.000", "channel": "C02", "to": "#other"}}
	if got := post(t, sink, sinktest.Messages()[0].Message, last); got.Keep["ts"] != "17.001" || f.posts[0]["thread_ts"] != nil {
		t.Errorf("receipt %v after %v", got, f.posts)
	}
}

// TestThreadIsGone: whether Slack posts beside the thread or refuses, there is a new one afterwards.
func TestThreadIsGone(t *testing.T) {
	old := sinks.Receipt{Ref: "C01/16.000", Keep: map[string]string{"ts": "16.000", "channel": "C01", "to": "#security"}}
	f := &fake{gone: true}
	sink := f.start(t)
	if got := post(t, sink, sinktest.Messages()[0].Message, old); got.Keep["ts"] != "17.001" {
		t.Errorf("posted beside the thread: receipt %v", got)
	}
	f.gone, f.refuse = false, "thread_not_found"
	parts, _ := sink.Plan(sinktest.Messages()[0].Message)
	receipt, err := sink.Send(t.Context(), sinks.Delivery{Part: parts[0], Last: old})
	if verdict, _ := sinks.Judge(err); err == nil || verdict != sinks.Retry || len(receipt.Keep) == 0 {
		t.Fatalf("receipt %v, error %v", receipt, err)
	}
	f.refuse = ""
	if got := post(t, sink, sinktest.Messages()[0].Message, receipt); got.Keep["ts"] != "17.002" || f.posts[1]["thread_ts"] != nil {
		t.Errorf("after the refusal: receipt %v, posts %v", got, f.posts[1])
	}
}

func TestRefusals(t *testing.T) {
	f := new(fake)
	sink := f.start(t)
	parts, _ := sink.Plan(sinktest.Messages()[0].Message)
	for code, want := range map[string]sinks.Verdict{
		"ratelimited": sinks.Retry, "internal_error": sinks.Retry, "fatal_error": sinks.Retry, "service_unavailable": sinks.Retry,
		"invalid_auth": sinks.Hold, "token_revoked": sinks.Hold, "account_inactive": sinks.Hold, "not_in_channel": sinks.Hold,
		"channel_not_found": sinks.Hold, "missing_scope": sinks.Hold, "is_archived": sinks.Hold, "restricted_action": sinks.Hold,
		"invalid_blocks": sinks.Dead, "msg_too_long": sinks.Dead, "no_text": sinks.Dead, "something_new": sinks.Dead,
		tokenSecret: sinks.Dead,
	} {
		f.refuse = code
		_, err := sink.Send(t.Context(), sinks.Delivery{Part: parts[0]})
		if verdict, _ := sinks.Judge(err); err == nil || verdict != want {
			t.Errorf("%s: verdict %d, want %d (error %v)", code, verdict, want, err)
			continue
		}
		if strings.Contains(err.Error(), tokenSecret) || code != tokenSecret && !strings.Contains(err.Error(), code) {
			t.Errorf("%s: error %q", code, err)
		}
		var invented *sinks.HTTPError
		if errors.As(err, &invented) {
			t.Errorf("%s: HTTP %d is not what Slack said", code, invented.Status)
		}
	}
}

// TestRateLimit: by status, and by code.
func TestRateLimit(t *testing.T) {
	f := &fake{header: http.Header{"Retry-After": {"30"}}, status: http.StatusTooManyRequests}
	sink := f.start(t)
	parts, _ := sink.Plan(sinktest.Messages()[0].Message)
	for _, status := range []int{http.StatusTooManyRequests, 0} {
		f.status, f.refuse = status, "ratelimited"
		_, err := sink.Send(t.Context(), sinks.Delivery{Part: parts[0]})
		if verdict, wait := sinks.Judge(err); verdict != sinks.Retry || wait != 30*time.Second {
			t.Errorf("verdict %d, wait %v (error %v)", verdict, wait, err)
		}
	}
}

// TestNotSlack: what is no answer of Slack's is no success.
func TestNotSlack(t *testing.T) {
	for name, answer := range map[string]string{"empty": "", "html": "<html>ok</html>", "text": "ok", "no": "{}", "array": "[]"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
		c := Config{APIURL: sinks.NewSecret(server.URL), Token: sinks.NewSecret(tokenSecret), Channel: "C1"}
		sink, err := c.Open(sinks.Env{})
		if err != nil {
			t.Fatal(err)
		}
		parts, _ := sink.Plan(sinktest.Messages()[0].Message)
		if _, err := sink.Send(t.Context(), sinks.Delivery{Part: parts[0]}); err == nil {
			t.Errorf("%s: no error", name)
		}
		server.Close()
	}
}

func TestCheck(t *testing.T) {
	f := new(fake)
	check := f.start(t).(sinks.Checker)
	works, err := check.Check(t.Context())
	if err != nil || len(works) != 1 || works[0] != "Slack knows the token: postee in Shop" {
		t.Errorf("%q, %v", works, err)
	}
	f.header = http.Header{"X-Oauth-Scopes": {"channels:read,chat:write"}}
	if works, err = check.Check(t.Context()); err != nil || len(works) != 2 {
		t.Errorf("with the scope: %q, %v", works, err)
	}
	f.header = http.Header{"X-Oauth-Scopes": {"channels:read"}}
	if _, err = check.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "chat:write") {
		t.Errorf("without the scope: %v", err)
	}
	f.refuse = "invalid_auth"
	if _, err = check.Check(t.Context()); err == nil || err.Error() != "Slack says invalid_auth (chat:write): give a valid token" {
		t.Errorf("refused: %v", err)
	}
	if len(f.posts) != 0 {
		t.Errorf("the check posted %v", f.posts)
	}
}
