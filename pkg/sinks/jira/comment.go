package jira

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/postee/postee/pkg/sinks"
)

// commentPage is how many comments are read at once: each can be long.
const commentPage = 20

// comment is the part that says the difference, unless a comment with the message's key says it already.
func (j *site) comment(ctx context.Context, d *sinks.Delivery, w work) (sinks.Receipt, error) {
	if !w.comments() {
		return w.receipt(j, d), nil
	}
	said, err := j.commented(ctx, w.issue, d.Key)
	if err != nil {
		return sinks.Receipt{}, err
	}
	if said {
		return w.receipt(j, d), nil
	}
	text, err := j.printer.comment(d.Message, j.dialect, d.Key)
	if err != nil {
		return sinks.Receipt{}, &sinks.Failure{Verdict: sinks.Dead, Err: err}
	}
	if err := j.post(ctx, "take a comment on "+w.issue, commentsOf(w.issue), commentBody{text}, nil); err != nil {
		return sinks.Receipt{}, err
	}
	return w.receipt(j, d), nil
}

// commentsOf returns where an issue has its comments.
func commentsOf(key string) string { return "issue/" + url.PathEscape(key) + "/comment" }

// commented reports whether an issue has a comment with a text in it. The newest come first.
func (j *site) commented(ctx context.Context, key, text string) (found bool, err error) {
	query := url.Values{"orderBy": {"-created"}, "maxResults": {strconv.Itoa(commentPage)}}
	err = pages(query, func(q url.Values) (int, extent, bool, error) {
		var page struct {
			extent
			Comments []struct {
				Body jsontext.Value `json:"body"`
			} `json:"comments"`
		}
		if err := j.list(ctx, "list the comments of "+key, commentsOf(key), q, &page); err != nil {
			return 0, extent{}, true, err
		}
		for _, c := range page.Comments {
			found = found || bytes.Contains(c.Body, []byte(text))
		}
		return len(page.Comments), page.extent, found, nil
	})
	return found, err
}

// parse reads a part of a plan.
func parse(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return &sinks.Failure{Verdict: sinks.Dead, Err: errors.New("the plan cannot be read: please report it")}
	}
	return nil
}
