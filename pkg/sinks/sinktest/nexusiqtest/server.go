// Package nexusiqtest stands in for Sonatype Nexus IQ in tests: as strict as the server is said to be, with applications, scans and
// outcomes that it remembers.
//
// What it holds to is written at each rule, with its source: "API" is Sonatype's own description of the interface (OpenAPI, Lifecycle
// 1.204), "help" is help.sonatype.com/en/third-party-scan-rest-api.html, "reports" is report-rest-api.html there, "limits" is
// help.sonatype.com/iqserver/automating/rest-apis; "unverified" is what nobody has tried at a real server.
package nexusiqtest

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Organization is the ID of the only organisation, Unusable that of one that the account may not see.
const (
	Organization = "bb41817bd3e2403a8a52fe8bcd8fe25a"
	Unusable     = "00000000000000000000000000000000"
)

// The account that the server takes.
const (
	User     = "postee"
	Password = "nexus-iq-password-5e2f"
)

// Application is one that was created.
type Application struct {
	ID           string `json:"id"`
	PublicID     string `json:"publicId"`
	Name         string `json:"name"`
	Organization string `json:"organizationId"`
	Contact      string `json:"contactUserName,omitempty"`
}

// Scan is one that was taken.
type Scan struct {
	// Application is the public ID of the application; Stage is the stage that its policies were asked for.
	Application, Stage string
	// Body is what was sent.
	Body []byte

	id, internal string
	polls        int
}

// Server is the stand-in; it answers below any path, behind /api/v2. The zero value has no applications and evaluates at once, without
// an objection.
type Server struct {
	mu           sync.Mutex
	applications []Application
	scans        []*Scan
	asked        int
	polls        int
	action       string
	errorText    string
	fault        func(w http.ResponseWriter, r *http.Request) bool
	after        func(w http.ResponseWriter, r *http.Request) bool
}

// Evaluate says how later scans are judged: with 404 so many times, and then that policy action.
func (s *Server) Evaluate(polls int, action string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls, s.action, s.errorText = polls, action, ""
}

// Break says that later scans cannot be evaluated, and why.
func (s *Server) Break(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errorText = text
}

// Faults sets what comes before an answer, and what comes in its place when all was done; either is nil, or reports whether it has
// answered.
func (s *Server) Faults(before, after func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.after = before, after
}

// Scans returns what was taken, in order.
func (s *Server) Scans() []Scan {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Scan, len(s.scans))
	for i, scan := range s.scans {
		list[i] = *scan
	}
	return list
}

// Applications returns those that there are, in the order of their creation.
func (s *Server) Applications() []Application {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.applications)
}

// Asked returns how many requests came.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Add makes an application, as if somebody else had.
func (s *Server) Add(publicID, organization string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(Application{PublicID: publicID, Name: publicID, Organization: organization})
}

func (s *Server) add(a Application) Application {
	a.ID = fmt.Sprintf("4537e6fe68c24dd5ac83%012x", len(s.applications)+1)
	s.applications = append(s.applications, a)
	return a
}

// answer is what is said to a request.
type answer struct {
	status int
	body   any
}

// text returns an answer in words, which is how the server refuses.
func text(status int, format string, args ...any) answer {
	return answer{status, fmt.Sprintf(format, args...)}
}

// Limit answers as the servers that Sonatype runs do when too much is asked: 1,500 requests in five minutes (limits).
func Limit(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = io.WriteString(w, "Rate limit exceeded. Please wait 5 minutes.")
	return true
}

// Drop hangs up without an answer.
func Drop(w http.ResponseWriter, _ *http.Request) bool {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	_ = conn.Close() // there is nobody to tell
	return true
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever asked has gone
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.fault != nil && s.fault(w, r) {
		return
	}
	a := s.answer(r, body)
	if s.after != nil && s.after(w, r) {
		return
	}
	if words, ok := a.body.(string); ok {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, words)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(a.body) // whoever asked may have gone
}

// answer answers a request by its path.
func (s *Server) answer(r *http.Request, body []byte) answer {
	_, path, found := strings.Cut(r.URL.Path, "/api/v2/")
	user, password, _ := r.BasicAuth()
	switch {
	case !found:
		return text(http.StatusNotFound, "Not Found")
	case user != User || subtle.ConstantTimeCompare([]byte(password), []byte(Password)) != 1:
		// Basic authentication (help: its examples), and 401 otherwise. (unverified)
		return text(http.StatusUnauthorized, "Unauthorized")
	}
	segments := strings.Split(path, "/")
	switch {
	case path == "organizations":
		return s.organizations(r)
	case path == "applications" && r.Method == http.MethodPost:
		return s.create(r, body)
	case path == "applications":
		return s.lookUp(r)
	case len(segments) == 5 && strings.HasPrefix(path, "scan/applications/") && segments[3] == "sources":
		return s.scan(r, segments[2], segments[4], body)
	case len(segments) == 5 && strings.HasPrefix(path, "scan/applications/") && segments[3] == "status":
		return s.status(r, segments[2], segments[4])
	}
	return text(http.StatusNotFound, "Not Found")
}

// organizations lists those that the account may see (API: getOrganizations).
func (s *Server) organizations(r *http.Request) answer {
	if r.Method != http.MethodGet {
		return text(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	type organization struct {
		ID   string   `json:"id"`
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}
	return answer{http.StatusOK, map[string]any{"organizations": []organization{{Organization, "Platform team", []string{}}}}}
}

// lookUp lists the applications of the public IDs that are asked for, all when there are none (API: getApplications; reports: "all
// applications can always be returned by omitting the reference to the public ID").
func (s *Server) lookUp(r *http.Request) answer {
	if r.Method != http.MethodGet {
		return text(http.StatusMethodNotAllowed, "Method Not Allowed")
	}
	wanted := r.URL.Query()["publicId"]
	list := []Application{}
	for _, a := range s.applications {
		if len(wanted) == 0 || slices.Contains(wanted, a.PublicID) {
			list = append(list, a)
		}
	}
	return answer{http.StatusOK, map[string]any{"applications": list}}
}
