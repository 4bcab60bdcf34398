package slack

import (
	"errors"

	"github.com/postee/postee/pkg/sinks"
)

// apiError returns the error of an answer that is not ok, which the Web API gives with HTTP 200. It names Slack's code and what to
// do: "Slack says not_in_channel: invite the app into the channel".
func (b *bot) apiError(answer outcome, said *sinks.Answer) error {
	quote := b.client.Redactor().Quote
	code := quote([]byte(answer.Error))
	if code == "" {
		code = "no, and not why"
	}
	verdict, hint := meaning(answer.Error)
	text := "Slack says " + code
	if answer.Needed != "" {
		text += " (" + quote([]byte(answer.Needed)) + ")"
	}
	if hint != "" {
		text += ": " + hint
	}
	f := &sinks.Failure{Verdict: verdict, Err: errors.New(text)}
	if verdict == sinks.Retry {
		f.Wait = said.Wait("Retry-After")
	}
	return f
}

// meaning returns what to do about a code of Slack's, and what a person can do. A code that is not known will not pass: the
// message is kept among the dead ones, with its reason.
func meaning(code string) (verdict sinks.Verdict, hint string) {
	switch code {
	case "ratelimited", "rate_limited", "message_limit_exceeded",
		"fatal_error", "internal_error", "service_unavailable", "request_timeout", "accesslimited", "team_added_to_org":
		return sinks.Retry, ""
	case "not_in_channel":
		return sinks.Hold, "invite the app into the channel"
	case "channel_not_found":
		return sinks.Hold, "give the channel's ID, and invite the app if the channel is private"
	case "is_archived":
		return sinks.Hold, "bring the channel back, or give another"
	case "missing_scope", "no_permission", "not_allowed_token_type":
		return sinks.Hold, "give the app the scope chat:write, and install it again"
	case "not_authed", "invalid_auth", "token_revoked", "token_expired", "account_inactive":
		return sinks.Hold, "give a valid token"
	case "access_denied", "ekm_access_denied", "enterprise_is_restricted", "org_login_required", "team_access_not_granted",
		"two_factor_setup_required", "user_is_restricted", "restricted_action", "restricted_action_read_only_channel",
		"restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "restricted_action_thread_locked":
		return sinks.Hold, "ask an administrator of the workspace"
	}
	if threadGone(code) {
		return sinks.Retry, "the thread is gone: the next attempt begins another"
	}
	return sinks.Dead, ""
}

// threadGone reports whether a code is about the thread and not about the message.
func threadGone(code string) bool {
	switch code {
	case "thread_not_found", "invalid_thread_ts", "cannot_reply_to_message", "message_not_found":
		return true
	}
	return false
}
