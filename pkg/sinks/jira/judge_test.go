package jira

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
	"github.com/postee/postee/pkg/sinks/sinktest/jiratest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// captured are the requests that a site got, as judges read them.
func captured(t *testing.T, j *jiratest.Jira) map[string][]byte {
	t.Helper()
	files, seen := make(map[string][]byte), make(map[string]bool)
	for n, r := range j.Requests() {
		path := r.Path
		// The description of Data Center has no expand for transitions, which its documentation has had since 5.0.
		if strings.HasSuffix(path, "/transitions") && j.Kind() == "datacenter" {
			r.Query = ""
		}
		if r.Query != "" {
			path += "?" + r.Query
		}
		said := r.Method + path + string(r.Body)
		if seen[said] {
			continue
		}
		seen[said] = true
		file, err := json.Marshal(struct {
			Method string              `json:"method"`
			Path   string              `json:"path"`
			Header map[string][]string `json:"headers"`
			Body   []byte              `json:"body_base64"`
		}{r.Method, path, r.Header, r.Body})
		if err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("%03d-%s-%d.json", n, r.Method, r.Status)] = file
	}
	return files
}

// TestAtlassianReadsIt: every request of the whole life of tickets about small, large and hostile messages is one that Atlassian
// describes, its texts are documents that Atlassian's validator takes, or wiki markup that Atlassian's parser reads.
func TestAtlassianReadsIt(t *testing.T) {
	vendors := os.Getenv("POSTEE_VENDORS")
	both(t, func(t *testing.T, j *jiratest.Jira) {
		c := configured(j, func(x *Config) {
			x.Ticket, x.Sprint, x.Assignee = ticket.Config{Mode: "update", OnFixed: "close", Reopen: ticket.Reopen{Always: true}}, "Sprint 8", []string{"john@example.com"}
			x.Unknowns = map[string]string{"Story Points": "3", "Notes": "a\n*b* {code}", "Area": "Web / API", "Platforms": "1,2"}
		})
		s := openedSink(t, c, nil)
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		l := &lane{t: t, sink: s}
		n := 0
		tell := func(m *message.Message) {
			l.must(n, m)
			n++
		}
		for _, m := range story(t, s) {
			tell(m.message)
		}
		for _, m := range sinktest.Messages() {
			l.last = sinks.Receipt{}
			tell(m.Message)
		}
		l.last = sinks.Receipt{}
		tell(many(1500))
		l.last, l.sink = sinks.Receipt{}, openedSink(t, configured(j, nil), nil)
		for _, m := range sinktest.Messages() {
			l.last = sinks.Receipt{}
			tell(m.Message)
		}
		for _, r := range j.Requests() {
			if r.Status >= 300 {
				t.Errorf("%s %s: %d", r.Method, r.Path, r.Status)
			}
		}
		kind := map[string]string{"cloud": "jira-cloud", "datacenter": "jira-datacenter"}[j.Kind()]
		sinktest.Judge(t, vendors, kind, captured(t, j))
	})
}
