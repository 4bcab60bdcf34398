package jiratest

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// answer is what a resource says: a status, and a body that becomes JSON.
type answer struct {
	status int
	body   any
}

// object is a JSON object.
type object = map[string]any

// call is a request that was let in.
type call struct {
	*http.Request
	// at is the path behind the name and the version of the API.
	at   []string
	body []byte
}

// complain returns how Jira refuses: with words, and with words about fields.
func complain(status int, text string, fields map[string]string) answer {
	messages := []string{}
	if text != "" {
		messages = append(messages, text)
	}
	if fields == nil {
		fields = map[string]string{}
	}
	return answer{status, object{"errorMessages": messages, "errors": fields}}
}

// ServeHTTP answers one request, or does to it what a fault says.
func (j *Jira) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	fault := j.take(r.Method, r.URL.Path)
	if fault.Wait != nil {
		j.mu.Unlock()
		select {
		case <-fault.Wait:
		case <-r.Context().Done():
		}
		j.mu.Lock()
	}
	seen := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body}
	var said answer
	switch {
	case fault.Drop == "before":
	case fault.Status != 0:
		said = answer{status: fault.Status}
	default:
		said = j.answer(w.Header(), r, body)
		if fault.Twice {
			said = j.answer(w.Header(), r, body)
		}
	}
	seen.Status = said.status
	j.requests = append(j.requests, seen)
	if fault.Drop != "" {
		// This ends the connection, and the server writes nothing about it.
		panic(http.ErrAbortHandler)
	}
	for name, value := range fault.Header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(said.status)
	if fault.Status != 0 {
		_, _ = io.WriteString(w, fault.Body)
		return
	}
	if said.body != nil {
		_ = json.MarshalWrite(w, said.body, json.Deterministic(true))
	}
}

// answer finds the resource and lets it answer.
func (j *Jira) answer(header http.Header, r *http.Request, body []byte) answer {
	_, path, found := strings.Cut(r.URL.Path, "/rest/")
	if !found {
		return answer{404, nil}
	}
	if refused, ok := j.login(header, r); !ok {
		return refused
	}
	c := &call{Request: r, body: body}
	parts := strings.Split(path, "/")
	version := "2"
	if j.cloud {
		version = "3"
	}
	switch {
	case path == "api/2/serverInfo" && r.Method == http.MethodGet:
		return j.info()
	case len(parts) > 2 && parts[0] == "agile" && parts[1] == "1.0":
		c.at = parts[2:]
		return j.agile(c)
	case len(parts) < 3 || parts[0] != "api" || parts[1] != version:
		// [dc] There is no v3. (The Cloud has a v2 with wiki markup, which is not for this client.)
		return answer{404, object{"message": "null for uri: " + r.URL.Path, "status-code": 404}}
	}
	c.at = parts[2:]
	return j.platform(c)
}

// login checks the credentials. [seraph] After three wrong passwords, Data Center asks for a CAPTCHA, which only a browser can answer.
func (j *Jira) login(header http.Header, r *http.Request) (answer, bool) {
	user, password, basic := r.BasicAuth()
	right := basic && user == User && password == Password || !j.cloud && r.Header.Get("Authorization") == "Bearer "+Token
	const reason = "X-Seraph-LoginReason"
	switch {
	case !j.cloud && j.failed >= 3:
		header.Set(reason, "AUTHENTICATION_DENIED")
		header.Set("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url="+j.URL+"/login.jsp")
		return answer{403, nil}, false
	case right:
		j.failed = 0
		return answer{}, true
	}
	j.failed++
	header.Set(reason, "AUTHENTICATED_FAILED")
	return complain(401, "Client must be authenticated to access this resource.", nil), false
}

// info says what the site is. [cloud] and [dc]: deploymentType.
func (j *Jira) info() answer {
	kind, version := "Server", "10.3.24"
	if j.cloud {
		kind, version = "Cloud", "1001.0.0-SNAPSHOT"
	}
	return answer{200, object{"baseUrl": j.URL, "version": version, "deploymentType": kind, "serverTitle": "Jira"}}
}

// platform answers for /rest/api.
func (j *Jira) platform(c *call) answer {
	route := c.Method + " " + c.at[0]
	n := len(c.at)
	switch {
	case n == 1 && route == "GET myself":
		return answer{200, j.person(j.people[0])}
	case route == "GET attachment" && n == 2 && c.at[1] == "meta":
		return answer{200, object{"enabled": j.uploads.Enabled, "uploadLimit": j.uploads.Limit}}
	case route == "GET user" && strings.Join(c.at, "/") == "user/assignable/search":
		return j.assignable(c)
	case c.at[0] == "search":
		return j.search(c)
	case c.at[0] != "issue":
	case n == 1 && c.Method == http.MethodPost:
		return j.create(c)
	case n >= 2 && c.at[1] == "createmeta":
		return j.meta(c)
	case n >= 2:
		return j.issue(c)
	}
	return answer{404, object{"message": "null for uri: " + c.URL.Path, "status-code": 404}}
}

// read takes the body of a request apart. Names that are not known are refused: [cloud] says so with 400.
func (c *call) read(into any) bool {
	if !strings.HasPrefix(c.Header.Get("Content-Type"), "application/json") {
		return false
	}
	return json.UnmarshalRead(bytes.NewReader(c.body), into, json.RejectUnknownMembers(true)) == nil
}
