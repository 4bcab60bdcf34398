// Package sinktest has the suites that targets must pass: [Contract] for every target, [HTTP] for those that speak it, against
// a real server on loopback. Neither depends on how fast the machine is.
package sinktest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// Target says how to make the target under test. Both suites take the same.
type Target struct {
	// Config configures the target for an endpoint, whose URL has secrets of its own, with a time limit for one attempt. It must
	// use all of Secrets, and make a new configuration each time. A target that does not speak HTTP ignores both arguments.
	Config func(endpoint sinks.Secret, timeout time.Duration) sinks.Config
	// Env is what the target may use of the process; Now and UserAgent have values when they are not set.
	Env sinks.Env
	// Secrets are what the configuration hides besides the endpoint's own secrets: nothing that is shown or stored has them in it.
	Secrets []string
	// Success answers a request as the target's server does when all is well; nil is 204 without a body.
	Success http.HandlerFunc
	// Golden is the folder of the golden plans, one file for each of [Messages] and one for all of [Customs].
	Golden string
	// Update writes the golden plans instead of comparing them.
	Update bool
}

// Key is the entry's key in every delivery of the suites.
const Key = "0123456789abcdef0123456789abcdef"

// Contract puts a target through what every target must do: its configuration is checked without I/O and shows no secret, planning
// is pure, compares with the golden plans and stands every message, and sending keeps to its context and gives receipts that last.
func Contract(t *testing.T, target Target) {
	t.Run("configuration", target.configuration)
	t.Run("plans", target.plans)
	t.Run("templates", target.customs)
	t.Run("hostile messages", target.hostile)
	t.Run("cancelled", target.cancelled)
	t.Run("receipts", target.receipts)
}

// HTTP puts a target through what every target over HTTP must do alike, whatever its server answers.
func HTTP(t *testing.T, target Target) {
	t.Run("success", target.success)
	t.Run("statuses", target.statuses)
	t.Run("retry-after", target.retryAfter)
	t.Run("redirects", target.redirects)
	t.Run("cut connections", target.cut)
	t.Run("unreachable", target.unreachable)
	t.Run("untrusted certificate", target.untrusted)
	t.Run("cancellation", target.cancellation)
	t.Run("silence", target.silence)
	t.Run("endless answers", target.endless)
	t.Run("secrets", target.secrets)
}

// open makes the sink for a server, whose URL gets secrets of its own.
func (target Target) open(t *testing.T, base string, timeout time.Duration) sinks.Sink {
	t.Helper()
	config := target.Config(endpoint(base), timeout)
	if problems := config.Validate(); len(problems) > 0 {
		t.Fatalf("Validate: %v", problems)
	}
	sink, err := config.Open(target.env())
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return sink
}

// env returns what the target may use of the process.
func (target Target) env() sinks.Env {
	env := target.Env
	if env.UserAgent == "" {
		env.UserAgent = "postee/test"
	}
	if env.Now == nil {
		env.Now = time.Now
	}
	return env
}

// answer returns how the target's server answers when all is well.
func (target Target) answer() http.HandlerFunc {
	if target.Success != nil {
		return target.Success
	}
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
}

// send plans the first message and attempts its first part once.
func send(ctx context.Context, t *testing.T, sink sinks.Sink) (sinks.Receipt, error) {
	t.Helper()
	return sink.Send(ctx, deliveries(t, sink, Messages()[0].Message)[0])
}

// deliveries returns an attempt at each part of a message.
func deliveries(t *testing.T, sink sinks.Sink, m *message.Message) []sinks.Delivery {
	t.Helper()
	parts, err := sink.Plan(m)
	if err != nil || len(parts) == 0 {
		t.Fatalf("Plan: %d parts, error %v", len(parts), err)
	}
	list := make([]sinks.Delivery, len(parts))
	for i, p := range parts {
		list[i] = sinks.Delivery{Key: Key, Part: p, Message: m}
		if len(m.Sections) == 1 {
			list[i].Subject = m.Sections[0].Subject
		}
	}
	return list
}
