package slack

import (
	"net/http"
	"strconv"
	"time"

	"github.com/postee/postee/pkg/sinks"
)

// maxWait bounds what Slack can ask to wait for.
const maxWait = 24 * time.Hour

// refusal is a "no" of the Web API, which says it with HTTP 200.
type refusal struct {
	text string
	// answer is the HTTP status that says the same: by it the refusal is judged.
	answer *sinks.HTTPError
}

// Error returns Slack's code and what to do: "Slack says not_in_channel: invite the app into the channel".
func (e *refusal) Error() string { return e.text }

// Unwrap returns the status that says the same.
func (e *refusal) Unwrap() error { return e.answer }

// refused makes an error of an answer that is not ok.
func (b *bot) refused(answer outcome, header http.Header) error {
	code := b.hide.Quote([]byte(answer.Error))
	if code == "" {
		code = "no, and not why"
	}
	status, hint := meaning(answer.Error)
	e := &refusal{text: "Slack says " + code, answer: &sinks.HTTPError{Status: status}}
	if answer.Needed != "" {
		e.text += " (" + b.hide.Quote([]byte(answer.Needed)) + ")"
	}
	if hint != "" {
		e.text += ": " + hint
	}
	switch status {
	case http.StatusTooManyRequests:
		e.answer.Wait = wait(header)
	case http.StatusBadRequest:
		return &sinks.PermanentError{Err: e}
	}
	return e
}

// meaning returns the HTTP status that says what a code of Slack's means, and what a person can do: 403 can be mended, 429 and
// 503 pass, 400 stays. An unknown code stays too: the message is kept among the dead ones, with its reason.
func meaning(code string) (status int, hint string) {
	switch code {
	case "ratelimited", "rate_limited", "message_limit_exceeded":
		return http.StatusTooManyRequests, ""
	case "fatal_error", "internal_error", "service_unavailable", "request_timeout", "accesslimited", "team_added_to_org":
		return http.StatusServiceUnavailable, ""
	case "not_in_channel":
		return http.StatusForbidden, "invite the app into the channel"
	case "channel_not_found":
		return http.StatusForbidden, "give the channel's ID, and invite the app if the channel is private"
	case "is_archived":
		return http.StatusForbidden, "bring the channel back, or give another"
	case "missing_scope", "no_permission", "not_allowed_token_type":
		return http.StatusForbidden, "give the app the scope chat:write, and install it again"
	case "not_authed", "invalid_auth", "token_revoked", "token_expired", "account_inactive":
		return http.StatusForbidden, "give a valid token"
	case "access_denied", "ekm_access_denied", "enterprise_is_restricted", "org_login_required", "team_access_not_granted",
		"two_factor_setup_required", "user_is_restricted", "restricted_action", "restricted_action_read_only_channel",
		"restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "restricted_action_thread_locked":
		return http.StatusForbidden, "ask an administrator of the workspace"
	}
	if threadGone(code) {
		return http.StatusServiceUnavailable, "the thread is gone: the next attempt begins another"
	}
	return http.StatusBadRequest, ""
}

// threadGone reports whether a code is about the thread and not about the message.
func threadGone(code string) bool {
	switch code {
	case "thread_not_found", "invalid_thread_ts", "cannot_reply_to_message", "message_not_found":
		return true
	}
	return false
}

// wait reads the seconds of Retry-After; 0 is that there are none.
func wait(header http.Header) time.Duration {
	seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxWait)
}
