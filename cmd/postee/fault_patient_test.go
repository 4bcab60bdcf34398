//go:build unix

package main

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// patient is a target that misbehaves until it is mended, and records from then on.
type patient struct {
	*httptest.Server
	recorder *recorder
	mu       sync.Mutex
	// ill answers the n-th request, from 1; nil is that it is well.
	ill func(w http.ResponseWriter, q *http.Request, n int)
	n   int
	// sentKeys are the keys of requests that came while it was ill; written counts bytes of long answers.
	sentKeys map[string]bool
	written  atomic.Int64
}

// newPatient starts one, with TLS if asked.
func newPatient(t *testing.T, secure bool, ill func(http.ResponseWriter, *http.Request, int)) *patient {
	p := &patient{recorder: newRecorder(t, 0), ill: ill, sentKeys: map[string]bool{}}
	p.Server = httptest.NewUnstartedServer(p)
	p.Config.ErrorLog = log.New(io.Discard, "", 0) // what it says of broken connections is what the tests are about
	if secure {
		p.StartTLS()
	} else {
		p.Start()
	}
	t.Cleanup(p.Close)
	return p
}

// ServeHTTP is ill or records.
func (p *patient) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	p.mu.Lock()
	ill := p.ill
	p.n++
	n := p.n
	p.sentKeys[q.Header.Get("Idempotency-Key")] = true
	p.mu.Unlock()
	if ill == nil {
		p.recorder.ServeHTTP(w, q)
		return
	}
	ill(w, q, n)
}

// falls makes it ill.
func (p *patient) falls(ill func(w http.ResponseWriter, q *http.Request, n int)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ill = ill
}

// mend makes it well, and returns how often it was asked before.
func (p *patient) mend() (asked int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ill = nil
	return p.n
}

// hangs never answers. That the client has gone is seen only when all that it said was read.
func hangs(_ http.ResponseWriter, q *http.Request, _ int) {
	_, _ = io.Copy(io.Discard, q.Body)
	<-q.Context().Done()
}

// drips answers a byte at a time, for ever.
func drips(w http.ResponseWriter, q *http.Request, _ int) {
	_, _ = io.Copy(io.Discard, q.Body)
	for q.Context().Err() == nil {
		if _, err := io.WriteString(w, "x"); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		<-time.After(10 * time.Millisecond)
	}
}

// hangsUp takes the connection over, writes something to it, and resets it or closes it.
func hangsUp(text string, reset bool) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, q *http.Request, _ int) {
		if text != "" {
			_, _ = io.Copy(io.Discard, q.Body)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		_, _ = io.WriteString(conn, text)
		conn.Close()
	}
}

// answers returns a status.
func answers(status int, header ...string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(status)
	}
}

// outbox reads state outbox.
func (a *arena) outbox(t *testing.T) (lines []waiting) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), built(t, ""), "state", "outbox", "-o", "json", "--state", a.stateFile()).Output()
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(out)) {
		var one waiting
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, one)
	}
	return lines
}
