//go:build unix

package main

import (
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// illness is what a target can do wrong for a whole run.
type illness struct {
	name string
	ill  func(http.ResponseWriter, *http.Request, int)
	// reason is a part of what state outbox says about it; attempts is how many there must be at least.
	reason   string
	attempts int
	dead     bool
	// endless is an answer that never comes to an end: an attempt needs a limit of its own.
	endless bool
}

// illnesses are the faults after which a message waits, or is dead, and is delivered when the target is mended.
func illnesses() []*illness {
	return []*illness{
		{"hangs", hangs, "no complete answer in time", 2, false, true},
		{"drips", drips, "", 2, false, true},
		{"resets mid-request", hangsUp("", true), "reset by peer", 2, false, false},
		{"resets mid-response", hangsUp("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true), "", 2, false, false},
		{"closes mid-response", hangsUp("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", false), "broke off", 2, false, false},
		{"speaks no HTTP", hangsUp("220 mail.example.com ESMTP ready\r\n", false), "malformed HTTP", 2, false, false},
		{"closes before it answers", hangsUp("\x00", false), "", 2, false, false},
		{"redirects", answers(http.StatusTemporaryRedirect, "Location", "/elsewhere"), "307", 1, true, false},
		{"always 503", answers(http.StatusServiceUnavailable), "503", 2, false, false},
		{"401", answers(http.StatusUnauthorized), "401", 1, false, false},
		{"413", answers(http.StatusRequestEntityTooLarge), "413", 1, true, false},
	}
}

// withTimeout is a configuration whose target gives one attempt 200 ms.
func withTimeout(urls []string) string {
	return fmt.Sprintf("- {name: webhook0, type: webhook, enable: true, url: %q, timeout: 200ms}\n", urls[0])
}

// TestTargetIsIll: whatever a target does wrong, the run ends when its time is over with status 4, the message is in the outbox with its
// reason, and the next run delivers it under the same key when the target is mended.
func TestTargetIsIll(t *testing.T) {
	t.Parallel()
	for _, c := range illnesses() {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			patiently(t, 1200*time.Millisecond, func(limit time.Duration) bool { return c.isSurvived(t, limit) })
		})
	}
}

// isSurvived plays one run with a target that is ill, and the next with the target mended. It is false when the run's time was over before
// as many attempts as there must be.
func (c *illness) isSurvived(t *testing.T, limit time.Duration) (enough bool) {
	t.Helper()
	p := newPatient(t, false, c.ill)
	s := &scenario{targets: []string{"webhook"}, images: 1}
	if c.endless {
		s.config = withTimeout
	}
	a := newArena(t, s)
	a.server(0).Server.URL = p.URL
	m := a.joins(t, built(t, ""), "send", "FILE", "--timeout", limit.String())
	<-m.done
	if got := exitOf(m.err); got != exitUndelivered {
		t.Errorf("ended with %d: %s", got, m.out)
	}
	if left := a.outbox(t); len(left) == 1 && left[0].Attempts < c.attempts {
		return false
	}
	a.isMended(t, p, c)
	return true
}

// isMended checks the outbox, mends the target and delivers.
func (a *arena) isMended(t *testing.T, p *patient, c *illness) {
	t.Helper()
	status := "pending"
	if c.dead {
		status = "dead"
	}
	left := a.outbox(t)
	if len(left) != 1 || left[0].Status != status || left[0].Attempts < c.attempts || !strings.Contains(left[0].Reason, c.reason) || left[0].Reason == "" {
		t.Fatalf("in the outbox: %+v", left)
	}
	p.mend()
	if c.dead {
		a.succeeds(t, "flush")
		if n := p.recorder.count(); n > 0 {
			t.Errorf("a dead message was sent %d times", n)
		}
		out, err := exec.CommandContext(t.Context(), built(t, ""), "state", "retry", left[0].Key[:8], "--state", a.stateFile()).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	a.succeeds(t, "flush")
	a.succeeds(t, "send", "FILE")
	if after := a.outbox(t); len(after) > 0 {
		t.Errorf("left: %+v", after)
	}
	if p.recorder.count() != 1 || len(p.sentKeys) != 1 || !p.sentKeys[left[0].Key] {
		t.Errorf("taken %d times, under keys %v, want %s", p.recorder.count(), p.sentKeys, left[0].Key)
	}
	t.Logf("%d attempts: %s", left[0].Attempts, left[0].Reason)
}

// succeeds runs a command that must end with 0.
func (a *arena) succeeds(t *testing.T, words ...string) {
	t.Helper()
	cmd, out := a.command(t.Context(), t, built(t, ""), words...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", words, err, out)
	}
}

// TestTargetStumbles: what passes by itself costs attempts, not messages: status 0.
func TestTargetStumbles(t *testing.T) {
	t.Parallel()
	once := func(ill func(http.ResponseWriter, *http.Request, int)) func(p *patient) func(http.ResponseWriter, *http.Request, int) {
		return func(p *patient) func(http.ResponseWriter, *http.Request, int) {
			return func(w http.ResponseWriter, q *http.Request, n int) {
				if n > 1 {
					p.recorder.ServeHTTP(w, q)
					return
				}
				ill(w, q, n)
			}
		}
	}
	for name, c := range map[string]struct {
		ill   func(p *patient) func(http.ResponseWriter, *http.Request, int)
		least time.Duration
	}{
		"500 once":         {once(answers(500)), 0},
		"reset once":       {once(hangsUp("", true)), 0},
		"Retry-After once": {once(answers(429, "Retry-After", "1")), time.Second},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			p := newPatient(t, false, nil)
			p.falls(c.ill(p))
			a := newArena(t, &scenario{targets: []string{"webhook"}, images: 3})
			a.server(0).Server.URL = p.URL
			start := time.Now()
			a.succeeds(t, "send", "FILE")
			if took := time.Since(start); took < c.least || p.recorder.count() != 3 || p.recorder.repeat > 0 {
				t.Errorf("after %s: %d taken, %d repeated", took, p.recorder.count(), p.recorder.repeat)
			}
		})
	}
}

