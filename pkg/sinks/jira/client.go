package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/sinks"
)

// Bounds of what is read of a site: bytes of one answer, and of one that lists fields or texts; pages of one list, elements of one page.
// Sites may give fewer.
const (
	maxAnswer = 2 << 20
	maxList   = 32 << 20
	maxPages  = 200
	pageSize  = 100
)

// sink opens tickets at one site.
type sink struct {
	planner
	client *sinks.Client
	// host is the site's, by which a receipt is known to be of this site.
	host  string
	now   func() time.Time
	cache cache
}

// cache is what a run remembers of a site. What two goroutines ask at once is asked twice.
type cache struct {
	lock sync.Mutex
	// asked says that dialect is the site's.
	asked   bool
	dialect dialect
	screen  *screen
	users   map[string]string
	sprint  *sprint
	upload  *upload
}

// site is a Jira whose dialect is known.
type site struct {
	*sink
	dialect dialect
}

// connect returns the site, which is asked what it is where the configuration does not say.
func (s *sink) connect(ctx context.Context) (*site, error) {
	if !s.ask {
		return &site{s, s.guess}, nil
	}
	s.cache.lock.Lock()
	asked, found := s.cache.asked, s.cache.dialect
	s.cache.lock.Unlock()
	if asked {
		return &site{s, found}, nil
	}
	var info struct {
		DeploymentType string `json:"deploymentType"`
	}
	// Both deployments have this path, and only the Cloud calls itself so.
	j := &site{s, dataCenter}
	if err := j.get(ctx, "say what it is", "serverInfo", nil, &info); err != nil {
		return nil, err
	}
	if info.DeploymentType == "Cloud" {
		j.dialect = cloud
	}
	s.cache.lock.Lock()
	defer s.cache.lock.Unlock()
	s.cache.asked, s.cache.dialect = true, j.dialect
	return j, nil
}

// is returns the word for the one or the other deployment.
func (j *site) is(inCloud, inDataCenter string) string {
	if j.dialect == cloud {
		return inCloud
	}
	return inDataCenter
}

// api returns where the platform's resources are.
func (j *site) api() string { return j.is("rest/api/3/", "rest/api/2/") }

// get reads a resource of the platform. doing is what Jira is asked to do, for errors.
func (j *site) get(ctx context.Context, doing, path string, query url.Values, into any) error {
	return j.exchange(ctx, doing, sinks.Request{Path: j.api() + path, Query: query}, into)
}

// list reads a page of what can be long.
func (j *site) list(ctx context.Context, doing, path string, query url.Values, into any) error {
	return j.exchange(ctx, doing, sinks.Request{Path: j.api() + path, Query: query, MaxAnswer: maxList}, into)
}

// agile reads a resource of Jira Software.
func (j *site) agile(ctx context.Context, doing, path string, query url.Values, into any) error {
	return j.exchange(ctx, doing, sinks.Request{Path: "rest/agile/1.0/" + path, Query: query}, into)
}

// post sends a body to a resource of the platform; into may be nil when the answer is of no use.
func (j *site) post(ctx context.Context, doing, path string, body, into any) error {
	return j.submit(ctx, doing, http.MethodPost, j.api()+path, body, into)
}

// submit sends a body.
func (j *site) submit(ctx context.Context, doing, method, path string, body, into any) error {
	p, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		return &sinks.Failure{Verdict: sinks.Dead, Err: fmt.Errorf("cannot be written as JSON: %w", err)}
	}
	return j.exchange(ctx, doing, sinks.Request{Method: method, Path: path, MediaType: mediaJSON, Body: p}, into)
}

// exchange makes one request and reads its answer.
func (j *site) exchange(ctx context.Context, doing string, r sinks.Request, into any) error {
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	r.Header.Set("Accept", mediaJSON)
	switch {
	case into == nil:
		r.MaxAnswer = sinks.Discard
	case r.MaxAnswer == 0:
		r.MaxAnswer = maxAnswer
	}
	answer, err := j.client.Do(ctx, r)
	if err == nil && into != nil {
		err = answer.JSON("Jira", into)
	}
	if err != nil {
		return j.refused(doing, r.Method == http.MethodPost && r.Path == j.api()+"issue", err)
	}
	return nil
}

// extent is what a page of a list says of itself: the Cloud has a total, Data Center isLast or both.
type extent struct {
	StartAt int   `json:"startAt"`
	Total   *int  `json:"total"`
	IsLast  *bool `json:"isLast"`
}

// pages reads a list page by page. read returns how many elements the page has that the query asks for, and whether that is enough; a
// page that is shorter than asked for is not the last by that.
func pages(query url.Values, read func(url.Values) (n int, at extent, enough bool, err error)) error {
	if query == nil {
		query = make(url.Values)
	}
	if !query.Has("maxResults") {
		query.Set("maxResults", strconv.Itoa(pageSize))
	}
	start := 0
	for range maxPages {
		query.Set("startAt", strconv.Itoa(start))
		n, at, enough, err := read(query)
		start += n
		if err != nil || enough || n == 0 || at.IsLast != nil && *at.IsLast || at.IsLast == nil && at.Total != nil && start >= *at.Total {
			return err
		}
	}
	return nil
}
