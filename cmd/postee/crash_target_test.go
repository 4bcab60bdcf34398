package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/postee/postee/pkg/state"
)

// target is where messages go, and what it has seen of them.
type target interface {
	// address is what the configuration names it by: its URL, or its path.
	address() string
	// settle waits until all that a dead process has sent is taken down, and begins the next epoch.
	settle(t *testing.T)
	// keyOf returns the key under which the target takes the message of an entry that waits.
	keyOf(t *testing.T, tx state.Tx, e *state.Entry) string
	// tookBefore counts what was taken under a key in the epoch that has just ended.
	tookBefore(key string) int
	// forbid notes that these parts of the message that is under way for a subject are confirmed.
	forbid(subject string, parts []string)
	// final returns all that was taken, when no process runs any more.
	final(t *testing.T) *record
	// outdated counts images whose last scan is not the last that the target took about them.
	outdated(scans string) int
}

// recorder is a target over HTTP that remembers what it was sent.
type recorder struct {
	*httptest.Server
	record
	delay time.Duration
	// answer returns the status of the n-th request, from 1; nil is always 204. What it refuses is not taken.
	answer func(n int) int
	asked  int
	// Behind so many requests it answers no more until gate is closed; a nil gate holds nothing.
	open int
	gate chan struct{}
	// conns counts connections that are open.
	conns int
}

var _ target = (*recorder)(nil)

// newRecorder starts a target that answers late: a kill in between leaves a message delivered and not confirmed.
func newRecorder(t testing.TB, delay time.Duration) *recorder {
	r := &recorder{delay: delay, record: newRecord()}
	r.Server = httptest.NewUnstartedServer(r)
	r.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch s {
		case http.StateNew:
			r.conns++
		case http.StateClosed, http.StateHijacked:
			r.conns--
		case http.StateActive, http.StateIdle:
		}
		r.notify()
	}
	r.Start()
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP records first and answers late.
func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method == http.MethodHead { // the harness's own question
		return
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the sender died while it spoke: nothing was received
	}
	r.mu.Lock()
	r.asked++
	status := http.StatusNoContent
	if r.answer != nil {
		status = r.answer(r.asked)
	}
	if status < 300 {
		r.take(q.Header.Get("X-Postee-Subject"), string(body), q.Header.Get("Idempotency-Key"))
	}
	delay, gate := r.delay, r.gate
	if r.asked <= r.open {
		gate = nil
	}
	r.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-q.Context().Done():
	}
	if gate != nil {
		select {
		case <-gate:
		case <-q.Context().Done():
		}
	}
	w.WriteHeader(status)
}

// late lets it answer so late from now on.
func (r *recorder) late(delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = delay
}

// answers decides from now on what the n-th request is answered with.
func (r *recorder) answers(answer func(n int) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// holds lets it take, and not answer, what comes behind the next n requests, until it is let go: so something is left to do when a
// test does something to a process, however long the test takes to get there.
func (r *recorder) holds(n int) (letGo func()) {
	gate := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open, r.gate = r.asked+n, gate
	return func() { close(gate) }
}

// address is its URL.
func (r *recorder) address() string { return r.URL }

// settle waits until all that a dead process has sent is taken down, and begins the next epoch. Connections are accepted in
// the order in which they were made: one of our own that was served comes after all of the dead process.
func (r *recorder) settle(t *testing.T) {
	t.Helper()
	fence := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := fence.Head(r.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	r.until(func() bool {
		if r.conns == 0 {
			r.epoch++
		}
		return r.conns == 0
	})
}

// keyOf returns the entry's own: it is in the header of every request.
func (r *recorder) keyOf(_ *testing.T, _ state.Tx, e *state.Entry) string { return e.Key }

// final returns its record: what was sent is in it before it is answered.
func (r *recorder) final(*testing.T) *record { return &r.record }
