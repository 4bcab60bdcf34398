// Package jiratest is a strict Jira in memory, Cloud or Data Center, for tests on loopback. It has one project with types, screens,
// people, a board and a workflow, keeps what it is sent, and refuses what Jira refuses.
//
// Each rule names where it is documented in public:
//
//	[cloud]   developer.atlassian.com/cloud/jira/platform/rest/v3, and its descriptions in OpenAPI
//	[dc]      developer.atlassian.com/server/jira/platform/rest, 10.3
//	[agile]   developer.atlassian.com/cloud/jira/software/rest
//	[limits]  developer.atlassian.com/cloud/jira/platform/rate-limiting
//	[search]  developer.atlassian.com/cloud/jira/platform/changelog, CHANGE-2046
//	[meta]    confluence.atlassian.com/jiracore/createmeta-rest-endpoint-to-be-removed-975040986.html
//	[seraph]  confluence.atlassian.com/jirakb: X-Seraph-LoginReason and CAPTCHA
//	[text]    confluence.atlassian.com/adminjiraserver: limiting the characters of text fields
package jiratest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Who may ask.
const (
	User     = "ci@example.com"
	Password = "hunter2-6f0a2b9c"
	Token    = "pat-91c3d7e5b04a"
)

// Project is the key of the one project.
const Project = "SEC"

// Limits of Jira.
const (
	maxSummary = 255
	maxText    = 32_767
	maxLabel   = 255
)

// Jira is one site.
type Jira struct {
	// URL is where it answers.
	URL    string
	server *httptest.Server
	cloud  bool

	mu sync.Mutex
	// lag says that what is created from now on is not found by searches; requests and faults are the past and the future.
	lag      bool
	page     int
	failed   int
	next     int
	issues   []*Issue
	types    []Type
	screens  map[string][]Field
	people   []Person
	boards   []Board
	sprints  []Sprint
	uploads  Uploads
	faults   []Fault
	requests []Request
}

// Uploads is what the site takes as attachments.
type Uploads struct {
	Enabled bool
	Limit   int64
}

// Request is one that came.
type Request struct {
	Method, Path string
	Query        string
	Header       http.Header
	Body         []byte
	Status       int
}

// Fault is what happens to the next request that it fits.
type Fault struct {
	// Method and Path tell the request: Path ends its path; "" fits all.
	Method, Path string
	// Status and Header are the answer in the place of the real one, where Status is not 0.
	Status int
	Header map[string]string
	Body   string
	// Drop ends the connection without an answer: "before" it has any effect, or "after".
	Drop string
	// Twice has the request done twice, as a proxy may that repeats it.
	Twice bool
	// Wait, if not nil, is waited for before the request is looked at, or until the client goes away.
	Wait <-chan struct{}
}

// New starts a site. Close ends it.
func New(cloud bool) *Jira {
	j := &Jira{cloud: cloud, page: 2, next: 1, uploads: Uploads{Enabled: true, Limit: 10 << 20}}
	j.types, j.screens = types(cloud), map[string][]Field{}
	for _, t := range j.types {
		j.screens[t.ID] = screen(cloud)
	}
	j.people = people()
	j.boards = []Board{{7, "SEC board", "scrum"}, {8, "Support", "kanban"}, {9, "Third", "scrum"}}
	j.sprints = []Sprint{{41, "Sprint 8", "future", 7}, {42, "3.5 Sprint 8", "active", 7}, {43, "3.5 Sprint 8", "future", 7}, {44, "Old", "closed", 7}}
	j.server = httptest.NewServer(j)
	j.URL = j.server.URL
	return j
}

// Close ends the site.
func (j *Jira) Close() {
	j.server.CloseClientConnections()
	j.server.Close()
}

// Fail has something happen to requests to come, in order.
func (j *Jira) Fail(faults ...Fault) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.faults = append(j.faults, faults...)
}

// Requests returns what came so far.
func (j *Jira) Requests() []Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Request(nil), j.requests...)
}

// SetLag says whether what is created from now on is found by searches; false finds everything again.
func (j *Jira) SetLag(lag bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.lag = lag; !lag {
		for _, i := range j.issues {
			i.unindexed = false
		}
	}
}

// SetPage sets how many elements a page of a list has at most.
func (j *Jira) SetPage(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.page = n
}

// SetUploads sets what is taken as attachments.
func (j *Jira) SetUploads(u Uploads) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.uploads = u
}

// Screen changes the create screen of all types.
func (j *Jira) Screen(change func([]Field) []Field) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for id := range j.screens {
		j.screens[id] = change(j.screens[id])
	}
}

// Issues returns copies of all issues, in the order of creation.
func (j *Jira) Issues() []Issue {
	j.mu.Lock()
	defer j.mu.Unlock()
	var list []Issue
	for _, i := range j.issues {
		list = append(list, *i)
	}
	return list
}

// Delete takes an issue away, as a person does.
func (j *Jira) Delete(key string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for n, i := range j.issues {
		if i.Key == key {
			j.issues = append(j.issues[:n:n], j.issues[n+1:]...)
			return
		}
	}
}

// Resolve closes an issue with a resolution, as a person does, or opens it again with "".
func (j *Jira) Resolve(key, resolution string, at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, i := range j.issues {
		if i.Key != key {
			continue
		}
		if i.Resolution, i.Resolved = resolution, at; resolution == "" {
			i.Status = statusOpen()
		} else {
			i.Status = statusDone()
		}
	}
}

// Kind returns what the site is called in scripts: cloud or datacenter.
func (j *Jira) Kind() string {
	if j.cloud {
		return "cloud"
	}
	return "datacenter"
}

// take returns the first fault that fits a request, and removes it.
func (j *Jira) take(method, path string) Fault {
	for n, f := range j.faults {
		if (f.Method == "" || f.Method == method) && strings.HasSuffix(path, f.Path) {
			j.faults = append(j.faults[:n:n], j.faults[n+1:]...)
			return f
		}
	}
	return Fault{}
}