// TestTargetClosesIdleConnections: a connection that was closed behind our back costs an attempt, and no message comes twice.
func TestTargetClosesIdleConnections(t *testing.T) {
	t.Parallel()
	p := newPatient(t, false, nil)
	p.falls(func(w http.ResponseWriter, q *http.Request, _ int) {
		p.recorder.ServeHTTP(httptest.NewRecorder(), q)
		hangsUp("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", false)(w, q, 0)
	})
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 60})
	a.server(0).Server.URL = p.URL
	a.succeeds(t, "send", "FILE")
	if p.recorder.count() != 60 || p.recorder.repeat > 0 {
		t.Errorf("%d taken, %d repeated", p.recorder.count(), p.recorder.repeat)
	}
}

// TestTargetAnswersAtLength: an answer of 64 MB is not read to its end, whatever its status: what was read beyond the beginning lies in the system's buffers.
func TestTargetAnswersAtLength(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]int{http.StatusOK: exitOK, http.StatusInternalServerError: exitUndelivered} {
		p := newPatient(t, false, nil)
		const size = 64 << 20
		p.falls(func(w http.ResponseWriter, q *http.Request, _ int) {
			p.recorder.ServeHTTP(httptest.NewRecorder(), q)
			w.WriteHeader(status)
			block := make([]byte, 64<<10)
			for range size / len(block) {
				n, err := w.Write(block)
				p.written.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		a := newArena(t, &scenario{targets: []string{"webhook"}, images: 1})
		a.server(0).Server.URL = p.URL
		line := []string{"send", "FILE"}
		if want == exitUndelivered {
			line = append(line, "--timeout", "400ms") // for which it is tried again and again
		}
		m := a.joins(t, built(t, ""), line...)
		<-m.done
		if got := exitOf(m.err); got != want {
			t.Errorf("%d: ended with %d: %s", status, got, m.out)
		}
		asked := int64(p.mend())
		if read := p.written.Load(); read > asked*(16<<20) {
			t.Errorf("%d: read %d bytes in %d attempts", status, read, asked)
		}
		if len(a.outbox(t)) != want/exitUndelivered {
			t.Errorf("%d: in the outbox: %+v", status, a.outbox(t))
		}
	}
}

// TestTargetAsksToWait: no run asks before the time that Retry-After named, and that is no failure of the later runs.
func TestTargetAsksToWait(t *testing.T) {
	t.Parallel()
	p := newPatient(t, false, answers(429, "Retry-After", "3600"))
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 1})
	a.server(0).Server.URL = p.URL
	began := time.Now().Truncate(time.Second)
	m := a.joins(t, built(t, ""), "send", "FILE")
	<-m.done
	ended := time.Now()
	left := a.outbox(t)
	if exitOf(m.err) != exitUndelivered || len(left) != 1 || left[0].Attempts != 1 {
		t.Fatalf("%v: %+v", m.err, left)
	}
	until, err := time.Parse(time.RFC3339, left[0].NotBefore)
	if asked := until.Add(-time.Hour); err != nil || asked.Before(began) || asked.After(ended) {
		t.Errorf("not before %s", left[0].NotBefore)
	}
	p.mend()
	a.succeeds(t, "flush")
	a.succeeds(t, "send", "FILE")
	if p.recorder.count() > 0 {
		t.Error("it was asked all the same")
	}
}

