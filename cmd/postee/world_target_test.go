package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/sinks"
)

// flaky is a target that says nothing, takes and answers, or takes and lets the answer get lost.
type flaky struct {
	p      *simulated
	target string
}

// Plan returns two parts with the message's titles.
func (f *flaky) Plan(m *message.Message) ([]sinks.Part, error) {
	f.p.outside("planning")
	var body strings.Builder
	for i := range m.Sections {
		s := &m.Sections[i]
		fmt.Fprintf(&body, "%s: %s %s\n", s.Subject, dedup.NormaliseDifference(&s.Artifact, &s.Delta).AppendJSON(nil), s.Document)
	}
	return []sinks.Part{{Name: "1/2", Body: []byte(body.String())}, {Name: "2/2", Body: []byte(body.String())}}, nil
}

// Send makes one attempt.
func (f *flaky) Send(ctx context.Context, d sinks.Delivery) (sinks.Receipt, error) {
	w := f.p.world
	w.outside("sending")
	f.p.mu.Lock()
	f.p.asked[d.Key] = true
	f.p.mu.Unlock()
	fate := w.roll(12)
	if !w.faults {
		fate = 9
	}
	w.mu.Lock()
	id := d.Key + " " + d.Part.Name
	w.look(3)
	if body, again := w.bodies[id]; again && body != string(d.Part.Body) {
		w.breaks(3, "part %s: %q, then %q", id, body, d.Part.Body)
	}
	w.bodies[id] = string(d.Part.Body)
	if fate > 1 {
		w.take(f.target, id, &d)
	}
	if fate == 2 {
		w.excused[id]++
	}
	w.mu.Unlock()
	switch fate {
	case 0:
		return sinks.Receipt{}, &sinks.HTTPError{Status: []int{500, 429, 403}[w.roll(3)]}
	case 1:
		if w.roll(6) == 0 {
			return sinks.Receipt{}, &sinks.HTTPError{Status: 400}
		}
		return sinks.Receipt{}, &sinks.HTTPError{Status: 503}
	case 2:
		return sinks.Receipt{}, errors.New("connection reset")
	}
	<-time.After(time.Duration(w.roll(900)) * time.Millisecond)
	return sinks.Receipt{Ref: "T-1"}, nil
}

// take notes that a target has taken a part: invariants 4 and 6.
func (w *world) take(target, id string, d *sinks.Delivery) {
	w.taken[id]++
	if w.taken[id] > 1 || d.Part.Name != "1/2" {
		return
	}
	w.heard[target] = append(w.heard[target], string(d.Part.Body))
	for seq, e := range w.admitted {
		if e.Key != d.Key || e.Target != target {
			continue
		}
		w.look(6)
		if seq < w.first[e.Lane] {
			w.breaks(6, "lane %q: message %d after %d", e.Lane, seq, w.first[e.Lane])
		}
		w.first[e.Lane] = seq
	}
}
