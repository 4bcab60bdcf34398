package nexusiq

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postee/postee/pkg/message"
	"github.com/postee/postee/pkg/scan"
	"github.com/postee/postee/pkg/sinks"
	"github.com/postee/postee/pkg/sinks/sinktest/nexusiqtest"
)

// TestLife: the first scan of an image makes its application, the next takes it; the outcome is waited for and told.
func TestLife(t *testing.T) {
	const counts = "components affected: 1 critical, 2 severe, 3 moderate, "
	for action, want := range map[string]struct {
		notes     []string
		objection string
	}{
		"None":    {nil, ""},
		"Warning": {[]string{"policy action Warning: " + counts}, ""},
		"Failure": {nil, "policy action Failure: " + counts},
		"Other":   {[]string{"policy action Other: " + counts}, ""},
	} {
		w := start(t, func(c *Config) { c.Stage = "release" })
		w.Evaluate(3, action)
		for n := 1; n <= 2; n++ {
			receipt, failed, waits := w.deliver(t, about("team/app:1.4", 2))
			scans, applications := w.Scans(), w.Applications()
			if len(failed) > 0 || waits != 3 || len(scans) != n || len(applications) != 1 {
				t.Fatalf("%s: %v, %d waits, %d scans, applications %v", action, failed, waits, len(scans), applications)
			}
			if a := applications[0]; a.PublicID != "docker_io_team_app_1_4" || a.Name != a.PublicID || a.Organization != nexusiqtest.Organization ||
				scans[n-1].Application != a.PublicID || scans[n-1].Stage != "release" {
				t.Errorf("%+v, %s", a, scans[n-1].Stage)
			}
			if !strings.HasPrefix(receipt.Ref, "http://127.0.0.1:") || !strings.Contains(receipt.Ref, "/iq/ui/links/application/docker_io_team_app_1_4/report/") {
				t.Errorf("%s: ref %s", action, receipt.Ref)
			}
			notes := append([]string(nil), want.notes...)
			for i := range notes {
				notes[i] += receipt.Ref
			}
			objection := want.objection
			if objection != "" {
				objection += receipt.Ref
			}
			if diff := cmp.Diff(notes, receipt.Notes); diff != "" || receipt.Objection != objection {
				t.Errorf("%s: %q %s", action, receipt.Objection, diff)
			}
		}
	}
}

// TestWithoutWaiting: the scan is all that is sent, also in digests, where what is no scan is refused by itself.
func TestWithoutWaiting(t *testing.T) {
	w := start(t, func(c *Config) { c.Wait, c.Application = false, "{{.Repository}}" })
	m := about("team/app:1.4", 1)
	other := message.Section{Subject: "generic:1", Artifact: scan.Artifact{Type: "generic", Name: "1"}}
	m.Sections = append(m.Sections, other, about("team/empty:2", 0).Sections[0])
	receipt, failed, _ := w.deliver(t, m)
	if len(failed) != 1 || !strings.HasSuffix(failed[0].Error(), "the document is no scan of an artifact: Nexus IQ has no use for it") {
		t.Errorf("%v", failed)
	}
	if len(w.Scans()) != 2 || receipt.Ref != "team_empty" || len(receipt.Notes) != 1 || !strings.Contains(receipt.Notes[0], "lists no packages") {
		t.Errorf("%d scans, %+v", len(w.Scans()), receipt)
	}
	if _, err := w.sink.Plan(&message.Message{Sections: []message.Section{other}}); err == nil {
		t.Error("a message that is no scan was planned")
	}
}

// TestEverybodyAtOnce: many scans that mean one application make one, and none is lost or sent as another.
func TestEverybodyAtOnce(t *testing.T) {
	w := start(t, func(c *Config) { c.Wait, c.Application = false, "{{.Repository}}" })
	var group sync.WaitGroup
	for n := range 60 {
		group.Go(func() { w.deliver(t, about(fmt.Sprintf("team/app-%d:%d", n%3, n), 1)) })
	}
	group.Wait()
	if a, s := w.Applications(), w.Scans(); len(a) != 3 || len(s) != 60 {
		t.Errorf("%d applications, %d scans", len(a), len(s))
	}
	contents := make(map[string]bool)
	for _, s := range w.Scans() {
		contents[string(s.Body)] = true
	}
	if len(contents) != 60 {
		t.Errorf("%d contents", len(contents))
	}
}

// TestMadeMeanwhile: an application that another run makes between looking and creating is taken, whatever its organisation.
func TestMadeMeanwhile(t *testing.T) {
	w := start(t, nil)
	m := about("team/app:1", 1)
	parts, _ := w.sink.Plan(m)
	w.Faults(func(rw http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodPost && answers(http.StatusBadRequest, "no such organisation")(rw, r)
	}, nil)
	if _, err := w.sink.Send(t.Context(), sinks.Delivery{Key: w.key, Part: parts[0], Message: m}); err == nil || err.Error() != "HTTP 400 Bad Request: no such organisation" {
		t.Errorf("refused for another reason: %v", err)
	}
	looked := false
	w.Faults(func(rw http.ResponseWriter, r *http.Request) bool {
		first := !looked
		looked = true
		return first && answers(http.StatusOK, `{"applications":[]}`)(rw, r)
	}, nil)
	w.Add("docker_io_team_app_1", nexusiqtest.Unusable)
	receipt, failed, _ := w.deliver(t, m)
	if len(failed) > 0 || len(w.Applications()) != 1 || len(receipt.Notes) != 1 || !strings.Contains(receipt.Notes[0], "in another organisation") {
		t.Errorf("%v, %v, %q", failed, w.Applications(), receipt.Notes)
	}
}