// TestTargetIsNotThere: a port that refuses, and a name that is none, are tried until the time is over, and kept.
func TestTargetIsNotThere(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "http://" + taken.Addr().String()
	taken.Close()
	for url, reason := range map[string]string{refusing: "connection refused", "http://no..such.host": "no such host"} {
		patiently(t, 700*time.Millisecond, func(limit time.Duration) bool {
			a := newArena(t, &scenario{targets: []string{"webhook"}, config: mendable, images: 3})
			well := a.server(0).URL
			a.server(0).Server.URL = url
			m := a.joins(t, built(t, ""), "send", "FILE", "--timeout", limit.String())
			<-m.done
			left := a.outbox(t)
			if exitOf(m.err) != exitUndelivered || len(left) != 3 || left[0].Status != "pending" {
				t.Errorf("%v: %+v", m.err, left)
				return true
			}
			if !strings.Contains(left[0].Reason, reason) { // the run's limit came before the first answer
				return false
			}
			a.server(0).Server.URL = well
			a.ends(t, built(t, ""))
			a.verdict(t)
			return true
		})
	}
}

// TestTargetWithAWrongCertificate: one attempt, a reason that names the certificate, and delivery when it is trusted.
func TestTargetWithAWrongCertificate(t *testing.T) {
	t.Parallel()
	p := newPatient(t, true, nil)
	a := newArena(t, &scenario{targets: []string{"webhook"}, images: 3})
	a.server(0).Server.URL = p.URL
	m := a.joins(t, built(t, ""), "send", "FILE")
	<-m.done
	left := a.outbox(t)
	if exitOf(m.err) != exitUndelivered || len(left) != 3 || left[0].Status != "pending" || !strings.Contains(left[0].Reason, "certificate") {
		t.Fatalf("%v: %s: %+v", m.err, m.out, left)
	}
	trusted := filepath.Join(a.dir, "ca.pem")
	writeTo(t, trusted, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw})))
	cmd, out := a.command(t.Context(), t, built(t, ""), "flush")
	cmd.Env = append(a.env(), "SSL_CERT_FILE="+trusted)
	if err := cmd.Run(); err != nil || p.recorder.count() != 3 || !p.sentKeys[left[0].Key] {
		t.Errorf("%v: %d taken: %s", err, p.recorder.count(), out)
	}
}
