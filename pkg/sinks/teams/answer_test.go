package teams

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// attempt sends the first sample to a server that answers so.
func attempt(t *testing.T, format string, status int, body string) error {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	sink, err := (&Config{URL: sinks.NewSecret(server.URL + "/x?sig=5ecre7-and-long"), Format: format}).Open(sinks.Env{})
	if err != nil {
		t.Fatal(err)
	}
	m := about(firstScan())
	parts, err := sink.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := sink.Send(t.Context(), sinks.Delivery{Key: sinktest.Key, Part: parts[0], Message: m})
	if diff := cmp.Diff(sinks.Receipt{}, receipt); diff != "" {
		t.Error(diff)
	}
	return err
}

// TestSuccess: a flow answers 202, one with an answer of its own that, and a connector "1".
func TestSuccess(t *testing.T) {
	for _, format := range []string{adaptiveCard, messageCard} {
		for _, c := range []struct {
			status int
			body   string
		}{{202, ""}, {202, "taken"}, {200, ""}, {200, "1"}, {200, " 1\r\n"}, {200, `{"id":"1700000000000"}`}, {204, ""}} {
			if err := attempt(t, format, c.status, c.body); err != nil {
				t.Errorf("%s: %d %q: %v", format, c.status, c.body, err)
			}
		}
	}
}

// TestRefusals: what Teams says, and what is done about it. The texts are those of MicrosoftDocs/msteams-docs, issues 400, 1736, 1810,
// 7425 and 10178, and of learn.microsoft.com/azure/logic-apps.
func TestRefusals(t *testing.T) {
	const failed = "Webhook message delivery failed with error: "
	const off = `{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"Could not execute workflow 'x' trigger 'manual' with state 'Disabled': trigger is not enabled."}}`
	for _, c := range []struct {
		status  int
		body    string
		verdict sinks.Verdict
		want    string
	}{
		{200, failed + "Microsoft Teams endpoint returned HTTP error 429 with ContextId tcid=0,server=x", sinks.Retry, "Teams says in spite of HTTP 200: Webhook message"},
		{200, failed + "Microsoft Teams endpoint returned HTTP error 503 with ContextId tcid=0", sinks.Retry, "HTTP error 503"},
		{200, failed + "Microsoft Teams endpoint returned HTTP error 400 with ContextId tcid=0", sinks.Dead, "HTTP error 400"},
		{200, failed + "Microsoft Teams endpoint returned HTTP error 403 with ContextId tcid=0", sinks.Hold, "HTTP error 403"},
		{200, failed + "Microsoft Teams endpoint returned HTTP error 413 with ContextId tcid=0", sinks.Dead, "HTTP error 413"},
		{200, failed + "Error contacting Microsoft Teams endpoint", sinks.Retry, "Error contacting"},
		{200, "Summary or Text is required.", sinks.Dead, "Summary or Text is required."},
		{200, "sig=5ecre7-and-long is wrong", sinks.Dead, "is wrong"},
		{200, "<!DOCTYPE html><title>Sign in</title>", sinks.Retry, "HTTP 200 with a web page instead of an answer of Teams: is the URL whole, or is a proxy between?"},
		{400, off, sinks.Hold, "the flow is switched off or deleted: switch it on in Teams' Workflows app, or give the URL of another (HTTP 400 Bad Request: "},
		{400, `{"error":{"code":"TriggerInputSchemaMismatch","message":"m"}}`, sinks.Dead, "TriggerInputSchemaMismatch"},
		{401, `{"error":{"code":"DirectApiAuthorizationRequired","message":"m"}}`, sinks.Hold, "DirectApiAuthorizationRequired"},
		{404, `{"error":{"code":"WorkflowNotFound","message":"m"}}`, sinks.Dead, "WorkflowNotFound"},
		{410, "", sinks.Dead, "HTTP 410 Gone"},
	} {
		err := attempt(t, messageCard, c.status, c.body)
		if err == nil {
			t.Errorf("%d %q: no error", c.status, c.body)
			continue
		}
		if verdict, _ := sinks.Judge(err); verdict != c.verdict || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "5ecre7") {
			t.Errorf("%d %q: verdict %d, want %d; %v", c.status, c.body, verdict, c.verdict, err)
		}
	}
}

func TestValidate(t *testing.T) {
	s := sinks.NewSecret
	for want, c := range map[string]Config{
		"":             {URL: s("https://prod-1.westeurope.logic.azure.com:443/workflows/x?sig=1")},
		"url: missing": {},
		`format: unknown format "card": adaptivecard or messagecard`: {URL: s("https://h/x"), Format: "card"},
		"url: must begin with http:// or https://":                   {URL: s("h/x"), Format: "MessageCard"},
		"headers.Content-Type: is set by postee: remove it; timeout: must not be negative": {
			URL: s("https://h/x"), Format: "AdaptiveCard", HTTP: sinks.HTTP{Timeout: -1, Headers: map[string][]sinks.Secret{"Content-Type": {s("x")}}}},
	} {
		got := ""
		if err := sinks.Invalid(c.Validate()); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if _, err := c.Open(sinks.Env{}); (err == nil) != (want == "") {
			t.Errorf("%q: opened with error %v", want, err)
		}
	}
	if n := (&Config{}).Needs(); n.Document || n.Open || n.Every != time.Second || n.Concurrent != 1 {
		t.Errorf("needs %+v", n)
	}
}

// TestOldURLs: the URL of a connector is worth a word, a flow's is not.
func TestOldURLs(t *testing.T) {
	for _, c := range []struct {
		url, format string
		warned      int
		says        string
	}{
		{"https://contoso.webhook.office.com/webhookb2/x", "", 1, "format: messagecard"},
		{"https://Outlook.Office.com/webhook/x", "AdaptiveCard", 1, "format: messagecard"},
		{"https://contoso.webhook.office.com:443/webhookb2/x", "messagecard", 1, "retired in spring 2026: make a webhook with the Workflows app of Teams"},
		{"https://prod-1.westeurope.logic.azure.com:443/workflows/x?sig=1", "", 0, ""},
		{"https://x.environment.api.powerplatform.com/powerautomate/x", "", 0, ""},
		{"https://webhook.office.com.example.com/x", "", 0, ""},
		{"://", "", 0, ""},
	} {
		off := false
		config := &Config{URL: sinks.NewSecret(c.url), Format: c.format}
		got := config.Warnings()
		if len(got) != c.warned || c.warned > 0 && !strings.Contains(got[0], c.says) || strings.Contains(strings.Join(got, ""), "webhookb2") {
			t.Errorf("%s: %q", c.url, got)
		}
		if config.TLSVerify = &off; len(config.Warnings()) != c.warned+1 {
			t.Errorf("%s without verification: %q", c.url, config.Warnings())
		}
	}
}