// TestLostAnswers: whichever answer is lost, there is one application and an outcome in the end. Only a scan whose own answer was lost
// comes twice, with the same content.
func TestLostAnswers(t *testing.T) {
	for lost := 1; lost <= 4; lost++ { // look, create, scan, status
		w := start(t, nil)
		w.Evaluate(0, "Failure")
		asked := 0
		w.Faults(nil, func(rw http.ResponseWriter, r *http.Request) bool {
			asked++
			return asked == lost && nexusiqtest.Drop(rw, r)
		})
		receipt, failed, _ := w.deliver(t, about("team/app:1", 3))
		scans := w.Scans()
		want := 1
		if lost == 3 {
			want = 2
		}
		if len(failed) > 0 || receipt.Objection == "" || len(w.Applications()) != 1 || len(scans) != want {
			t.Fatalf("lost %d: %v, %+v, %d applications, %d scans", lost, failed, receipt, len(w.Applications()), len(scans))
		}
		if string(scans[0].Body) != string(scans[want-1].Body) {
			t.Errorf("lost %d: another content the second time", lost)
		}
	}
}

// TestRefusals: what the server says is judged, and said.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		fault   func(w http.ResponseWriter, r *http.Request) bool
		verdict sinks.Verdict
		says    string
	}{
		"limit":   {nexusiqtest.Limit, sinks.Retry, "HTTP 429 Too Many Requests: Rate limit exceeded. Please wait 5 minutes."},
		"licence": {answers(http.StatusPaymentRequired, "no licence"), sinks.Dead, "HTTP 402 Payment Required: no licence"},
		"proxy":   {answers(http.StatusOK, "<html>sign in</html>"), sinks.Retry, "HTTP 200, but the answer is not Nexus IQ's: is a proxy between?"},
		"other":   {answers(http.StatusOK, "{}"), sinks.Retry, "HTTP 200, but the answer lists no applications: is the url that of Nexus IQ?"},
		"create":  {onlyPosts(http.StatusOK, "{}"), sinks.Retry, "HTTP 200, but the answer names no application: is a proxy between?"},
		"scan":    {onlyScans(http.StatusAccepted, `{"statusUrl":"api/v2/../?"}`), sinks.Retry, "HTTP 202, but the answer names no scan: is a proxy between?"},
	} {
		w := start(t, nil)
		w.Faults(c.fault, nil)
		m := about("team/app:1", 1)
		parts, _ := w.sink.Plan(m)
		_, err := w.sink.Send(t.Context(), sinks.Delivery{Key: w.key, Part: parts[0], Message: m})
		if verdict, _ := sinks.Judge(err); err == nil || verdict != c.verdict || err.Error() != c.says {
			t.Errorf("%s: verdict %d, %v", name, verdict, err)
		}
	}
}

// TestEvaluation: what is no outcome is none, and receipts of other messages are not waited for.
func TestEvaluation(t *testing.T) {
	w := start(t, nil)
	w.Break("the bill\nof materials is broken")
	_, failed, _ := w.deliver(t, about("team/app:1", 1))
	if len(failed) != 1 || failed[0].Error() != "not evaluated by Nexus IQ, which says: the bill of materials is broken" {
		t.Errorf("%v", failed)
	}
	m := about("team/app:1", 1)
	parts, _ := w.sink.Plan(m)
	taken := map[string]string{keepFor: w.key, keepPart: "scan:1", keepApplication: w.Applications()[0].ID, keepRequest: "1"}
	before := w.Asked()
	for name, value := range map[string]string{keepFor: strings.Repeat("f", 32), keepPart: "scan:2", keepApplication: "../..", keepRequest: "a/b"} {
		keep := make(map[string]string)
		for k, v := range taken {
			keep[k] = v
		}
		keep[name] = value
		_, err := w.sink.Send(t.Context(), sinks.Delivery{Key: w.key, Part: parts[1], Message: m, Last: sinks.Receipt{Keep: keep}})
		if verdict, _ := sinks.Judge(err); err == nil || verdict != sinks.Dead {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w.Asked() != before {
		t.Error("something was asked all the same")
	}
	w.Faults(answers(http.StatusOK, "{}"), nil)
	_, err := w.sink.Send(t.Context(), sinks.Delivery{Key: w.key, Part: parts[1], Message: m, Last: sinks.Receipt{Keep: taken}})
	if verdict, _ := sinks.Judge(err); err == nil || verdict != sinks.Retry {
		t.Errorf("no policy action: %v", err)
	}
}

// TestReports: addresses of reports are shown whole, without what is secret in the server's, and only such as a browser opens.
func TestReports(t *testing.T) {
	c := config("https://user-name:pass-word@iq.example.com/base?key=query-secret")
	s, err := c.open(sinks.Env{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"ui/links/application/a/report/1":     "https://iq.example.com/base/ui/links/application/a/report/1",
		"/ui/links/application/a/report/1":    "https://iq.example.com/ui/links/application/a/report/1",
		"http://iq:8070/ui/links":             "http://iq:8070/ui/links",
		"https://user-name:pass-word@other/x": "https://other/x",
		"":                                    "",
		"javascript:alert(1)":                 "",
		"http://":                             "",
		"%zz":                                 "",
	} {
		if got := s.report(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
