package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// issue is what is asked of an issue.
type issue struct {
	Key    string `json:"key"`
	Fields struct {
		Labels []string `json:"labels"`
		Status struct {
			Category category `json:"statusCategory"`
		} `json:"status"`
		Resolution *named `json:"resolution"`
		// Resolved is when it was resolved; Changed, in the Cloud, when its category last changed.
		Resolved string `json:"resolutiondate"`
		Changed  string `json:"statuscategorychangedate"`
		Project  keyed  `json:"project"`
	} `json:"fields"`
}

// category is where a status stands: new, indeterminate or done.
type category struct {
	Key string `json:"key"`
}

// done is the category of what is closed. Its key is the same in all languages.
const done = "done"

// issueFields returns the fields of [issue].
func issueFields() []string {
	return []string{"labels", "status", "resolution", "resolutiondate", "statuscategorychangedate", "project"}
}

// What a receipt keeps: whose the step was, the issue, the site, and what was decided.
const (
	keepFor   = "for"
	keepIssue = "issue"
	keepAt    = "at"
	keepDo    = "do"
)

// dateLayout is how Jira writes times: 2026-11-22T09:58:00.000+0000.
const dateLayout = "2006-01-02T15:04:05.000-0700"

// find returns the ticket that a message is about, nil when there is none.
func (j *site) find(ctx context.Context, d *sinks.Delivery, name string) (*issue, error) {
	remembered, err := j.remembered(ctx, d, name)
	if err != nil || remembered != nil && remembered.open() {
		return remembered, err
	}
	found, err := j.search(ctx, name)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(i issue) bool { return !issueKey.MatchString(i.Key) || !slices.Contains(i.Fields.Labels, name) })
	if at := slices.IndexFunc(found, func(i issue) bool { return i.open() }); at >= 0 {
		return &found[at], nil
	}
	if remembered != nil || len(found) == 0 {
		return remembered, nil
	}
	return &found[0], nil
}

// remembered returns the issue of the last receipt, nil when there is none, or when it is gone.
func (j *site) remembered(ctx context.Context, d *sinks.Delivery, name string) (*issue, error) {
	// Last may be another site's, or of a project that the configuration does not name any more.
	key := d.Last.Keep[keepIssue]
	if !issueKey.MatchString(key) || d.Last.Keep[keepAt] != j.host || !j.config.Ticket.Updates() && d.Last.Keep[keepFor] != d.Key {
		return nil, nil
	}
	var found issue
	err := j.get(ctx, "show "+key, "issue/"+url.PathEscape(key), url.Values{"fields": {strings.Join(issueFields(), ",")}}, &found)
	switch {
	case status(err) == http.StatusNotFound, status(err) == http.StatusBadRequest:
		return nil, nil
	case err != nil:
		return nil, err
	case !issueKey.MatchString(found.Key), !slices.Contains(found.Fields.Labels, name) && found.Fields.Project.Key != j.config.project():
		return nil, nil
	}
	return &found, nil
}

// search returns the issues of the project that have a label, the newest first: all of them where tickets are updated, otherwise those
// that are open.
func (j *site) search(ctx context.Context, name string) ([]issue, error) {
	jql := fmt.Sprintf("project = %s AND labels = %s", quote(j.config.project()), quote(name))
	if !j.config.Ticket.Updates() {
		jql += " AND statusCategory != Done"
	}
	jql += " ORDER BY created DESC"
	if j.dialect == cloud {
		return j.searchCloud(ctx, jql)
	}
	return j.searchDataCenter(ctx, jql)
}

// query is what is asked of a search: with numbers of pages in a Data Center, with tokens in the Cloud.
type query struct {
	JQL        string   `json:"jql"`
	Fields     []string `json:"fields"`
	MaxResults int      `json:"maxResults"`
	StartAt    int      `json:"startAt,omitzero"`
	Next       string   `json:"nextPageToken,omitzero"`
}

// searchDataCenter searches page by page.
func (j *site) searchDataCenter(ctx context.Context, jql string) (list []issue, err error) {
	body := query{JQL: jql, Fields: issueFields(), MaxResults: pageSize}
	for range maxPages {
		var page struct {
			extent
			Issues []issue `json:"issues"`
		}
		if err := j.post(ctx, "search for the ticket", "search", body, &page); err != nil {
			return nil, err
		}
		list = append(list, page.Issues...)
		body.StartAt = len(list)
		if len(page.Issues) == 0 || page.Total == nil || len(list) >= *page.Total {
			break
		}
	}
	return list, nil
}

// searchCloud searches with tokens in the place of page numbers. A short page, or an empty one, is not the last.
func (j *site) searchCloud(ctx context.Context, jql string) (list []issue, err error) {
	body := query{JQL: jql, Fields: issueFields(), MaxResults: pageSize}
	for range maxPages {
		var page struct {
			Issues []issue `json:"issues"`
			Next   string  `json:"nextPageToken"`
			IsLast bool    `json:"isLast"`
		}
		if err := j.post(ctx, "search for the ticket", "search/jql", body, &page); err != nil {
			return nil, err
		}
		list = append(list, page.Issues...)
		if body.Next = page.Next; page.Next == "" || page.IsLast {
			break
		}
	}
	return list, nil
}

// quote writes a text as a string of JQL.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// open reports whether an issue is not closed.
func (i *issue) open() bool { return i.Fields.Status.Category.Key != done }

// declined reports whether a person closed an issue as not to be done.
func (i *issue) declined() bool {
	return !i.open() && i.Fields.Resolution != nil && isDeclined(i.Fields.Resolution.Name)
}

// isDeclined reports whether a resolution, or a status, says that nothing will be done.
func isDeclined(name string) bool {
	name = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), "\u2019", "'"))
	return slices.Contains([]string{"won't do", "won't fix", "declined"}, name)
}

// closed returns when an issue was closed, the zero time when it is open or does not say.
func (i *issue) closed() time.Time {
	if i.open() {
		return time.Time{}
	}
	for _, text := range []string{i.Fields.Resolved, i.Fields.Changed} {
		if at, err := time.Parse(dateLayout, text); err == nil {
			return at
		}
	}
	return time.Time{}
}

// found returns what the life of a ticket must know of an issue, nil for none. A ticket that is closed was opened by this very message only
// where an attempt of it is in doubt: after a loss of the state, a message has the key of one of long ago.
func (j *site) found(i *issue, d *sinks.Delivery) *ticket.Found {
	if i == nil {
		return nil
	}
	own := slices.Contains(i.Fields.Labels, ticket.Prefix+d.Key) && (i.open() || !d.Unsure.IsZero())
	return &ticket.Found{Open: i.open(), Declined: i.declined(), Closed: i.closed(), Own: own || !j.config.Ticket.Updates()}
}
