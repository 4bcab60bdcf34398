package splunk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// exchange sends one event to a server that answers so.
func exchange(t testing.TB, status int, body string) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	sink, err := (&Config{URL: sinks.NewSecret(server.URL), Token: sinks.NewSecret(token)}).Open(sinks.Env{})
	if err != nil {
		t.Fatal(err)
	}
	m := findings(1)
	parts, err := sink.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sink.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Part: parts[0], Message: m})
	return err
}

// TestCodes: "Troubleshoot HTTP Event Collector", Possible error codes, and what each means here.
func TestCodes(t *testing.T) {
	const delivered = sinks.Verdict(99)
	for _, c := range []struct {
		code, status int
		text         string
		want         sinks.Verdict
	}{
		{0, 200, "Success", delivered},
		{1, 403, "Token disabled", sinks.Hold},
		{2, 401, "Token is required", sinks.Hold},
		{3, 401, "Invalid authorization", sinks.Hold},
		{4, 403, "Invalid token", sinks.Hold},
		{5, 400, "No data", sinks.Dead},
		{6, 400, "Invalid data format", sinks.Dead},
		{7, 400, "Incorrect index", sinks.Hold},
		{8, 500, "Internal server error", sinks.Retry},
		{9, 503, "Server is busy", sinks.Retry},
		{10, 400, "Data channel is missing", sinks.Hold},
		{11, 400, "Invalid data channel", sinks.Hold},
		{12, 400, "Event field is required", sinks.Dead},
		{13, 400, "Event field cannot be blank", sinks.Dead},
		{14, 400, "ACK is disabled", sinks.Dead},
		{15, 400, "Error in handling indexed fields", sinks.Dead},
		{16, 400, "Query string authorization is not enabled", sinks.Hold},
		{17, 200, "HEC is healthy", delivered},
		{18, 503, "HEC is unhealthy, queues are full", sinks.Retry},
		{19, 503, "HEC is unhealthy, ack service unavailable", sinks.Retry},
		{20, 503, "HEC is unhealthy, queues are full, ack service unavailable", sinks.Retry},
		{21, 400, "Invalid token", sinks.Hold},
		{22, 400, "Token disabled", sinks.Hold},
		{23, 503, "Server is shutting down", sinks.Retry},
		{24, 200, "HEC queue is approaching capacity", delivered},
		{25, 200, "HEC ACK channel is approaching capacity", delivered},
		{26, 429, "HEC queue is at capacity", sinks.Retry},
		{27, 429, "HEC ACK channel is at capacity", sinks.Retry},
		// The code decides, and not the status, where the two disagree.
		{9, 400, "Server is busy", sinks.Retry},
		{6, 503, "Invalid data format", sinks.Dead},
		{7, 200, "Incorrect index", sinks.Hold},
		// What is not known is judged by its status.
		{28, 503, "Something new", sinks.Retry},
		{28, 400, "Something new", sinks.Dead},
		{28, 200, "Something new", delivered},
		{0, 500, "Success", sinks.Retry},
	} {
		err := exchange(t, c.status, fmt.Sprintf(`{"text":%q,"code":%d}`, c.text, c.code))
		got, wait := delivered, time.Duration(0)
		if err != nil {
			got, wait = sinks.Judge(err)
		}
		if got != c.want {
			t.Errorf("%d with %d: verdict %d, want %d (%v)", c.code, c.status, got, c.want, err)
		}
		if got == sinks.Retry && wait != 7*time.Second {
			t.Errorf("%d with %d: wait %v", c.code, c.status, wait)
		}
		if err != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%d: %v does not say %s", c.code, err, c.text)
		}
	}
}

// TestAnswers: what is said, and what of it is shown.
func TestAnswers(t *testing.T) {
	for want, c := range map[string]struct {
		status int
		body   string
	}{
		"Splunk says 7 Incorrect index (event 1): let the token write to the index, or give another index": {400, `{"text":"Incorrect index","code":7,"invalid-event-number":0}`},
		"Splunk says 4 *** is invalid: give the token of an HTTP Event Collector of this Splunk":           {403, `{"text":"` + token + ` is invalid","code":4}`},
		"HTTP 200, but the answer is not Splunk's: is a proxy between?":                                    {200, "<html>Sign in</html>"},
		"HTTP 202, but the answer is not Splunk's: is a proxy between?":                                    {202, `{"text":"Success"}`},
		`HTTP 400 Bad Request: {"code":"six"}`:                                                             {400, `{"code":"six"}`},
	} {
		if err := exchange(t, c.status, c.body); err == nil || err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}

// FuzzAnswer: whatever is answered, only the collector's own success delivers, and no code is taken for one that it is not.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{`{"text":"Success","code":0}`, `{"text":"Success","code":0,"ackId":7}`, `{"code":9}`, `{"code":1e2}`, `{"code":null}`, `[]`, "", "\xff", `{"code":6,"invalid-event-number":-1}`} {
		f.Add(body, 200)
		f.Add(body, 503)
	}
	sink, err := (&Config{URL: sinks.NewSecret("http://127.0.0.1:9"), Token: sinks.NewSecret(token)}).open(sinks.Env{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string, status int) {
		said := &sinks.Answer{Status: 200, Header: http.Header{}, Body: []byte(body)}
		a, err := sink.accepted(said)
		if err == nil && (a.Code == nil || !strings.Contains(body, "code")) {
			t.Errorf("delivered by %q", body)
		}
		by := &sinks.HTTPError{Status: status}
		err = sink.refused(answerOf(said), by)
		if err == nil {
			t.Errorf("%q with %d is no error", body, status)
		}
		if wanted, _ := sinks.Judge(by); a.Code == nil {
			if got, _ := sinks.Judge(err); got != wanted {
				t.Errorf("%q with %d: verdict %d, want %d", body, status, got, wanted)
			}
		}
	})
}
