package servicenow

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/servicenowtest"
	"github.com/postee/postee/pkg/sinks/ticket"
)

// repeat makes the deliveries of a message as pkg/deliver does: one after the other, each until it succeeds, with what is known of the attempt
// before. forget has it forget receipts, as after a lost state.
func repeat(t *testing.T, s *sink, list []sinks.Delivery, forget bool, clock *time.Time) {
	t.Helper()
	var last sinks.Receipt
	for _, d := range list {
		for attempt := 0; ; attempt++ {
			if d.Last = last; forget {
				d.Last = sinks.Receipt{}
			}
			receipt, err := s.Send(t.Context(), d)
			if err == nil {
				last, d.Unsure = receipt, time.Time{}
				break
			}
			verdict, wait := sinks.Judge(err)
			if attempt > 5 || verdict != sinks.Retry && verdict != sinks.Await {
				t.Fatalf("part %s: %v", d.Part.Name, err)
			}
			if verdict == sinks.Retry {
				d.Unsure = *clock
			}
			*clock = clock.Add(wait)
		}
	}
}

// TestOneRecord: whatever is cut off, late, refused or dropped at whatever request, and whether receipts are kept or lost, each message ends in
// one record that has everything once.
func TestOneRecord(t *testing.T) {
	for name, life := range map[string]ticket.Config{"new": {}, "update": updating()} {
		plans := open(t, Config{Ticket: life}, "http://127.0.0.1:9", start)
		big, none := steps(t, plans, findings(150), key(1)), steps(t, plans, remaining(0, nil, []dedup.Item{finding(1)}), key(2))
		for _, fault := range []servicenowtest.Fault{{Cut: true}, {Drop: true}, {Late: true}, {Status: 429, Wait: 7}, {Status: 503}} {
			for _, forget := range []bool{false, true} {
				for at := int64(1); ; at++ {
					i := instance()
					clock, n := start(), new(atomic.Int64)
					i.Fail(func(r *http.Request) servicenowtest.Fault {
						if n.Add(1) != at || fault.Late && r.Method == http.MethodGet {
							return servicenowtest.Fault{}
						}
						return fault
					})
					s := open(t, Config{Ticket: life}, serve(t, i), func() time.Time {
						if n.Load() >= at {
							i.Settle() // what is late is done before anybody waits 20 seconds
						}
						return clock
					})
					repeat(t, s, big, forget, &clock)
					once := len(only(t, i).Notes)
					repeat(t, s, big, true, &clock)
					r := only(t, i)
					if parts := len(big); once != parts || len(r.Notes) != parts || parts < 2 {
						t.Fatalf("%s, %+v at request %d, receipts forgotten %v: %d and then %d notes of %d", name, fault, at, forget, once, len(r.Notes), parts)
					}
					if life.Mode != "" {
						repeat(t, s, none, forget, &clock)
						if r := only(t, i); r.Columns["state"] != "6" || len(r.Notes) != once+1 {
							t.Fatalf("%s, %+v at request %d: state %s, %d notes", name, fault, at, r.Columns["state"], len(r.Notes))
						}
					}
					if n.Load() < at {
						break // no request was left to go wrong
					}
				}
			}
		}
	}
}

// TestAwait: after an attempt without an answer nothing is created until the instance had its time.
func TestAwait(t *testing.T) {
	i := instance()
	s := open(t, Config{}, serve(t, i), start)
	d := steps(t, s, findings(1), key(1))[0]
	d.Unsure = start().Add(-5 * time.Second)
	_, err := s.Send(t.Context(), d)
	if verdict, wait := sinks.Judge(err); verdict != sinks.Await || wait != 15*time.Second || len(i.Records("incident")) != 0 {
		t.Errorf("verdict %d, wait %v: %v", verdict, wait, err)
	}
	d.Unsure = start().Add(-20 * time.Second)
	if _, err := s.Send(t.Context(), d); err != nil || len(i.Records("incident")) != 1 {
		t.Error(err)
	}
}

// TestManyAtOnce: 60 messages at once are 60 records with 60 contents, and once more they are the same.
func TestManyAtOnce(t *testing.T) {
	const many = 60
	i := instance()
	s := open(t, Config{}, serve(t, i), start)
	for range 2 {
		var all sync.WaitGroup
		for n := range many {
			m := findings(1)
			m.Sections[0].Subject = fmt.Sprintf("image-%d", n)
			all.Go(func() {
				if _, err := deliver(t, s, m, key(n)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	contents := make(map[string]bool)
	for _, r := range i.Records("incident") {
		contents[r.Columns["short_description"]] = len(r.Notes) == 1 && strings.Contains(r.Notes[0], strings.Fields(r.Columns["short_description"])[0][:7])
	}
	if n := len(i.Records("incident")); n != many || len(contents) != many {
		t.Errorf("%d records, %d contents", n, len(contents))
	}
	for name, whole := range contents {
		if !whole {
			t.Errorf("%s has another note", name)
		}
	}
}
