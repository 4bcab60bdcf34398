package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/postee/postee/pkg/sinks"
)

// What a receipt keeps of a subject's thread: the first message's timestamp, the channel's ID as Slack gave it, and the
// channel as it was configured then. A thread is gone on with only while the configuration names the same channel.
const (
	keepTS      = "ts"
	keepChannel = "channel"
	keepTo      = "to"
)

// bot posts with an app's token.
type bot struct {
	planner
	client  *sinks.Client
	channel string
}

// address is what a post has besides the part's body.
type address struct {
	Channel string `json:"channel"`
	Thread  string `json:"thread_ts,omitzero"`
}

// outcome is what every answer of the Web API has.
type outcome struct {
	OK bool `json:"ok"`
	// Error is a code, Needed the scopes that the token lacks.
	Error  string `json:"error"`
	Needed string `json:"needed"`
}

// posted is the answer to a post.
type posted struct {
	outcome
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Message struct {
		// Thread is "" when the message stands by itself: Slack posts it so when the thread's first message is gone.
		Thread string `json:"thread_ts"`
	} `json:"message"`
}

// Send makes one request. The receipt names the thread for the parts and messages that follow about the subject.
func (b *bot) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	to := address{Channel: b.channel}
	if d.Last.Keep[keepTo] == b.channel {
		to.Thread = d.Last.Keep[keepTS]
	}
	var answer posted
	said, err := b.call(ctx, sinks.Request{Path: "chat.postMessage", Body: d.Part.Body, Members: to}, &answer)
	if err != nil {
		return sinks.Receipt{}, err
	}
	if !answer.OK {
		return b.lostThread(to, answer.Error), b.apiError(answer.outcome, said)
	}
	thread := answer.TS
	if to.Thread != "" && answer.Message.Thread != "" {
		thread = answer.Message.Thread
	}
	if thread == "" {
		return sinks.Receipt{}, nil // posted, by something that is not quite Slack
	}
	return sinks.Receipt{
		Ref:  answer.Channel + "/" + answer.TS,
		Keep: map[string]string{keepTS: thread, keepChannel: answer.Channel, keepTo: b.channel},
	}, nil
}

// lostThread is the progress in learning that a thread is gone: the next attempt begins another.
func (b *bot) lostThread(to address, code string) sinks.Receipt {
	if to.Thread == "" || !threadGone(code) {
		return sinks.Receipt{}
	}
	return sinks.Receipt{Keep: map[string]string{keepTo: b.channel}}
}

// call posts to a method of the Web API and reads the answer. One that is no JSON came from something before Slack.
func (b *bot) call(ctx context.Context, r sinks.Request, into any) (*sinks.Answer, error) {
	r.Method, r.MediaType = http.MethodPost, mediaType
	answer, err := b.client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return answer, answer.JSON("Slack", into)
}

// who is the answer of auth.test.
type who struct {
	outcome
	Team string `json:"team"`
	User string `json:"user"`
}

// scope is what the token must be allowed.
const scope = "chat:write"

// Check asks Slack whether it knows the token, and what it may do.
func (b *bot) Check(ctx context.Context) ([]string, error) {
	var answer who
	said, err := b.call(ctx, sinks.Request{Path: "auth.test", Body: []byte("{}")}, &answer)
	if err != nil {
		return nil, err
	}
	if !answer.OK {
		return nil, b.apiError(answer.outcome, said)
	}
	quote := b.client.Redactor().Quote
	works := []string{fmt.Sprintf("Slack knows the token: %s in %s", quote([]byte(answer.User)), quote([]byte(answer.Team)))}
	scopes := strings.FieldsFunc(said.Header.Get("X-OAuth-Scopes"), func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case len(scopes) == 0:
		return works, nil
	case !slices.Contains(scopes, scope):
		return works, errors.New("the token lacks the scope " + scope + ": add it to the app and install it again")
	}
	return append(works, "the token has the scope "+scope), nil
}
