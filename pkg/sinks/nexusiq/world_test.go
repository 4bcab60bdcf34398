package nexusiq

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
	"github.com/postee/postee/pkg/sinks/sinktest/nexusiqtest"
)

// world is a server, and a target that speaks to it.
type world struct {
	*nexusiqtest.Server
	sink sinks.Sink
	// key is the message's.
	key string
}

// start makes a world; change may be nil.
func start(t *testing.T, change func(c *Config)) *world {
	t.Helper()
	w := &world{Server: &nexusiqtest.Server{}, key: sinktest.Key}
	web := httptest.NewServer(w.Server)
	t.Cleanup(web.Close)
	c := config(web.URL + "/iq")
	c.Wait = true
	if change != nil {
		change(c)
	}
	sink, err := c.Open(sinks.Env{})
	if err != nil {
		t.Fatal(err)
	}
	w.sink = sink
	return w
}

// about is a message about an image with so many vulnerable packages.
func about(name string, n int) *message.Message {
	s := message.Section{Subject: "docker.io/" + name, Artifact: scan.ImageArtifact(name), Scanner: "trivy"}
	for i := range n {
		p := fmt.Sprintf("package-%d", i)
		s.Components = append(s.Components, scan.Component{Name: p, Version: "1", PURL: "pkg:npm/" + p + "@1", Type: "npm", Licences: []string{"MIT"}})
		s.Open = append(s.Open, dedup.Item{Finding: &scan.Finding{
			ID: fmt.Sprintf("CVE-2026-%04d", i), Severity: scan.Severity(i % scan.SeverityCount), Package: p, Installed: "1", Fixed: "2", URL: "https://example.com/" + p,
		}})
	}
	return &message.Message{Route: "team", Sections: []message.Section{s}}
}

// deliver sends a message part by part, as a delivery does, each until it is taken or refused, and returns the last receipt with all
// notes, the errors, and how often it was asked to wait.
func (w *world) deliver(t *testing.T, m *message.Message) (last sinks.Receipt, failed []error, waits int) {
	t.Helper()
	parts, err := w.sink.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for i, tries := 0, 0; i < len(parts); tries++ {
		receipt, err := w.sink.Send(t.Context(), sinks.Delivery{Key: w.key, Subject: m.Sections[0].Subject, Part: parts[i], Last: last, Message: m})
		verdict, wait := sinks.Judge(err)
		switch {
		case err == nil:
			last, notes = receipt, append(notes, receipt.Notes...)
			i++
		case tries > 50:
			t.Fatal(err)
		case verdict == sinks.Await && wait == pause:
			waits++
		case verdict == sinks.Retry:
		default:
			failed = append(failed, err)
			i++
			if f, ok := errors.AsType[*sinks.Failure](err); !ok || !f.Alone {
				i = len(parts)
			}
		}
	}
	last.Notes = notes
	return last, failed, waits
}

// answers has one answer to every request, onlyPosts those that create, onlyScans those that send a scan.
func answers(status int, body string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

func onlyPosts(status int, body string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodPost && answers(status, body)(w, r)
	}
}

func onlyScans(status int, body string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/sources/") && answers(status, body)(w, r)
	}
}
