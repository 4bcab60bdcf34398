// Package sinktest is the suite that every target over HTTP must pass, against a real server on loopback.
package sinktest

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"testing"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// Suite says how to make the target under test.
type Suite struct {
	// Config configures the target for an endpoint, with a time limit for one attempt. It must use all of Secrets.
	Config func(endpoint sinks.Secret, timeout time.Duration) sinks.Config
	// Secrets are what the configuration hides besides the endpoint's own secrets: no error may contain them.
	Secrets []string
	// Success answers a request as the target does when all is well; nil is 204 without a body.
	Success http.HandlerFunc
	// Golden is the folder of the golden plans, one file for each of [Messages].
	Golden string
	// Update writes the golden plans instead of comparing them.
	Update bool
}

// Key is the entry's key in every delivery of the suite.
const Key = "0123456789abcdef0123456789abcdef"

// Run puts a target through everything that all targets must do alike.
func Run(t *testing.T, s Suite) {
	t.Run("plans", s.plans)
	t.Run("success", s.success)
	t.Run("statuses", s.statuses)
	t.Run("retry-after", s.retryAfter)
	t.Run("redirects", s.redirects)
	t.Run("cut connections", s.cut)
	t.Run("unreachable", s.unreachable)
	t.Run("untrusted certificate", s.untrusted)
	t.Run("cancellation", s.cancellation)
	t.Run("slow answers", s.slow)
	t.Run("endless error body", s.endless)
	t.Run("secrets", s.secrets)
}

// open makes the sink for a server, whose URL gets secrets of its own.
func (s Suite) open(t *testing.T, base string, timeout time.Duration) sinks.Sink {
	t.Helper()
	config := s.Config(endpoint(base), timeout)
	if err := config.Validate(); err != nil {
		t.Fatalf("Validate: %v", err)
	}
	sink, err := config.Open(sinks.Env{UserAgent: "postee/test", Now: time.Now})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return sink
}

// send plans the first message and attempts its first part once.
func send(ctx context.Context, t *testing.T, sink sinks.Sink) (sinks.Receipt, error) {
	t.Helper()
	return sink.Send(ctx, delivery(t, sink, Messages()[0].Message))
}

// delivery is an attempt at the first part of a message.
func delivery(t *testing.T, sink sinks.Sink, m *message.Message) sinks.Delivery {
	t.Helper()
	parts, err := sink.Plan(m)
	if err != nil || len(parts) == 0 {
		t.Fatalf("Plan: %d parts, error %v", len(parts), err)
	}
	d := sinks.Delivery{Key: Key, Part: parts[0], Message: m}
	if len(m.Sections) == 1 {
		d.Subject = m.Sections[0].Subject
	}
	return d
}

// success answers well to every message, and checks that a body arrives as planned.
func (s Suite) success(t *testing.T) {
	server := serve(t, s.answer())
	sink := s.open(t, server.URL, time.Minute)
	for _, n := range Messages() {
		before := server.hits()
		idle := make(chan struct{}, 16)
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{PutIdleConn: func(error) { idle <- struct{}{} }})
		if _, err := sink.Send(ctx, delivery(t, sink, n.Message)); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
		if server.hits() == before {
			t.Errorf("%s: nothing was sent", n.Name)
		}
		// net/http gives a connection back in a goroutine of its own: the next message waits for that.
		for range server.hits() - before {
			select {
			case <-idle:
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: the connection did not come back: the answer was not read and closed", n.Name)
			}
		}
	}
	if n := server.connections(); n != 1 {
		t.Errorf("%d connections for messages sent one after the other, want 1 used again", n)
	}
}

// answer is how the target answers when all is well.
func (s Suite) answer() http.HandlerFunc {
	if s.Success != nil {
		return s.Success
	}
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
}

// plans compares with the golden plans, and that planning again, or for a message read from disk, changes nothing.
func (s Suite) plans(t *testing.T) {
	sink := s.open(t, "http://127.0.0.1:9", time.Minute)
	for _, n := range Messages() {
		t.Run(n.Name, func(t *testing.T) {
			first, err := sink.Plan(n.Message)
			if err != nil {
				t.Fatal(err)
			}
			second, err := sink.Plan(n.Message)
			if err != nil || !reflect.DeepEqual(first, second) {
				t.Errorf("planned differently the second time (error %v)", err)
			}
			names := make(map[string]bool)
			for _, p := range first {
				if p.Name == "" || names[p.Name] {
					t.Errorf("part name %q is empty or there twice", p.Name)
				}
				names[p.Name] = true
			}
			s.golden(t, n.Name, first)
		})
	}
}
