package splunk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/dedup"
	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest"
)

// findings is a first scan of so many findings, each of which is found again by its ID.
func findings(n int) *message.Message {
	s := message.Section{Subject: "registry.example.com/app:1", Artifact: scan.Artifact{Type: "image", Name: "registry.example.com/app:1"}}
	s.Delta.First = true
	for i := range n {
		s.Delta.New = append(s.Delta.New, dedup.Item{Finding: &scan.Finding{
			Kind: scan.Vulnerability, Severity: scan.Severity(i % scan.SeverityCount), ID: fmt.Sprintf("CVE-2026-%05d", i), Package: "openssl",
			Installed: "3.0.1", Fixed: "3.0.2", Title: "A buffer that is too small", URL: fmt.Sprintf("https://example.com/%d", i),
		}, Locations: []string{"usr/lib/libssl.so"}})
	}
	return &message.Message{Route: "team", Sections: []message.Section{s}}
}

// delivered sends a message to a collector, each part until it is taken, and returns the events that it took.
func delivered(t *testing.T, h *hec, c Config, m *message.Message) []envelope {
	t.Helper()
	c.URL, c.Token = sinks.NewSecret(h.URL), sinks.NewSecret(token)
	sink, err := c.Open(sinks.Env{AquaServer: "https://aqua.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := sink.Plan(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		d := sinks.Delivery{Key: sinktest.Key, Part: p, Message: m}
		_, err := sink.Send(t.Context(), d)
		for tries := 1; err != nil; tries++ {
			if verdict, _ := sinks.Judge(err); verdict != sinks.Retry || tries > 5 {
				t.Fatalf("part %s: %v", p.Name, err)
			}
			_, err = sink.Send(t.Context(), d)
		}
	}
	if h.largest > maxRequest {
		t.Errorf("several events in a request of %d bytes", h.largest)
	}
	return h.events
}

// content is what an event says.
type content struct {
	Route, Title, Told, Job string
	Test                    bool
	Counts                  struct{ New, Changed, Fixed int }
	Postee                  struct {
		Subject, Scanned              string
		AquaServer                    string `json:"aqua_server"`
		New, Changed, Fixed, Findings []finding
	}
}

// finding is one of an event's.
type finding struct {
	ID, Severity, Title string
	Aliases, Locations  []string
	Was                 *struct{ Severity string }
}

// read returns what events say, and checks what each must have: the key, its place among so many, and no more bytes than it may.
func read(t *testing.T, events []envelope, size int) []content {
	t.Helper()
	var list []content
	for i, e := range events {
		if e.size > size {
			t.Errorf("event %d has %d bytes, more than %d", i, e.size, size)
		}
		fields := map[string]any{"postee_key": sinktest.Key, "part": json.Number(fmt.Sprint(i + 1)), "parts": json.Number(fmt.Sprint(len(events)))}
		if diff := cmp.Diff(fields, e.Fields); diff != "" {
			t.Errorf("event %d: its fields (-want +got):\n%s", i, diff)
		}
		p, err := json.Marshal(e.Event)
		if err != nil {
			t.Fatal(err)
		}
		var c content
		if err := json.Unmarshal(p, &c); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		list = append(list, c)
	}
	return list
}

// TestNoFindingIsLost: of a large scan each finding arrives whole and once, in events within the limit, although some requests fail.
func TestNoFindingIsLost(t *testing.T) {
	for _, c := range []struct{ size, n, requests int }{
		{leastSize, 1500, 1}, {leastSize, 6000, 4}, {defaultSize, 1500, 1}, {100_000, 1500, 1}, {mostSize, 1500, 1}, {defaultSize, 5000, 3}, {mostSize, 5000, 2},
	} {
		size, n := c.size, c.n
		h := serve(t)
		h.size = size
		h.fail = func(w http.ResponseWriter) bool {
			if h.requests%2 == 0 {
				return false
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"text":"Server is busy","code":9}`)
			return true
		}
		seen := make(map[string]int)
		events := delivered(t, h, Config{SizeLimit: size, Gzip: size == defaultSize}, findings(n))
		for _, c := range read(t, events, size) {
			if c.Counts.New != n || c.Postee.Subject != "registry.example.com/app:1" || c.Title == "" || c.Route != "team" || c.Postee.AquaServer == "" {
				t.Errorf("an event says %+v", c)
			}
			for _, f := range c.Postee.New {
				seen[f.ID]++
				if f.Title != "A buffer that is too small" || len(f.Locations) != 1 || f.Severity == "" {
					t.Errorf("cut: %+v", f)
				}
			}
		}
		for i := range n {
			if id := fmt.Sprintf("CVE-2026-%05d", i); seen[id] != 1 {
				t.Errorf("size %d: %s is there %d times", size, id, seen[id])
			}
		}
		if h.requests != 2*c.requests {
			t.Errorf("size %d: %d findings in %d requests, want %d, each asked for twice", size, n, h.requests, 2*c.requests)
		}
	}
}

// TestDifferenceAndDigest: what changed has what it was, a digest has an event for each subject, and time is the scan's.
func TestDifferenceAndDigest(t *testing.T) {
	for _, n := range sinktest.Messages() {
		h := serve(t)
		events := delivered(t, h, Config{Index: "security"}, n.Message)
		said := read(t, events, defaultSize)
		switch n.Name {
		case "difference":
			c := said[0]
			if len(said) != 1 || len(c.Postee.New) != 1 || len(c.Postee.Changed) != 1 || c.Postee.Changed[0].Was.Severity != "low" || len(c.Postee.Fixed) != 1 || c.Told != "2026-11-18T11:06:40Z" ||
				c.Job != "https://ci.example.com/shop/runs/7" || c.Postee.Scanned != "2026-11-22T09:58:00Z" || c.Counts.New+c.Counts.Changed+c.Counts.Fixed != 3 {
				t.Errorf("%+v", c)
			}
			if at := events[0].Time; at == nil || at.String() != "1795341480.000" {
				t.Errorf("time %v", at)
			}
		case "digest":
			if len(said) != 3 || said[0].Postee.Subject == said[1].Postee.Subject || said[0].Title == said[1].Title {
				t.Errorf("%+v", said)
			}
		case "test":
			if len(said) != 1 || !said[0].Test || said[0].Title != "postee can reach this target" {
				t.Errorf("%+v", said)
			}
		}
	}
}

// TestEnvelope: what the configuration says stands in each event; a scan without a time, or with one that Splunk would take for another,
// has none; all findings are there when the route shows all.
func TestEnvelope(t *testing.T) {
	for at, want := range map[time.Time]string{
		{}: "", time.UnixMilli(1_795_341_480_250): "1795341480.250", time.Unix(-1, 0): "", time.Unix(maxTime, 0): "", time.Unix(maxTime-1, 0): "99999999999.000",
	} {
		h := serve(t)
		h.acknowledges = true
		m := findings(2)
		m.Sections[0].Scanned, m.Sections[0].All = at, m.Sections[0].Delta.New
		events := delivered(t, h, Config{Index: "security", Host: "h", Source: `s"`, SourceType: "t", Channel: channel}, m)
		e, got := events[0], ""
		if e.Time != nil {
			got = e.Time.String()
		}
		if got != want || *e.Index != "security" || *e.Host != "h" || *e.Source != `s"` || *e.SourceType != "t" {
			t.Errorf("%v: time %q, want %q; %+v", at, got, want, e)
		}
		if c := read(t, events, defaultSize)[0]; len(c.Postee.Findings) != 2 || len(c.Postee.New) != 2 {
			t.Errorf("%+v", c)
		}
	}
	h := serve(t)
	e := delivered(t, h, Config{}, findings(1))[0]
	if *e.Source != "postee" || *e.SourceType != "_json" || e.Host != nil || e.Index != nil {
		t.Errorf("%+v", e)
	}
}

// FuzzPlan: whatever the texts are, events are within their size, and the collector takes them.
func FuzzPlan(f *testing.F) {
	f.Add("app:1", "CVE-2026-1", "a title", 4000, uint16(3))
	f.Add("\n{\"fields\":{", "\x00\xff\u202e", "…", 10000, uint16(40))
	f.Fuzz(func(t *testing.T, subject, id, title string, size int, n uint16) {
		size = leastSize + max(size, 0)%20_000
		m := findings(int(n % 100))
		m.Sections[0].Subject = subject
		for i := range m.Sections[0].Delta.New {
			m.Sections[0].Delta.New[i].ID, m.Sections[0].Delta.New[i].Title = id, title
		}
		p := &planner{size: size, names: (&Config{}).names()}
		parts, err := p.Plan(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.Plan(m)
		if err != nil || !reflect.DeepEqual(parts, again) {
			t.Error("planned differently the second time")
		}
		h := &hec{size: size - keyRoom, indexes: []string{"main"}}
		count := 0
		for _, part := range parts {
			events, err := h.read(part.Body)
			if err != nil {
				t.Fatalf("%v: %s", err, part.Body)
			}
			for _, e := range events {
				count += len(e.Event.(map[string]any)["postee"].(map[string]any)["new"].([]any))
			}
		}
		if count != int(n%100) {
			t.Errorf("%d findings of %d", count, n%100)
		}
	})
}

func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1, 1500, 20000} {
		m, p := findings(n), &planner{size: defaultSize, names: (&Config{}).names()}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Plan(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
